"""Samples a second of the similarity operator, against its bare model on tensors that lie ready in
memory.

    OMP_NUM_THREADS=1 PYTHONPATH=src python benchmarks/scoring_throughput.py DATA.jsonl CLIP \
        --samples 192

CLIP is a folder with CLIP weights of transformers (random ones of ViT-B/32's shapes in the README).
The bare model is transformers' own class in batches of 32; the operator also reads, decodes,
resizes, tokenizes and reduces. Both take turns; the median counts.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.files.jsonl_rows import parse_row, read_chunks
from bettersynth.data.files.reading import read_json
from bettersynth.data.samples.batch import Batch, Images, image_chunks
from bettersynth.measuring.models.clip_preparation import ClipPreparation
from bettersynth.measuring.models.clip_scorer import IMAGE_BATCH
from bettersynth.measuring.text.tokenizers import load_tokenizer
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from bettersynth.operators import image_text_similarity_filter as operator


def batch_of(path: Path, count: int) -> Batch:
    rows = [
        parse_row(path, number, line)
        for number, line in itertools.islice(
            itertools.chain.from_iterable(read_chunks(path, 1000)), count
        )
    ]
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


def main() -> None:
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
    model = CLIPModel.from_pretrained(arguments.clip).eval()
    inputs = ready_inputs(batch_of(arguments.data, arguments.samples), arguments.clip)
    operator.measure(batch_of(arguments.data, 4), settings)  # loads the weights
    seconds: dict[str, list[float]] = {"bare": [], "operator": []}
    for _ in range(arguments.repeats):
        start = time.process_time()
        with torch.inference_mode():
            for part in inputs:
                model(**part)
        seconds["bare"].append(time.process_time() - start)
        start = time.process_time()
        operator.measure(batch_of(arguments.data, arguments.samples), settings)
        seconds["operator"].append(time.process_time() - start)
    bare, ours = (arguments.samples / statistics.median(found) for found in seconds.values())
    print(
        f"bare model {bare:.1f} samples a CPU second, operator {ours:.1f}: "
        f"{100 * ours / bare:.1f} %"
    )


if __name__ == "__main__":
    main()
