"""New pictures for samples whose picture and caption agree too little.

Each is kept under `.cache/pictures` as soon as it is drawn; a killed run goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tqdm import tqdm

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.rejects import Reject, require_few
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.pictures.decoding import decode_image
from bettersynth.data.pictures.phash import phash
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.samples.pool_samples import pool_batch
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.drawn import DRAWN_IMAGES, FIRST_DRAWN, write_drawn
from bettersynth.measuring.protocols import Made
from bettersynth.models.weights.identity import hash_of_model
from bettersynth.recipes.recaptioning import choose_slice
from bettersynth.settings.draw import DrawSettings

# samples between two steps of the progress bar
CHUNK = 16
# of the names in data/draw/images
FOLDER = "drawn"


def draw_pictures(settings: DrawSettings, operator: ModuleType, drawing: Any) -> tuple[int, int]:
    """Write the new pictures and their table; returns how many, and of how many samples.

    `drawing` are the settings of `operator`.

    Raises:
        UserError: the pool is not measured, or of too many samples no picture can be drawn.
    """
    samples = choose_slice(settings)
    # the pictures' own names hold what decides them, so that runs may share a folder
    folder = scratch_folder("drawn")
    rows: list[dict[str, Any]] = []
    files: dict[str, Path] = {}
    refused: list[Reject] = []
    maker = operator.open_maker(drawing, folder)
    origin = _provenance(settings, drawing)
    with tqdm(total=samples.num_rows, desc=settings.mapper, unit="sample", mininterval=1) as bar:
        for start in range(0, samples.num_rows, CHUNK):
            chunk = samples.slice(start, CHUNK)
            made, bad = maker.make(pool_batch(chunk, stats=[{} for _ in range(chunk.num_rows)]))
            for position, sample in enumerate(chunk["id"].to_pylist()):
                if position in bad:
                    refused.append(Reject(sample, bad[position]))
                for number, new in enumerate(made[position]):
                    name = f"{FOLDER}/{Path(new.images[0]).name}"
                    files[name] = folder / new.images[0]
                    own = _row(sample, number, new, name, files[name])
                    rows.append(own | origin)
            bar.update(chunk.num_rows)
    maker.close()
    require_few(
        refused,
        samples.num_rows,
        settings.max_reject_share,
        "draw.max_reject_share",
        f"samples got no picture from {settings.mapper}",
    )
    if refused:
        print(f"{len(refused):,} samples got no picture")
    told = {row["images"][0]: _told(row) for row in rows}
    write_images(DRAWN_IMAGES, _contents(files), told.__getitem__)
    write_drawn(rows)
    return len(rows), len({row["id"] for row in rows})


def draw_nothing() -> None:
    """Write a table and a folder without pictures."""
    write_images(DRAWN_IMAGES, [])
    write_drawn([])


def _row(sample: str, number: int, new: Made, name: str, file: Path) -> dict[str, Any]:
    """Return the sample's part of a row: what it shows and by which words it was drawn."""
    data = file.read_bytes()
    picture = decode_image(data)
    return {
        "id": sample,
        "candidate": FIRST_DRAWN + number,
        "text": new.text,
        "images": [name],
        "image_sha256": [sha256_of_bytes(data)],
        "width": [picture.width],
        "height": [picture.height],
        "size_bytes": [len(data)],
        "phash": [phash(picture)],
        "prompt": new.prompts[0],
    }


def _told(row: dict[str, Any]) -> dict[str, str]:
    """Return what a picture's shard tells of it."""
    return {"id": row["id"], "caption": caption_of_text(row["text"]), "source": FOLDER}


def _provenance(settings: DrawSettings, drawing: Any) -> dict[str, Any]:
    return {
        "mapper": settings.mapper,
        "model": drawing.hf_diffusion,
        "model_hash": hash_of_model(drawing.hf_diffusion),
        "seed": drawing.seed,
    }


def _contents(files: dict[str, Path]) -> Iterator[tuple[str, bytes]]:
    # one after the other: all of them would not fit into memory
    for name, file in files.items():
        yield name, file.read_bytes()
