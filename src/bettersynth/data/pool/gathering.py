"""Which pairs go towards the pool: the user's own, the embedded packages', or both."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from bettersynth.data.sources.clipart import read_clipart_pairs
from bettersynth.data.sources.concept_questions import concept_questions
from bettersynth.data.sources.emoji import read_emoji_pairs
from bettersynth.data.sources.own_files import read_own_files
from bettersynth.data.sources.pair import Pair
from bettersynth.data.tables.archives import archive_paths
from bettersynth.data.tables.rejects import Refused
from bettersynth.errors import UserError
from bettersynth.settings.one_source import OneSource
from bettersynth.settings.pool import PoolSettings
from bettersynth.settings.source import SourceSettings


def gather(source: SourceSettings, settings: PoolSettings) -> tuple[list[Pair], list[Refused]]:
    """Return all pairs sorted by id, and those that the source itself set aside.

    Raises:
        UserError: nothing was fetched, an id or image name of the user's pairs is one of the
            embedded pictures', or one of several sources gives nothing.
    """
    archives = archive_paths()
    own, refused = read_own_files(source)
    if source.from_packages:
        embedded = _embedded_pairs(archives, settings)
        if source.sources:
            embedded = of_sources(embedded, source.sources)
    else:
        embedded = _beside_own_pairs(archives, settings)
    _refuse_common_names(own, embedded, source)
    pairs = sorted(own + embedded, key=lambda pair: pair.id)
    given = {pair.source for pair in pairs} | {one.source for one in refused}
    for name in source.sources:
        if name not in given:
            raise UserError(f"params.yaml: source.sources.{name} gives no sample")
    return pairs, refused


def of_sources(embedded: Sequence[Pair], sources: Mapping[str, OneSource]) -> list[Pair]:
    """Return the packages' pairs under the names of the sources that take them, and what those
    sources ask about them.

    Pairs for the pool that no source takes are left out; those of other splits all stay.
    """
    takers: dict[str, str] = {}
    everything = ""
    for name, one in sources.items():
        if one.source == "packages" and not one.of:
            everything = name
        takers.update(dict.fromkeys(one.of, name))
    pairs = []
    for pair in embedded:
        taker = takers.get(pair.source, everything)
        if pair.split != "pool":
            pairs.append(pair)
        elif taker:
            judged = sources[taker].judged
            pairs.append(dataclasses.replace(pair, source=taker, judged=judged))
    for name, one in sources.items():
        if one.source == "questions":
            pairs += concept_questions(embedded, name, one)
    return pairs


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


def _refuse_common_names(
    own: Sequence[Pair], embedded: Sequence[Pair], source: SourceSettings
) -> None:
    taken: set[str] = set()
    for pair in embedded:
        taken.update(pair.names)
    for pair in own:
        for name in pair.names:
            if name in taken:
                file = source.sources[pair.source].file if source.sources else source.file
                raise UserError(
                    f"{file}: {name!r} is also the name of an embedded picture; rename it"
                )
