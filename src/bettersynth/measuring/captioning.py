"""Captions made once: every one is kept in the score cache by picture, prompt, candidate, captioner, weights, settings and seed."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import sys
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from bettersynth.data.files.hashing import content_key
from bettersynth.data.samples.batch import Images, UnreadableImage
from bettersynth.measuring.score_cache import ScoreColumn
from bettersynth.measuring.text.shingles import shingle_function
from bettersynth.measuring.text.simhash import simhash
from bettersynth.models.captioners import Captioner, Request, captioner_module
from bettersynth.settings.caption import CandidateMode
from bettersynth.settings.reading import read_settings

VERSION = 1  # goes up when the same request gives another caption than before
CACHE_NAME = "image_captioning_mapper"


class CachedCaptioner:
    """A captioner behind the cache. Its model is loaded when the first caption is missing, its weights' hash at once.

    Captions are added to the cache part by part as the captioner makes them, so that a killed run keeps all but the part at hand. Of
    several processes that want captions of one captioner and settings, one makes them at a time. A refusal ("") is not kept: the next
    run asks again.
    """

    def __init__(self, name: str, settings: dict[str, Any] | None, where: str):
        self.module = captioner_module(name, where)
        self.settings = read_settings(self.module.Settings, settings, where)
        self.column = ScoreColumn(
            CACHE_NAME,
            VERSION,
            deciding(self.module, self.settings),
            f"{name} {self.module.model_hash(self.settings)}",
        )
        self._captioner: Captioner | None = None
        self.made = 0  # captions that were not in the cache

    def caption(
        self,
        images: Images,
        requests: Sequence[Request],
        seed: int,
        done: Callable[[int], object] = int,
    ) -> tuple[list[str], dict[str, str]]:
        """Return one caption a request ("" where there is none), and the reasons of pictures that cannot be read.

        `done(n)` is called as n more requests are answered.
        """
        bad: dict[str, str] = {}
        keys: list[bytes | None] = []
        wanted: dict[bytes, tuple[str, Request]] = {}
        for request in requests:
            try:
                sha256 = images.sha256(request.image)
            except UnreadableImage as error:
                bad[error.name] = error.reason
                keys.append(None)
                continue
            key = content_key([sha256, request.prompt, str(request.candidate), str(seed)])
            wanted.setdefault(key, (sha256, request))
            keys.append(key)
        known = {key: str(value[0]) for key, value in self.column.get(list(wanted)).items()}
        # by content: what is made together does not depend on the order of the samples, nor on a kill
        order = sorted(
            (sha256, request.prompt, request.candidate, key)
            for key, (sha256, request) in wanted.items()
            if key not in known
        )
        missing = [key for *_, key in order]
        done(len(requests) - len(missing))
        if missing:
            with self._alone():
                made_meanwhile = {
                    key: str(value[0]) for key, value in self.column.get(missing).items()
                }
                known |= made_meanwhile
                done(len(made_meanwhile))
                self._make_all(
                    images,
                    {key: wanted[key][1] for key in missing if key not in known},
                    known,
                    bad,
                    seed,
                    done,
                )
        return [known.get(key, "") if key else "" for key in keys], bad

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold off other processes that would make the same captions; a killed one holds off nobody."""
        with open(self.column.path.with_suffix(".lock"), "w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(
                    "another run makes captions with the same settings: waiting for it",
                    file=sys.stderr,
                )
                fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def _make_all(
        self,
        images: Images,
        missing: dict[bytes, Request],
        known: dict[bytes, str],
        bad: dict[str, str],
        seed: int,
        done: Callable[[int], object],
    ) -> None:
        """Add the captions of `missing` to `known`, in this order, and pictures that cannot be read to `bad`."""
        while missing:
            keys = list(missing)
            try:
                for position, text in self._make(images, list(missing.values()), keys, seed):
                    known[keys[position]] = text
                    done(1)
                return
            except UnreadableImage as error:
                bad[error.name] = error.reason
                missing = {
                    key: request
                    for key, request in missing.items()
                    if key not in known and request.image not in bad
                }

    def _make(
        self, images: Images, requests: list[Request], keys: list[bytes], seed: int
    ) -> Iterator[tuple[int, str]]:
        if self._captioner is None:
            self._captioner = self.module.load(self.settings)
        for part in self._captioner.caption(images, requests, seed):
            self.made += len(part)
            self.column.put({keys[position]: [text] for position, text in part.items() if text})
            yield from part.items()

    def close(self) -> None:
        """Close the cache; a captioner that costs money says how much."""
        if hasattr(self._captioner, "close"):
            self._captioner.close()
        self.column.close()


def deciding(module: ModuleType, settings: Any) -> Any:
    """Return the settings with those that change no caption (the module's NOT_DECIDING: speed, prices) at their defaults."""
    defaults = {field.name: field.default for field in dataclasses.fields(settings)}
    return dataclasses.replace(
        settings, **{name: defaults[name] for name in getattr(module, "NOT_DECIDING", ())}
    )


def choose_candidates(
    mode: CandidateMode,
    candidates: Sequence[str],
    original: str = "",
    draw: Sequence[str] = (),
    similarity: Callable[[Sequence[str]], Sequence[float]] | None = None,
    compat: str = "",
) -> list[int]:
    """Return the positions of the candidates that are kept: none if there are none, all by `all`, else one.

    `random_any` takes any one, decided by the words of `draw` alone; `similar_one_simhash` the one whose SimHash (of pairs of words)
    differs in the fewest bits from that of `original`; `best_similarity` the one that fits its picture best. The first of equals.

    Source: image_captioning_mapper of Data-Juicer, which has the first three.
    """
    if mode == "all" or len(candidates) < 2:
        return list(range(len(candidates)))
    if mode == "random_any":
        return [
            int(
                np.random.default_rng(list(content_key(["caption.random_any", *draw]))).integers(
                    len(candidates)
                )
            )
        ]
    if mode == "similar_one_simhash":
        shingles = shingle_function("space", 2, True, None, "", compat != "data_juicer")
        own = simhash(shingles(original))
        return [
            min(
                range(len(candidates)),
                key=lambda k: ((simhash(shingles(candidates[k])) ^ own).bit_count(), k),
            )
        ]
    assert similarity is not None
    return [int(np.argmax(similarity(candidates)))]
