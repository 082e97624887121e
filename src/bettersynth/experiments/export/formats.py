"""Writing a training set: a folder of pictures, LLaVA json, parquet as Hugging Face's `datasets`
reads it, webdataset tars.
"""

from __future__ import annotations

import itertools
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bettersynth.data.files.jsonl_rows import dump_json
from bettersynth.data.files.whole_folder import whole_folder
from bettersynth.data.pictures.images import image_name
from bettersynth.data.row_files.writing import add_member, picture_ending
from bettersynth.data.tables.mix import TRAIN
from bettersynth.errors import UserError
from bettersynth.experiments.export.training_pairs import TrainingPair, TrainingPairs

CARD = "README.md"
MARK = "<!-- made by bettersynth export -->"
PICTURES = "images"
# what an export holds, of any format
MADE = re.compile(r"README\.md|images|data|metadata\.jsonl|train\.json|train-\d{6}\.tar")
# pairs of a parquet row group, held in memory
GROUP_PAIRS = 500
# pairs of a tar
SHARD_PAIRS = 10_000
HF_SCHEMA = pa.schema(
    [
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("text", pa.string()),
        ("id", pa.string()),
        ("caption_source", pa.string()),
        ("visits", pa.int32()),
    ]
)
# What `datasets` looks for in the schema: without it `image` is a plain struct
HF_FEATURES = {
    "image": {"_type": "Image"},
    "text": {"dtype": "string", "_type": "Value"},
    "id": {"dtype": "string", "_type": "Value"},
    "caption_source": {"dtype": "string", "_type": "Value"},
    "visits": {"dtype": "int32", "_type": "Value"},
}


def export_training_set(name: str, folder: Path, form: str) -> str:
    """Write the training set of the experiment `name` to `folder`, whole or not at all; return a
    line that says what lies there.

    `form` is one of `FORMATS`. An older export is replaced.

    Raises:
        UserError: the folder holds something else, the training set is not at hand, or it holds
            conversations where `form` takes captions alone.
    """
    if folder.exists() and not _is_export(folder):
        raise UserError(f"{folder} exists and is no export; name another folder")
    _require_nothing_else(folder)
    pairs = TrainingPairs(name)
    if form != "llava" and pairs.conversations:
        raise UserError(
            f"{pairs.conversations:,} samples of {name} are conversations, and {form} takes "
            "captions alone (`--format llava` takes both)"
        )
    with whole_folder(folder) as fresh:
        how = FORMATS[form](pairs, fresh)
        (fresh / CARD).write_text(_card(name, pairs, form, how), encoding="utf-8")
    return f"{folder}: {len(pairs):,} pairs, {pairs.visits:,} visits, as {form}"


def _is_export(folder: Path) -> bool:
    card = folder / CARD
    return folder.is_dir() and (
        not any(folder.iterdir()) or card.is_file() and MARK in card.read_text(errors="replace")
    )


def _require_nothing_else(folder: Path) -> None:
    """Pass if replacing the folder loses nothing that no export wrote."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if not MADE.fullmatch(path.name):
            raise UserError(
                f"{folder} holds {path.name} beside an older export, and would be replaced; move "
                "it away, or name another folder"
            )


def _card(name: str, pairs: TrainingPairs, form: str, how: str) -> str:
    # `datasets` takes what lies under data/ by itself
    head = "---\ntask_categories:\n- image-to-text\n---\n" if form == "hf" else ""
    return (
        f"{head}{MARK}\n# Training set of {name}\n\n"
        f"{len(pairs):,} image-text pairs, {pairs.visits:,} visits. {how}\n\n"
        "`visits`: how often stage 1 looks at the pair. `caption_source`: `original`, or what made "
        "the caption.\nPictures keep the licences of their sources.\n"
    )


def _write_pictures(pairs: TrainingPairs, pair: TrainingPair, folder: Path) -> list[str]:
    """Write the pictures of a pair under their own names; return their paths in `folder`."""
    paths = []
    pictures = folder / PICTURES
    for number, content in enumerate(pairs.pictures(pair)):
        name = image_name(pair.names[number], number, pictures, pair.id)
        target = pictures / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        paths.append(f"{PICTURES}/{name}")
    return paths


def _facts(pair: TrainingPair) -> dict[str, Any]:
    return {"id": pair.id, "caption_source": pair.caption_source, "visits": pair.visits}


def _as_folder(pairs: TrainingPairs, folder: Path) -> str:
    """Pictures, and `metadata.jsonl` with one line each."""
    with open(folder / "metadata.jsonl", "wb") as stream:
        for pair in pairs:
            for path in _write_pictures(pairs, pair, folder):
                row = {"file_name": path, "text": pair.caption, **_facts(pair)}
                stream.write(dump_json(row) + b"\n")
    return "`metadata.jsonl` has a line a picture."


def _as_llava(pairs: TrainingPairs, folder: Path) -> str:
    """LLaVA's `train.json`, one entry a visit in training order, and its pictures."""
    content = pairs.source.read(TRAIN)
    if content is None:
        raise UserError(f"{pairs.source.name} has no {TRAIN}; run `snakemake --cores all {TRAIN}`")
    (folder / TRAIN.name).write_bytes(content)
    for pair in pairs:
        _write_pictures(pairs, pair, folder)
    return f"LLaVA: `--data_path {TRAIN.name} --image_folder {PICTURES}`."


def _as_hf(pairs: TrainingPairs, folder: Path) -> str:
    """A parquet file with the pictures in it."""
    features = {"info": {"features": HF_FEATURES}}
    schema = HF_SCHEMA.with_metadata({"huggingface": json.dumps(features)})
    (folder / "data").mkdir()
    path = folder / "data/train-00000-of-00001.parquet"
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in _groups(pairs, GROUP_PAIRS):
            rows = []
            for pair in group:
                picture = {"bytes": pairs.picture(pair), "path": pair.names[0]}
                rows.append({"image": picture, "text": pair.caption, **_facts(pair)})
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    return '`datasets.load_dataset("THIS FOLDER")` reads it.'


def _as_webdataset(pairs: TrainingPairs, folder: Path) -> str:
    """Tars of picture, `.txt` and `.json`."""
    for shard, group in enumerate(_groups(pairs, SHARD_PAIRS)):
        path = folder / f"train-{shard:06d}.tar"
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for number, pair in enumerate(group, shard * SHARD_PAIRS):
                key = f"{number:09d}"
                content = pairs.picture(pair)
                add_member(archive, f"{key}{picture_ending(pair.names[0], content)}", content)
                add_member(archive, f"{key}.txt", pair.caption.encode("utf-8", "surrogatepass"))
                add_member(archive, f"{key}.json", dump_json(_facts(pair)))
    return "Each sample is a picture, a `.txt` and a `.json` of one number."


def _groups(pairs: TrainingPairs, size: int) -> Iterator[list[TrainingPair]]:
    stream = iter(pairs)
    while group := list(itertools.islice(stream, size)):
        yield group


FORMATS: dict[str, Callable[[TrainingPairs, Path], str]] = {
    "folder": _as_folder,
    "llava": _as_llava,
    "hf": _as_hf,
    "webdataset": _as_webdataset,
}
