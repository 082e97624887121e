"""What an experiment needs from outside: weights, data, benchmark files. `bettersynth models
[EXPERIMENT]` lists it, before anything runs.

The list is the section `files` of the composed parameters (conf/files) and the downloads of the
source. Nothing here touches the network.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bettersynth.data.files.hashing import remembered_sha256
from bettersynth.data.sources.downloads import miniature_folder, source_downloads
from bettersynth.data.tables.archives import ARCHIVES
from bettersynth.errors import UserError
from bettersynth.settings.files import NeededSettings
from bettersynth.settings.pretrain_lm import LANGUAGE_MODEL, text_paths
from bettersynth.settings.reading import read_settings
from bettersynth.settings.source import SourceSettings, read_source


@dataclass(frozen=True)
class Needed:
    """One file, or one folder of pictures.

    `state` is present, missing, other (another sha256 than expected) or generated (by a stage);
    `size` counts bytes.
    """

    name: str
    path: str
    state: str
    origin: str
    size: int | None = None
    sha256: str = ""
    note: str = ""

    @property
    def lacking(self) -> bool:
        """Whether a run cannot start with it as it is."""
        return self.state in ("missing", "other")


def needed_files(params: dict[str, Any]) -> list[Needed]:
    """Return everything that a run with these parameters takes from outside, in the order of use.

    Raises:
        UserError: a wrong setting in `files`.
    """
    source = read_source(params)
    rows = list(_source_files(source))
    text = list(text_paths(params))
    rows += _text_files(text, source)
    for name, values in (params.get("files") or {}).items():
        # -S files.captioner=null
        if values is None:
            continue
        entry = read_settings(NeededSettings, values, f"params.yaml: files.{name}")
        if (entry.path is None) == (entry.package is None):
            raise UserError(f"params.yaml: files.{name} needs either path or package")
        if text and str(entry.path) == LANGUAGE_MODEL:
            rows.append(_made(name, LANGUAGE_MODEL, "the pretrain_lm stage"))
        else:
            rows += _entry_files(name, entry, source)
    return rows


def require_files(params: dict[str, Any], experiment: str | None = None) -> None:
    """Pass if everything is there, but for what the fetch stage downloads itself.

    Raises:
        UserError: what is missing first, how many in all, and the command that lists them.
    """
    # The fetch stage downloads what the source needs; of text the settings check says more.
    elsewhere = ("source", "pretrain_lm")
    rows = [row for row in needed_files(params) if not row.name.startswith(elsewhere)]
    lacking = [row for row in rows if row.lacking]
    if not lacking:
        return
    first = lacking[0]
    more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
    listing = f"bettersynth models {experiment or ''}".rstrip()
    raise UserError(
        f"{first.path} (files.{first.name}){more}: {first.state}; "
        f"`{listing}` lists every file and where it is from"
    )


def _source_files(source: SourceSettings) -> Iterator[Needed]:
    for name, own in source.own_files.items():
        if own.name == "jsonl":
            where = f"source.sources.{name}" if name else "source"
            yield _file(f"{where}.file", Path(own.file), "yours")
            # a source of text has no pictures of its own
            if not name or own.images != source.images:
                yield _folder(f"{where}.images", Path(own.images), "yours")
    folder = miniature_folder() if source.miniature else None
    for path, origin, sha256 in source_downloads(source, folder):
        if source.miniature:
            yield _made("source", str(path), "the fetch stage")
        else:
            yield _file("source", path, origin, sha256)


def _text_files(text: list[tuple[str, str]], source: SourceSettings) -> Iterator[Needed]:
    """Yield what a language model is trained on before stage 1: `text_paths`."""
    for setting, path in text:
        if source.miniature is not None and ARCHIVES in Path(path).parents:
            yield _made(setting, path, "the fetch stage")
        elif setting.endswith("language_model") or Path(path).is_dir():
            yield _folder(setting, Path(path), "yours")
        else:
            yield _file(setting, Path(path), "yours")


def _made(name: str, path: str, stage: str) -> Needed:
    return Needed(name, path, "generated", stage)


def _entry_files(name: str, entry: NeededSettings, source: SourceSettings) -> Iterator[Needed]:
    if entry.package:
        yield from _package_files(name, entry)
        return
    path = entry.path
    assert path is not None
    if entry.holds:
        rows = list(_model_files(name, path, entry))
    elif entry.folder:
        rows = [_folder(name, path, entry.origin)]
    else:
        rows = [_file(name, path, entry.origin, entry.sha256)]
    made = source.miniature is not None and ARCHIVES in path.parents
    for row in rows:
        if made and row.lacking:
            yield replace(row, state="generated", origin="the fetch stage")
        else:
            yield row


def _file(name: str, path: Path, origin: str, expected: str | None = None) -> Needed:
    if not path.is_file():
        return Needed(name, str(path), "missing", origin)
    sha256 = remembered_sha256(path)
    other = bool(expected) and sha256 != expected
    return Needed(
        name,
        str(path),
        "other" if other else "present",
        origin,
        size=path.stat().st_size,
        sha256=sha256,
        note=f"expected sha256 {expected}" if other else "",
    )


def _folder(name: str, path: Path, origin: str) -> Needed:
    if not path.is_dir():
        return Needed(name, f"{path}/", "missing", origin)
    files = [file for file in path.rglob("*") if file.is_file()]
    if not files:
        return Needed(name, f"{path}/", "missing", origin)
    size = sum(file.stat().st_size for file in files)
    return Needed(name, f"{path}/", "present", origin, size, note=f"{len(files):,} files")


def _model_files(name: str, folder: Path, entry: NeededSettings) -> Iterator[Needed]:
    """List each pattern's files, and the shards that an index beside them names."""
    # a set that keeps its order
    wanted: dict[str, None] = {}
    for pattern in entry.holds:
        wanted |= dict.fromkeys(_first_match(folder, pattern))
    for index in sorted(folder.glob("*.index.json")):
        wanted |= dict.fromkeys(_shards(index))
    for file in wanted:
        yield _file(name, folder / file, entry.origin)


def _first_match(folder: Path, pattern: str) -> list[str]:
    """Return the files of the first choice in `a|b` that has any; the pattern itself if none."""
    for choice in pattern.split("|"):
        names = sorted(file.name for file in folder.glob(choice) if file.is_file())
        if names:
            return names
    return [pattern]


def _shards(index: Path) -> list[str]:
    """Return the files that a sharded model's index names; an index that cannot be read itself."""
    try:
        content = json.loads(index.read_text(encoding="utf-8"))
        return sorted(set(content["weight_map"].values()))
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return [index.name]


def _package_files(name: str, entry: NeededSettings) -> Iterator[Needed]:
    package = str(entry.package)
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        yield Needed(name, f"package {package}", "missing", entry.origin)
        return
    for pattern in entry.holds:
        matching = sorted((file for file in files if file.match(pattern)), key=str)
        if not matching:
            yield Needed(name, f"package {package}: {pattern}", "missing", entry.origin)
        for file in matching:
            yield _file(name, Path(str(file.locate())), entry.origin, entry.sha256)


def show(rows: list[Needed]) -> str:
    """Return the list as text: state, size, the first 16 digits of the sha256, what it is for,
    path; and the origin of what is lacking.
    """
    lines = []
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        size = "" if row.size is None else f"{row.size:,}"
        note = f" ({row.note})" if row.note else ""
        digits = row.sha256[:16] or "-"
        columns = f"{row.state:<9} {size:>15}  {digits:<16}  {row.name:<22}"
        lines.append(f"{columns} {row.path}{note}")
        if row.lacking and not _of_the_same_origin(row, following):
            lines.append(f"{'':<45} from {row.origin}")
    return "\n".join(lines)


def _of_the_same_origin(row: Needed, following: Needed | None) -> bool:
    """Return whether the next row says where both are from."""
    if following is None or not following.lacking:
        return False
    return (following.name, following.origin) == (row.name, row.origin)
