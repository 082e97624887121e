"""Rows of webdataset tars: files whose names agree up to the first dot are one sample.

`a.jpg` and `a.txt`, or `a.0.jpg`, `a.1.jpg` and `a.json`.
"""

from __future__ import annotations

import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bettersynth.data.files.compressed import MAX_UNPACKED_BYTES
from bettersynth.data.files.jsonl_rows import dump_json, require_object
from bettersynth.data.files.reading import parse_json
from bettersynth.data.pictures.decoding import MAX_FILE_BYTES
from bettersynth.data.row_files.carried_pictures import CarriedPictures
from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.errors import UserError

PICTURES = (
    "jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "ppm", "pgm", "pbm", "avif",
)  # fmt: skip
TEXTS = ("txt", "text", "caption")


@dataclass
class _Sample:
    """What was found of one sample so far."""

    key: str
    fields: dict[str, Any] = field(default_factory=dict)
    text: str | None = None
    pictures: list[str] = field(default_factory=list)
    members: set[str] = field(default_factory=set)


def tar_rows(path: Path, form: RowForm, pictures: CarriedPictures) -> Iterator[tuple[int, bytes]]:
    """Yield the number, from 1 on, and the JSON of each sample of a tar.

    A row has the fields of the sample's .json, the text of its .txt unless the .json has one, and
    its pictures, which go to `pictures`. Words without image tokens get one for each picture, and
    a row without an id that of the sample. Files of other kinds are named once on stderr.

    Raises:
        FileNotFoundError: no such file.
        UserError: it is damaged, or a sample holds what is no text, no JSON object or too large.
    """
    left_out: set[str] = set()
    number = 0
    sample: _Sample | None = None
    for member, content in _files(path, left_out):
        key, _, kind = _split(member)
        if sample is None or sample.key != key:
            if sample is not None:
                number += 1
                yield number, _row(sample, form)
            sample = _Sample(key)
        _add(sample, member, kind, content, path, pictures)
    if sample is not None:
        yield number + 1, _row(sample, form)
    if left_out:
        kinds = ", ".join(sorted(left_out))
        print(f"warning: {path}: files of these kinds are not read: {kinds}", file=sys.stderr)


def _split(member: str) -> tuple[str, str, str]:
    """Return the sample's key, the dot, and the kind of a file: `a/b`, `.`, `0.jpg`."""
    folder, slash, name = member.rpartition("/")
    stem, dot, kind = name.partition(".")
    return f"{folder}{slash}{stem}", dot, kind.lower()


def _files(path: Path, left_out: set[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and bytes of each file that can be part of a row, in the tar's order."""
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                last_kind = member.name.rpartition("/")[2].rpartition(".")[2].lower()
                if not member.isreg():
                    continue
                if last_kind not in (*PICTURES, *TEXTS, "json"):
                    left_out.add(last_kind)
                    continue
                limit = MAX_FILE_BYTES if last_kind in PICTURES else MAX_UNPACKED_BYTES
                if member.size > limit:
                    raise UserError(
                        f"{path}: {member.name} has {member.size:,} bytes, limit {limit:,}"
                    )
                yield member.name, archive.extractfile(member).read()  # type: ignore[union-attr]
    except (tarfile.TarError, EOFError) as error:
        raise UserError(f"{path} cannot be read as a tar: {error}") from None


def _add(
    sample: _Sample, member: str, kind: str, content: bytes, path: Path, pictures: CarriedPictures
) -> None:
    """Add one file to its sample."""
    place = f"{path}: {member}"
    if kind in sample.members:
        raise UserError(f"{place} is there twice")
    sample.members.add(kind)
    last_kind = kind.rpartition(".")[2]
    if last_kind in PICTURES:
        sample.pictures.append(pictures.keep(content, path, place))
    elif last_kind in TEXTS:
        try:
            sample.text = content.decode().strip()
        except UnicodeDecodeError as error:
            raise UserError(f"{place} is no UTF-8 text: byte {error.start}") from None
    else:
        sample.fields |= require_object(parse_json(content, place), place)


def _row(sample: _Sample, form: RowForm) -> bytes:
    row = {"id": sample.key, **sample.fields}
    text = row.get(form.text_key)
    if text is None:
        text = sample.text
    if isinstance(text, str) and sample.pictures and form.tokens.image not in text:
        tokens = "".join(f"{form.tokens.image}\n" for _ in sample.pictures)
        text = f"{tokens}{text} {form.tokens.eoc}"
    row[form.text_key] = text
    row[form.image_key] = sample.pictures
    return dump_json(row)
