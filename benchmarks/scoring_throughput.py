"""Samples a second of the similarity operator, against its bare model on tensors that lie ready in
memory.

    OMP_NUM_THREADS=1 PYTHONPATH=src python benchmarks/scoring_throughput.py DATA.jsonl CLIP \
        --samples 192

CLIP is a folder with CLIP weights of transformers (random ones of ViT-B/32's shapes in the README).
The bare model is transformers' own class in batches of 32; the operator also reads, decodes,
resizes, tokenizes and reduces. Both take turns; the median counts: CPU seconds, on a GPU seconds of
the clock.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.files.jsonl_rows import numbered_rows, parse_row
from bettersynth.data.files.reading import read_json
from bettersynth.data.samples.batch import Batch, Images, image_chunks
from bettersynth.measuring.models.clip_preparation import ClipPreparation
from bettersynth.measuring.models.clip_scorer import IMAGE_BATCH
from bettersynth.measuring.text.tokenizers import load_tokenizer
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from bettersynth.operators import image_text_similarity_filter as operator


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


def now() -> float:
    """Return seconds of this process on the CPU; of the clock where a GPU works beside it."""
    import torch

    if not torch.cuda.is_available():
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def main() -> None:
    """Time scoring beside the bare model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("clip")
    parser.add_argument("--samples", type=int, default=192)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    declare_missing_schemas()
    from transformers import CLIPModel

    settings = operator.Measuring(hf_clip=arguments.clip)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = CLIPModel.from_pretrained(arguments.clip).eval().to(device)
    inputs = ready_inputs(batch_of(arguments.data, arguments.samples), arguments.clip)
    operator.measure(batch_of(arguments.data, 4), settings)  # loads the weights
    seconds: dict[str, list[float]] = {"bare": [], "operator": []}
    for _ in range(arguments.repeats):
        start = now()
        with torch.inference_mode():
            for part in inputs:
                model(**{name: value.to(device) for name, value in part.items()})
        seconds["bare"].append(now() - start)
        start = now()
        operator.measure(batch_of(arguments.data, arguments.samples), settings)
        seconds["operator"].append(now() - start)
    bare, ours = (arguments.samples / statistics.median(found) for found in seconds.values())
    print(
        f"bare model {bare:.1f} samples a {'second' if device == 'cuda' else 'CPU second'}, "
        f"operator {ours:.1f}: "
        f"{100 * ours / bare:.1f} %"
    )


if __name__ == "__main__":
    main()
