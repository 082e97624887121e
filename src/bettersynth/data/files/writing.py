"""Writing files so that they are complete or absent, and hashing what was read."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bettersynth.errors import UserError

if TYPE_CHECKING:  # 30 MB that a recipe's run does without
    import pyarrow as pa


@contextlib.contextmanager
def complete_or_absent(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it onto `path` when the block succeeds, remove it when it fails."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as indented UTF-8 JSON with a final newline; NaN is refused (it is not JSON)."""
    with complete_or_absent(path) as temporary:
        temporary.write_text(
            json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n",
            encoding="utf-8",
        )


def read_json(path: str | Path) -> Any:
    """Return the value that a JSON file holds.

    Raises:
        FileNotFoundError: no such file.
        UserError: as `parse_json`.
    """
    return parse_json(Path(path).read_bytes(), str(path))


def parse_json(content: str | bytes, where: str) -> Any:
    """Return the value of JSON text found at `where` (a file, or a file and its line); bytes are UTF-8, UTF-16 or UTF-32, marked or not.

    Raises:
        UserError: not JSON, not text, nested too deeply, or a number of thousands of digits.
    """
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        place = (
            f"column {error.colno}"
            if error.lineno == 1
            else f"line {error.lineno}, column {error.colno}"
        )
        raise UserError(f"{where} is not valid JSON: {error.msg} ({place})") from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{where} is not UTF-8 text: {error.reason} at byte {error.start}"
        ) from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where} is not valid JSON: {error}") from None


def write_table(path: str | Path, table: pa.Table) -> None:
    """Write a parquet file whose bytes depend on the table alone (zstd, no timestamps)."""
    import pyarrow.parquet as pq

    with complete_or_absent(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_table(path: str | Path, columns: list[str] | None = None) -> pa.Table:
    """Return a parquet file's table.

    Raises:
        FileNotFoundError: no such file.
        UserError: it is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path, columns=columns, partitioning=None)
    except FileNotFoundError:
        raise
    except (pa.ArrowInvalid, OSError) as error:
        if getattr(error, "errno", None):  # the disk's own, such as a missing permission
            raise
        raise UserError(
            f"{path} is damaged; delete it and run `snakemake --cores all {path}`, which brings it back"
        ) from None


def sha256_of_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(path: str | Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def remembered_sha256(path: str | Path) -> str:
    """Return a file's sha256; one of 4 MiB and more is read once, its hash is remembered by path, size and time of change."""
    path = Path(path)
    status = path.stat()
    if status.st_size < 2**22:
        return sha256_of_file(path)
    key = sha256_of_bytes(
        json.dumps([str(path.resolve()), status.st_size, status.st_mtime_ns]).encode()
    )
    known = scratch_folder("model_hashes") / f"{key}.json"
    if not known.exists():
        write_json(known, sha256_of_file(path))
    return str(json.loads(known.read_text(encoding="utf-8")))


def hashes_in_folder(folder: str | Path) -> dict[str, str]:
    """Return the sha256 of every file under a folder of weights, by its path in there, sorted."""
    return {
        str(p.relative_to(folder)): remembered_sha256(p)
        for p in sorted(Path(folder).rglob("*"))
        if p.is_file()
    }


def scratch_folder(*parts: str) -> Path:
    """Return a folder under `.cache/` for resumable work and cached scores, shared by all experiments of a clone.

    `dvc exp run --temp` and `--queue` run in a copy of the tree under `.dvc/tmp/exps`; the cache of the tree around it
    is used there, so that a queued experiment scores nothing twice. `BETTERSYNTH_CACHE` names another place.
    """
    here = Path.cwd()
    for parent in here.parents:
        if parent.name == ".dvc" and (here.relative_to(parent).parts[:2] == ("tmp", "exps")):
            here = parent.parent
            break
    folder = Path(os.environ.get("BETTERSYNTH_CACHE", here / ".cache")).joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
