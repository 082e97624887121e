"""The samples of every file that the user names: of one source, or of several."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from bettersynth.data.sources.downloads import pairs_file
from bettersynth.data.sources.jsonl import ALONE, read_pairs
from bettersynth.data.sources.pair import Pair
from bettersynth.data.tables.rejects import Refused
from bettersynth.errors import UserError
from bettersynth.settings.source import SourceSettings


def read_own_files(
    source: SourceSettings, names: Collection[str] | None = None
) -> tuple[list[Pair], list[Refused]]:
    """Return the samples of the user's files, and those that are set aside, file by file.

    `names` are the sources to read (None: all).

    Raises:
        UserError: as `read_pairs`, or two files have one id.
    """
    pairs: list[Pair] = []
    refused: list[Refused] = []
    # the source and the file that gave each id
    givers: dict[str, tuple[str, Path]] = {}
    for name, own in source.own_files.items():
        if names is not None and name not in names:
            continue
        file = pairs_file(own)
        one = source.sources.get(name, ALONE)
        usable, aside = read_pairs(file, Path(own.images), own.max_samples, name, one)
        for id in [pair.id for pair in usable] + [refusal.id for refusal in aside]:
            # within one file `read_pairs` has compared them, but for those of no valid Unicode
            giver, other_file = givers.setdefault(id, (name, file))
            if giver != name:
                raise UserError(
                    f"{file}: {id!r} is also the id of a sample of {other_file}; "
                    "ids of all sources must differ"
                )
        pairs += usable
        refused += aside
    return pairs, refused
