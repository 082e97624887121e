"""dvc.lock is written whole or not at all, and one that was cut short all the same is set aside;
files of DVC's cache are read before they are believed.

DVC itself empties the file and writes it anew after each stage, a second for a lock of 200 KB. Who
reads it meanwhile, or kills the run, is left with a part of it.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from bettersynth.data.files.reading import require_mapping
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.lock_text import record_in, stage_texts, text_with
from bettersynth.settings.reading import parse_yaml
from bettersynth.settings.regular_files import is_there

SET_ASIDE = Path(".dvc/tmp/dvc.lock.damaged")
MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")
# git's mark of two versions, which is the user's to resolve
CONFLICT = b"<<<<<<<"


def write_records_whole() -> None:
    """Let DVC in this process write its YAML files beside the old ones and then replace those."""
    from dvc.utils.serialize import _common, _yaml

    # `modify_yaml` and `dump_yaml` find the function in a module each
    _common._dump_data = _dump_whole
    _yaml._dump_data = _dump_whole
    _yaml._modify_data = _modified_where_changed


def believe_no_cached_file() -> None:
    """Let DVC in this process read a file of its cache once before it takes it for whole.

    DVC itself believes each that is read-only. After a power cut that may be an empty one, which
    would come back as the output that dvc.lock names. What was read is remembered with the file's
    size and time, as DVC does with outputs.
    """
    from dvc_data.hashfile.db import HashFileDB
    from dvc_data.hashfile.db.local import LocalHashFileDB

    LocalHashFileDB.check = HashFileDB.check


def _dump_whole(
    path: str, data: Any, dumper: Callable[..., Any], fs: Any = None, **arguments: Any
) -> None:
    """As DVC's own, which opens `path` itself; `fs` is this machine's wherever DVC writes."""
    del fs
    with complete_or_absent(path) as temporary, open(temporary, "w", encoding="utf-8") as stream:
        dumper(data, stream, **arguments)


@contextlib.contextmanager
def _modified_where_changed(
    path: str, parser: Callable[..., Any], dumper: Callable[..., Any], fs: Any = None
) -> Iterator[Any]:
    """As DVC's own, but that of dvc.lock only the changed records are written, and nothing where
    none changed.

    DVC writes it after each stage, also one that did not change: 40 times in a `dvc exp run` of one
    setting, two seconds each. It has no comments, so the quick parser loses nothing.
    """
    from dvc.utils.serialize import _common

    lock = Path(path)
    text = ""
    if lock.name == "dvc.lock" and is_there(lock):
        text = _common._load_data(path, parser=lambda content, _: content, fs=fs)
    texts = stage_texts(text)
    if texts is None:
        with _common._modify_data(path, parser, dumper, fs) as data:
            yield data
        return
    # DVC puts a new record in the place of the old one, and changes none
    stages = {name: record_in(part) for name, part in texts.items()}
    data = {"schema": "2.0", "stages": dict(stages)}
    yield data
    if data != {"schema": "2.0", "stages": stages}:
        _dump_whole(path, data, _only_changed(texts, dumper))


def _only_changed(texts: dict[str, str], dumper: Callable[..., Any]) -> Callable[..., Any]:
    """Return a dumper of dvc.lock that writes the records in `texts` as they stand there."""

    def dump(data: dict[str, Any], stream: TextIO) -> None:
        has_stages_alone = data.keys() == {"schema", "stages"}
        text = text_with(texts, data["stages"], dumper) if has_stages_alone else None
        if text is None:
            dumper(data, stream)
        else:
            stream.write(text)

    return dump


def set_aside_if_cut(lock: Path) -> bool:
    """Move a dvc.lock that is not whole out of the way, with a line that says so.

    DVC writes what it held again from its run cache: no stage that was finished runs once more.

    Raises:
        UserError: it is no regular file.
    """
    if not is_there(lock):
        return False
    content = lock.read_bytes()
    if CONFLICT in content or is_whole(content):
        return False
    aside = lock.parent / SET_ASIDE
    aside.parent.mkdir(parents=True, exist_ok=True)
    lock.replace(aside)
    print(
        f"dvc.lock was cut short, by a kill or a full disk: moved to {SET_ASIDE}; "
        "what it recorded comes back from DVC's cache",
        file=sys.stderr,
    )
    return True


def lock_in(content: bytes, where: str) -> dict[str, Any]:
    """Return what the bytes of a dvc.lock hold, found at `where` (the file, or that of a commit).

    Raises:
        UserError: it is not what DVC writes.
    """
    lock = parse_yaml(content, where)
    if lock is None:
        # DVC takes an emptied file for one without stages, as if nothing had run
        raise UserError(
            f"{where} is empty: a kill or a full disk cut it short; "
            "run again what wrote it, and its records come back"
        )
    stages = require_mapping(lock, where).get("stages") or {}
    for name, stage in require_mapping(stages, f"{where}: stages").items():
        _require_stage(stage, f"{where}: {name}")
    return lock


def _require_stage(stage: Any, where: str) -> None:
    parts = {"params": {}, "deps": [], "outs": [], **require_mapping(stage, where)}
    require_mapping(parts, where, has={"params": dict, "deps": list, "outs": list})
    params = parts["params"]
    require_mapping(params, f"{where}: params", has=dict.fromkeys(params, dict))
    for file in [*parts["deps"], *parts["outs"]]:
        require_mapping(file, f"{where}: a file", has={"path": str})


def is_whole(content: bytes) -> bool:
    """Whether the bytes of a dvc.lock have the shape that DVC reads."""
    try:
        lock = parse_yaml(content, "dvc.lock")
    except UserError:
        return False
    if not isinstance(lock, dict) or not isinstance(lock.get("stages"), dict):
        return False
    return lock.get("schema") == "2.0" and all(map(_is_whole_stage, lock["stages"].values()))


def _is_whole_stage(stage: Any) -> bool:
    if not isinstance(stage, dict) or not isinstance(stage.get("cmd"), str | list):
        return False
    params = stage.get("params", {})
    if not isinstance(params, dict) or not all(isinstance(part, dict) for part in params.values()):
        return False
    deps, outs = stage.get("deps", []), stage.get("outs", [])
    if not isinstance(deps, list) or not isinstance(outs, list):
        return False
    return all(map(_is_whole_file, [*deps, *outs]))


def _is_whole_file(file: Any) -> bool:
    if not isinstance(file, dict) or not isinstance(file.get("path"), str):
        return False
    return MD5.fullmatch(str(file.get("md5"))) is not None
