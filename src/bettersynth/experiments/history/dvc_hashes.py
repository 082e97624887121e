"""The hashes that DVC records for files and folders, without DVC: they are asked for after every
step.

Source: DVC 3's objects. A folder's hash is the md5 of the JSON list of its files' md5s and relative
paths, with ".dir" behind.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

# as .dvcignore has it
_IGNORED = re.compile(r"/\.snakemake|/__pycache__/|\.pyc$|\.egg-info")


def dvc_md5(path: Path) -> str:
    """Return the hash that DVC records for a file or folder."""
    if path.is_file():
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "md5").hexdigest()
    md5s = {}
    for file in path.rglob("*"):
        name = file.relative_to(path).as_posix()
        if file.is_file() and not _IGNORED.search(f"/{name}"):
            md5s[name] = dvc_md5(file)
    return folder_md5(md5s)


def folder_md5(files: Mapping[str, str]) -> str:
    """Return DVC's hash of a folder whose files have these md5s, by their paths below it."""
    entries = [{"md5": md5, "relpath": name} for name, md5 in sorted(files.items())]
    return hashlib.md5(json.dumps(entries, sort_keys=True).encode()).hexdigest() + ".dir"
