"""Samples a second of the similarity operator, against its bare model on tensors that lie ready in
memory.

    OMP_NUM_THREADS=1 PYTHONPATH=src:benchmarks python benchmarks/scoring_throughput.py \
        DATA.jsonl CLIP --samples 192 [--processes 16] [--precision bfloat16]

CLIP is a folder with CLIP weights of transformers (random ones of ViT-B/32's shapes in the README).
The bare model is transformers' own class in batches of 32; the operator also reads, decodes,
resizes, tokenizes and reduces. Both take turns; the median counts: CPU seconds, on a GPU or with
several processes seconds of the clock. With `--processes` so many prepare pictures, and on a GPU
one more holds the model, as in `bettersynth run`; each does 256 samples at a time, and starting
them does not count.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.files.jsonl_rows import numbered_rows, parse_row
from bettersynth.data.files.reading import read_json
from bettersynth.data.samples.batch import Batch, Images, image_chunks
from bettersynth.measuring.launching import Launch, launched
from bettersynth.measuring.models.clip_preparation import ClipPreparation
from bettersynth.measuring.models.clip_scorer import IMAGE_BATCH
from bettersynth.measuring.text.tokenizers import load_tokenizer
from bettersynth.models.devices.held_model import forget_uses, model_uses
from bettersynth.models.devices.model_use import in_words, waiting_share
from bettersynth.models.devices.shared_models import sharing_models
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from bettersynth.operators import image_text_similarity_filter as operator

PART = 256
# the bare model needs no more of them to show its speed
BARE_SAMPLES = 1024


def batch_of(path: Path, count: int) -> Batch:
    """Return the first samples of a jsonl file as one batch."""
    numbered = itertools.islice(numbered_rows(path), count)
    rows = [parse_row(path, number, line) for number, line in numbered]
    read = lambda name: (path.parent / name).read_bytes()  # noqa: E731
    return Batch([row["text"] for row in rows], [row["images"][:1] for row in rows], Images(read))


def ready_inputs(batch: Batch, clip: str) -> list[dict[str, Any]]:
    """Return tensors for every 32 samples."""
    import torch

    prepare, tokenizer = (
        ClipPreparation(read_json(Path(clip) / "preprocessor_config.json")),
        load_tokenizer(clip),
    )
    texts = [found[0][0] if found else "" for found in image_chunks(batch)]
    inputs = []
    for start in range(0, len(batch), IMAGE_BATCH):
        names = [names[0] for names in batch.images[start : start + IMAGE_BATCH]]
        pixels = torch.from_numpy(
            np.stack([prepare(batch.pictures.picture(name)) for name in names])
        )
        tokens = tokenizer(
            texts[start : start + IMAGE_BATCH],
            return_tensors="pt",
            padding=True,
            truncation=True,
            max_length=77,
        )
        inputs.append(
            {
                "pixel_values": pixels,
                "input_ids": tokens["input_ids"],
                "attention_mask": tokens["attention_mask"],
            }
        )
    return inputs


@dataclass(frozen=True)
class Scoring:
    """Starts the operator in a worker."""

    data: Path
    samples: int
    clip: str
    precision: str = "float32"

    def __call__(self) -> Callable[[Sequence[int]], int]:
        batch = batch_of(self.data, self.samples)
        settings = operator.Measuring(hf_clip=self.clip, precision=self.precision)

        def score(places: Sequence[int]) -> int:
            own = batch.take(places)
            # read and decoded anew, whatever was decoded before
            again = Batch(own.texts, own.images, Images(own.pictures.read))
            return len(operator.measure(again, settings)["image_text_similarity"])

        return score


def take(part: Sequence[int], positions: Sequence[int]) -> list[int]:
    """Return the part of these positions alone."""
    return [part[position] for position in positions]


@contextlib.contextmanager
def scoring(start: Scoring, processes: int) -> Iterator[Callable[[], None]]:
    """Yield what scores all samples once, in this process or by several."""
    parts = [range(at, min(at + PART, start.samples)) for at in range(0, start.samples, PART)]
    if processes == 1:
        score = start()

        def score_here() -> None:
            for part in parts:
                score(part)

        yield score_here
        return
    # under the name by which the workers find it
    start = importlib.import_module("scoring_throughput").Scoring(*vars(start).values())
    with sharing_models(processes), launched(start, take, Launch(workers=processes)) as run:
        yield lambda: list(run(parts)) and None


def now(by_the_clock: bool) -> float:
    """Return seconds of this process on the CPU, or of the clock."""
    import torch

    if not by_the_clock:
        return time.process_time()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def arguments_given() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("clip")
    parser.add_argument("--samples", type=int, default=192)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--processes", type=int, default=1)
    choices = ["float32", "bfloat16", "float16"]
    parser.add_argument("--precision", choices=choices, default="float32", help="of both")
    return parser.parse_args()


def main() -> None:
    """Time scoring beside the bare model."""
    given = arguments_given()
    start = Scoring(given.data, given.samples, given.clip, given.precision)
    # workers are forked before this process starts CUDA
    with scoring(start, given.processes) as score_all:
        score_all()  # loads the weights
        forget_uses()
        import torch

        torch.set_num_threads(1)
        declare_missing_schemas()
        from transformers import CLIPModel

        on_gpu = torch.cuda.is_available()
        by_the_clock = on_gpu or given.processes > 1
        device = "cuda" if on_gpu else "cpu"
        dtype = getattr(torch, given.precision)
        model = CLIPModel.from_pretrained(given.clip).eval().to(device, dtype)
        bare_samples = min(given.samples, BARE_SAMPLES)
        inputs = ready_inputs(batch_of(given.data, bare_samples), given.clip)
        for part in inputs:
            part["pixel_values"] = part["pixel_values"].to(dtype)
        seconds: dict[str, list[float]] = {"bare": [], "operator": []}
        for _ in range(given.repeats):
            started = now(by_the_clock)
            with torch.inference_mode():
                for part in inputs:
                    model(**{name: value.to(device) for name, value in part.items()})
            seconds["bare"].append(now(by_the_clock) - started)
            started = now(by_the_clock)
            score_all()
            seconds["operator"].append(now(by_the_clock) - started)
    bare = bare_samples / statistics.median(seconds["bare"])
    ours = given.samples / statistics.median(seconds["operator"])
    unit = "second" if by_the_clock else "CPU second"
    print(
        f"bare model {bare:.1f} samples a {unit}, operator {ours:.1f}: {100 * ours / bare:.1f} %"
        f"{in_words(waiting_share(model_uses()))}"
    )


if __name__ == "__main__":
    main()
