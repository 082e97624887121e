"""What an experiment needs from outside: weights, data, benchmark files. `bettersynth models [EXPERIMENT]` lists it, before anything runs.

The list is the section `files` of the composed parameters (conf/files) and the downloads of the source. Nothing here touches the network.
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
from bettersynth.settings.reading import read_settings
from bettersynth.settings.source import SourceSettings, read_source


@dataclass(frozen=True)
class Needed:
    """One file, or one folder of pictures: `state` is present, missing, other (another sha256 than expected) or generated (by a stage)."""

    name: str
    path: str
    state: str
    origin: str
    size: int | None = None
    sha256: str = ""
    note: str = ""

    @property
    def lacking(self) -> bool:
        return self.state in ("missing", "other")


def needed_files(params: dict[str, Any]) -> list[Needed]:
    """Return everything that a run with these parameters takes from outside, in the order of use.

    Raises:
        UserError: a wrong setting in `files`.
    """
    source = read_source(params)
    found = list(_source_files(source))
    for name, values in (params.get("files") or {}).items():
        if values is None:  # -S files.captioner=null
            continue
        entry = read_settings(NeededSettings, values, f"params.yaml: files.{name}")
        if (entry.path is None) == (entry.package is None):
            raise UserError(f"params.yaml: files.{name} needs either path or package")
        found += _entry_files(name, entry, source)
    return found


def require_files(params: dict[str, Any], experiment: str | None = None) -> None:
    """Pass if everything is there, but for what the fetch stage downloads itself.

    Raises:
        UserError: what is missing first, how many in all, and the command that lists them.
    """
    lacking = [
        needed
        for needed in needed_files(params)
        if needed.lacking and not needed.name.startswith("source")
    ]
    if lacking:
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        listing = " ".join(["bettersynth models", *([experiment] if experiment else [])])
        raise UserError(
            f"{lacking[0].path} (files.{lacking[0].name}){more}: {lacking[0].state}; `{listing}` lists every file and where it is from"
        )


def _source_files(source: SourceSettings) -> Iterator[Needed]:
    if source.name == "jsonl":
        yield _file("source.file", Path(source.file), "yours")
        yield _folder("source.images", Path(source.images), "yours")
    folder = miniature_folder() if source.miniature else None
    for path, origin, sha256 in source_downloads(source, folder):
        if source.miniature:
            yield Needed("source", str(path), "generated", "the fetch stage")
        else:
            yield _file("source", path, origin, sha256)


def _entry_files(name: str, entry: NeededSettings, source: SourceSettings) -> Iterator[Needed]:
    if entry.package:
        yield from _package_files(name, entry)
        return
    path = entry.path
    assert path is not None
    if entry.holds:
        rows = list(_model_files(name, path, entry))
    else:
        rows = [
            _folder(name, path, entry.origin)
            if entry.folder
            else _file(name, path, entry.origin, entry.sha256)
        ]
    made = source.miniature is not None and ARCHIVES in path.parents
    yield from (
        replace(row, state="generated", origin="the fetch stage") if made and row.lacking else row
        for row in rows
    )


def _file(name: str, path: Path, origin: str, expected: str | None = None) -> Needed:
    if not path.is_file():
        return Needed(name, str(path), "missing", origin)
    found = remembered_sha256(path)
    state = "other" if expected and found != expected else "present"
    return Needed(
        name,
        str(path),
        state,
        origin,
        path.stat().st_size,
        found,
        f"expected sha256 {expected}" if state == "other" else "",
    )


def _folder(name: str, path: Path, origin: str) -> Needed:
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else []
    if not files:
        return Needed(name, f"{path}/", "missing", origin)
    return Needed(
        name,
        f"{path}/",
        "present",
        origin,
        sum(file.stat().st_size for file in files),
        note=f"{len(files):,} files",
    )


def _model_files(name: str, folder: Path, entry: NeededSettings) -> Iterator[Needed]:
    """List each pattern's files, and the shards that an index beside them names."""
    wanted: dict[str, None] = {}
    for pattern in entry.holds:
        matching = [
            sorted(file.name for file in folder.glob(choice) if file.is_file())
            for choice in pattern.split("|")
        ]
        wanted.update(dict.fromkeys(next((names for names in matching if names), [pattern])))
    for index in sorted(folder.glob("*.index.json")):
        try:
            wanted.update(
                dict.fromkeys(
                    sorted(
                        set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
                    )
                )
            )
        except (ValueError, KeyError, AttributeError):
            wanted[index.name] = None
    for file in wanted:
        yield _file(name, folder / file, entry.origin)


def _package_files(name: str, entry: NeededSettings) -> Iterator[Needed]:
    package = str(entry.package)
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        yield Needed(name, f"package {package}", "missing", entry.origin)
        return
    for pattern in entry.holds:
        found = sorted((file for file in files if file.match(pattern)), key=str)
        if not found:
            yield Needed(name, f"package {package}: {pattern}", "missing", entry.origin)
        for file in found:
            yield _file(name, Path(str(file.locate())), entry.origin, entry.sha256)


def show(rows: list[Needed]) -> str:
    """Return the list as text: state, size, the first 16 digits of the sha256, what it is for, path; and the origin of what is lacking."""
    lines = []
    for k, row in enumerate(rows):
        size = "" if row.size is None else f"{row.size:,}"
        lines.append(
            f"{row.state:<9} {size:>15}  {row.sha256[:16] or '-':<16}  {row.name:<22} {row.path}{f' ({row.note})' if row.note else ''}"
        )
        following = rows[k + 1] if k + 1 < len(rows) else None
        if row.lacking and not (
            following
            and following.lacking
            and (following.name, following.origin) == (row.name, row.origin)
        ):
            lines.append(f"{'':<45} from {row.origin}")
    return "\n".join(lines)
