"""Every distinct image of the pool, the instructions and the benchmarks, by its bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.pictures.images import ImageStore
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench_pictures import (
    base64_of_row,
    picture_cells,
    picture_of_row,
)


@dataclass(frozen=True)
class Place:
    """Where one image is: a name in a folder of shards, or bytes that were read already (TSV)."""

    file: Path
    name: str
    data: bytes | None = None


def find_images(image_folders: Sequence[Path], tsvs: Sequence[Path]) -> dict[str, Place]:
    """Return a place of every distinct image by the sha256 of its bytes, sorted.

    Images are names in `image_folders`, and base64 in MMBench `tsvs`; of equal ones the first place
    counts.

    Raises:
        UserError: there is no image.
    """
    places: dict[str, Place] = {}
    for path in image_folders:
        store = ImageStore(path)
        for name in tqdm(store.names(), desc=f"reading {path}", unit="image", mininterval=1):
            places.setdefault(sha256_of_bytes(store.read(name)), Place(path, name))
    for path in tsvs:
        for name, data in tsv_images(path):
            places.setdefault(sha256_of_bytes(data), Place(path, name, data))
    if not places:
        raise UserError(f"no image in {', '.join(map(str, [*image_folders, *tsvs]))}")
    # by hash: the rows of the features must not depend on names or on which file came first
    return dict(sorted(places.items()))


def tsv_images(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (the row's index, image bytes) of an MMBench TSV.

    A row that points to another's image has none of its own: that one is yielded there.

    Raises:
        UserError: no such file or column, or a row whose image is not base64.
    """
    if not path.exists():
        raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`")
    cells = picture_cells(path)
    for index, cell in cells.items():
        if cell.is_pointer:
            # that row must be there
            base64_of_row(cells, index, path)
        else:
            yield f"of index {index}", picture_of_row(cells, index, path)
