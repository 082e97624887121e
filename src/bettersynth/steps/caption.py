"""Describe again the samples whose picture and caption agree too little: `data/caption/candidates.parquet`.

Run alone: `python -m bettersynth.steps.caption`. The slice is a range of similarities of its own, so that moving the filter's
threshold captions nothing. Every caption is kept under `.cache/captions`; a killed run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
from tqdm import tqdm

from bettersynth.backbones.prefix_captioner import Sampling
from bettersynth.captioners import Captioner, Picture, load_captioner
from bettersynth.errors import UserError, run_step
from bettersynth.files import complete_or_absent, read_table, scratch_folder, write_table
from bettersynth.params import load_params, read_settings
from bettersynth.samples import text_of_caption

SAMPLES = Path("data/pool/samples.parquet")
SIMILARITY = Path("data/stats/image_text_similarity_filter.parquet")
CANDIDATES = Path("data/caption/candidates.parquet")
SHARD = 256  # captioned pictures kept at a time
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("candidate", pa.int32()),
        ("text", pa.string()),
        ("captioner", pa.string()),
        ("prompt", pa.string()),
        ("seed", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Settings:
    """`params.yaml: caption`: samples with `min_score <= image_text_similarity <= max_score` get `caption_num` new captions."""

    captioner: str = "nano_prefix"
    prompt: str = ""
    caption_num: int = 4
    min_score: float = 0.01
    max_score: float = 0.28
    temperature: float = 0.8
    top_p: float = 0.9
    max_words: int = 16
    seed: int = 0


class CaptionCache:
    """Captions of one (captioner, model, prompt, sampling, seed) by the picture's sha256: shard files that are complete or absent.

    Any number of processes may read and write; a shard's name is the hash of its contents.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.known: dict[str, list[str]] = {}
        for path in sorted(folder.glob("*.json")):
            try:
                self.known |= json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                print(f"{path} is damaged: its captions are made again", file=sys.stderr)
                path.unlink()

    def add(self, captions: dict[str, list[str]]) -> None:
        text = json.dumps(captions, ensure_ascii=False, sort_keys=True)
        with complete_or_absent(self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json") as temporary:
            temporary.write_text(text, encoding="utf-8")
        self.known |= captions


def open_cache(settings: Settings, model_hash: str) -> CaptionCache:
    """Return the cache of everything but the picture that decides a caption."""
    deciding = {name: value for name, value in asdict(settings).items() if name not in ("min_score", "max_score")}
    identity = json.dumps([model_hash, deciding], sort_keys=True)
    return CaptionCache(scratch_folder("captions", hashlib.sha256(identity.encode()).hexdigest()[:16]))


def choose_slice(settings: Settings) -> tuple[list[str], list[Picture]]:
    """Return ids and pictures of the pool's one-image samples in the range, in the pool's order.

    Raises:
        UserError: the stats are missing or belong to another pool.
    """
    for path in (SAMPLES, SIMILARITY):
        if not path.exists():
            raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`")
    if not settings.min_score <= settings.max_score:
        raise UserError(f"params.yaml: caption.min_score {settings.min_score} is above caption.max_score {settings.max_score}")
    scores = read_table(SIMILARITY, ["id", "image_text_similarity"]).to_pydict()
    pool = read_table(SAMPLES, ["id", "images", "image_sha256", "split"])
    rows = [row for row in pool.to_pylist() if row["split"] == "pool"]
    if [row["id"] for row in rows] != scores["id"]:
        raise UserError(f"{SIMILARITY} belongs to another pool; run `python -m bettersynth.steps.stats image_text_similarity_filter`")
    ids, pictures = [], []
    for row, values in zip(rows, scores["image_text_similarity"], strict=True):
        if len(row["images"]) == 1 and len(values) == 1 and settings.min_score <= values[0] <= settings.max_score:
            ids.append(row["id"])
            pictures.append(Picture(row["images"][0], row["image_sha256"][0]))
    return ids, pictures


def caption_missing(settings: Settings, captioner: Captioner, cache: CaptionCache, pictures: Sequence[Picture]) -> int:
    """Caption every distinct picture that the cache lacks, shard by shard; return how many there were."""
    missing = {picture.sha256: picture for picture in pictures if picture.sha256 not in cache.known}
    todo = [missing[sha256] for sha256 in sorted(missing)]
    sampling = Sampling(settings.caption_num, settings.temperature, settings.top_p, settings.max_words)
    with tqdm(total=len(todo), desc="captions", unit="image", mininterval=1) as progress:
        for start in range(0, len(todo), SHARD):
            part = todo[start : start + SHARD]
            captions = captioner.caption(part, [settings.prompt] * len(part), sampling, settings.seed)
            cache.add({picture.sha256: lines for picture, lines in zip(part, captions, strict=True)})
            progress.update(len(part))
    return len(todo)


def main() -> dict[str, int]:
    settings = read_settings(Settings, load_params().get("caption"), "params.yaml: caption")
    for name in ("caption_num", "temperature", "top_p", "max_words"):
        if getattr(settings, name) <= 0:
            raise UserError(f"params.yaml: caption.{name} is {getattr(settings, name)}; it must be above 0")
    ids, pictures = choose_slice(settings)
    captioner = load_captioner(settings.captioner)
    cache = open_cache(settings, captioner.model_hash)
    made = caption_missing(settings, captioner, cache, pictures)
    rows = [
        {
            "id": sample,
            "candidate": number,
            "text": text_of_caption(caption),
            "captioner": settings.captioner,
            "prompt": settings.prompt,
            "seed": settings.seed,
        }
        for sample, picture in zip(ids, pictures, strict=True)
        for number, caption in enumerate(cache.known[picture.sha256])
    ]
    write_table(CANDIDATES, pa.Table.from_pylist(rows, schema=SCHEMA))
    print(f"caption: {len(ids):,} samples, {len(rows):,} candidates; {made:,} pictures captioned now")
    return {"samples": made}


if __name__ == "__main__":
    run_step(main)
