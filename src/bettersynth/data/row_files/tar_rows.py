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
    its pictures, which go to `pictures`; without any, those that the .json names. Words without
    image tokens get one for each picture, and a row without an id that of the sample. Files of
    other kinds are named once on stderr.

    Raises:
        FileNotFoundError: no such file.
        UserError: it is damaged, a sample's files do not stand together, or it holds what is no
            text, no JSON object, too large or there twice.
    """
    left_out: set[str] = set()
    # a sample whose files lie apart would become two rows, each without a part
    keys: set[str] = set()
    number = 0
    sample: _Sample | None = None
    for member, content in _files(path, left_out):
        key, kind = _split(member)
        if sample is None or sample.key != key:
            if sample is not None:
                number += 1
                yield number, _row(sample, form)
            if key in keys:
                raise UserError(f"{path}: {member} stands apart from the other files of {key}")
            keys.add(key)
            sample = _Sample(key)
        _add(sample, member, kind, content, path, pictures)
    if sample is not None:
        yield number + 1, _row(sample, form)
    if left_out:
        kinds = ", ".join(sorted(left_out))
        print(f"warning: {path}: files of these kinds are not read: {kinds}", file=sys.stderr)


def first_kinds(path: Path) -> list[str]:
    """Return the kinds of the files of a tar's first sample, such as `jpg` and `txt`.

    Raises:
        FileNotFoundError: no such file.
        UserError: it is damaged.
    """
    kinds: list[str] = []
    first = None
    for member, _ in _files(path, set()):
        key, kind = _split(member)
        first = key if first is None else first
        if key != first:
            break
        kinds.append(kind)
    return kinds


def _split(member: str) -> tuple[str, str]:
    """Return the sample's key and the kind of a file: `a/b` and `0.jpg` of `a/b.0.jpg`."""
    folder, slash, name = member.rpartition("/")
    stem, _, kind = name.partition(".")
    return f"{folder}{slash}{stem}", kind.lower()


def _files(path: Path, left_out: set[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and bytes of each file that can be part of a row, in the tar's order."""
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                name = member.name.rpartition("/")[2]
                last_kind = name.rpartition(".")[2].lower()
                if not member.isreg():
                    continue
                if name.startswith("."):
                    left_out.add("hidden")
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
            _require_end(path, archive.offset)
    except (tarfile.TarError, EOFError) as error:
        raise UserError(f"{path} cannot be read as a tar: {error}") from None


def _require_end(path: Path, end: int) -> None:
    """Pass if a tar's end mark, zero bytes alone, is all that follows byte `end`.

    tarfile takes a header that it cannot read for the end, and whatever follows is lost.

    Raises:
        UserError: it is cut, damaged, or several in one file.
    """
    with open(path, "rb") as stream:
        stream.seek(end)
        rest = stream.read(tarfile.RECORDSIZE)
        if len(rest) < tarfile.BLOCKSIZE:
            raise UserError(f"{path} is cut: it has no end after byte {end:,}")
        while rest:
            if rest.strip(b"\0"):
                raise UserError(
                    f"{path} cannot be read after byte {end:,}: it is damaged, or several tars in "
                    "one file"
                )
            rest = stream.read(tarfile.RECORDSIZE)


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
        if sample.text is not None:
            raise UserError(f"{place} is a second text of {sample.key}")
        try:
            sample.text = content.decode().strip()
        except UnicodeDecodeError as error:
            raise UserError(f"{place} is no UTF-8 text: byte {error.start}") from None
    else:
        fields = require_object(parse_json(content, place), place)
        if twice := sample.fields.keys() & fields.keys():
            raise UserError(f"{place} has the field {min(twice)} a second time")
        sample.fields |= fields


def _row(sample: _Sample, form: RowForm) -> bytes:
    row = {"id": sample.key, **sample.fields}
    text = row.get(form.text_key)
    if text is None:
        text = sample.text
    if isinstance(text, str) and sample.pictures and form.tokens.image not in text:
        tokens = "".join(f"{form.tokens.image}\n" for _ in sample.pictures)
        text = f"{tokens}{text} {form.tokens.eoc}"
    row[form.text_key] = text
    if sample.pictures or form.image_key not in row:
        row[form.image_key] = sample.pictures
    return dump_json(row)
