"""Which pairs go towards the pool: the user's own, the embedded packages', or both."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from bettersynth.data.sources.clipart import read_clipart_pairs
from bettersynth.data.sources.downloads import pairs_file
from bettersynth.data.sources.emoji import read_emoji_pairs
from bettersynth.data.sources.jsonl import read_pairs
from bettersynth.data.sources.pair import Pair
from bettersynth.data.tables.archives import archive_paths
from bettersynth.data.tables.rejects import Refused
from bettersynth.errors import UserError
from bettersynth.settings.pool import PoolSettings
from bettersynth.settings.source import SourceSettings


def gather(source: SourceSettings, settings: PoolSettings) -> tuple[list[Pair], list[Refused]]:
    """Return all pairs sorted by id, and those that the source itself set aside.

    Raises:
        UserError: nothing was fetched, or an id or image name of the user's pairs is one of the
            embedded pictures'.
    """
    archives = archive_paths()
    if source.own_pairs:
        file = pairs_file(source)
        pairs, refused = read_pairs(file, Path(source.images), source.max_samples)
        embedded = _beside_own_pairs(archives, settings)
        _refuse_common_names(pairs, embedded, file)
        pairs += embedded
    else:
        pairs, refused = _embedded_pairs(archives, settings), []
    return sorted(pairs, key=lambda pair: pair.id), refused


def _embedded_pairs(archives: Mapping[str, Path], settings: PoolSettings) -> list[Pair]:
    """Return the pairs of the fetched packages; none where none were fetched."""
    if not archives:
        return []
    emoji = read_emoji_pairs(archives, settings.emoji, settings.seed)
    return emoji + read_clipart_pairs(archives, settings.clipart, settings.seed)


def _beside_own_pairs(archives: Mapping[str, Path], settings: PoolSettings) -> list[Pair]:
    """Return what the packages give to the other splits; the pool is the user's alone.

    All clip art is for the reference then.
    """
    clipart = dataclasses.replace(settings.clipart, openclipart_pool=0, tuxpaint_pool=0)
    pairs = _embedded_pairs(archives, dataclasses.replace(settings, clipart=clipart))
    return [pair for pair in pairs if pair.split != "pool"]


def _refuse_common_names(pairs: list[Pair], embedded: list[Pair], file: Path) -> None:
    taken: set[str] = set()
    for pair in embedded:
        taken.update(pair.names)
    for pair in pairs:
        for name in pair.names:
            if name in taken:
                raise UserError(
                    f"{file}: {name!r} is also the name of an embedded picture; rename it"
                )
