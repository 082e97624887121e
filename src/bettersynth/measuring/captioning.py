"""Captions made once: each is kept in the score cache by picture, prompt, candidate and maker.

The maker is the captioner, its weights, its settings, its code, and the seed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from bettersynth.data.files.code_digest import code_digest
from bettersynth.data.files.hashing import content_key
from bettersynth.data.samples.batch import Images, Tokens, UnreadableImage
from bettersynth.data.samples.text_form import caption_fault
from bettersynth.errors import warn
from bettersynth.measuring.launched_captions import (
    MODELS,
    captions_by_workers,
    part_size,
    worthwhile,
)
from bettersynth.measuring.launching import HERE, Launch
from bettersynth.measuring.score_cache import ColumnIdentity, ScoreColumn
from bettersynth.models.captioners import Captioner, Request, captioner_module, captioner_names
from bettersynth.settings.reading import read_settings

# goes up when the same request gives another caption than before
VERSION = 1
CACHE_NAME = "image_captioning_mapper"
DEFAULT_TOKENS = Tokens()


class CachedCaptioner:
    """A captioner behind the cache.

    Its model is loaded when the first caption is missing, its weights' hash at once. Captions are
    added to the cache part by part as they are made, so that a killed run keeps all but the part at
    hand. Of several processes that want captions of one captioner and settings, one makes them at a
    time. A refusal ("") is not kept: the next run asks again. What is no caption (`caption_fault`)
    counts as refused, whoever made it, and is not kept either.
    """

    def __init__(self, name: str, settings: dict[str, Any] | None, where: str):
        self.name = name
        self.module = captioner_module(name, where)
        self.settings = read_settings(self.module.Settings, settings, where)
        identity = ColumnIdentity(
            CACHE_NAME,
            VERSION,
            dataclasses.asdict(deciding(self.module, self.settings)),
            f"{name} {self.module.model_hash(self.settings)}",
            code_digest(f"bettersynth.models.captioners.{name}"),
        )
        self.column = ScoreColumn(identity)
        self._captioner: Captioner | None = None
        # captions that were not in the cache
        self.made = 0

    def caption(
        self,
        images: Images,
        requests: Sequence[Request],
        seed: int,
        done: Callable[[int], object] = int,
        tokens: Tokens = DEFAULT_TOKENS,
        launch: Launch = HERE,
    ) -> tuple[list[str], dict[str, str]]:
        """Return one caption a request ("": none), and why some pictures cannot be read.

        `done(n)` is called as n more requests are answered. `tokens` are those of the data that
        the captions are for: none stands in a caption. Captioners that are a model work in whose
        processes `launch` names; a request of which each of these dies gets no caption.
        """
        keys, contents, bad = _by_content(images, requests, seed)
        known = self._look_up(list(contents))
        # by content: what is made together depends on neither the samples' order nor a kill
        missing = sorted(
            (key for key in contents if key not in known), key=lambda key: contents[key].order(key)
        )
        done(len(requests) - len(missing))
        if missing:
            with self._alone():
                # the process that was waited for may have made them
                made_meanwhile = self._look_up(missing)
                known |= made_meanwhile
                done(len(made_meanwhile))
                wanted = {key: contents[key].request for key in missing if key not in known}
                self._make_parts(images, wanted, known, bad, seed, done, launch)
        captions: list[str] = []
        for key in keys:
            caption = known.get(key, "") if key else ""
            fault = caption_fault(caption, (tokens.image, tokens.eoc))
            captions.append("" if fault else caption)
        return captions, bad

    def count(self, images: Images, requests: Sequence[Request], seed: int) -> tuple[int, int]:
        """Return how many captions these requests come to, and how many of them are known."""
        _, contents, _ = _by_content(images, requests, seed)
        return len(contents), len(self._look_up(list(contents)))

    def _look_up(self, keys: Sequence[bytes]) -> dict[bytes, str]:
        """Return what is known; what an earlier version kept and is no caption is made again."""
        known: dict[bytes, str] = {}
        for key, value in self.column.get(keys).items():
            if not caption_fault(value[0]):
                known[key] = value[0]
        return known

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold off others that would make the same captions; a killed process holds off nobody."""
        with open(self.column.path.with_suffix(".lock"), "w") as stream:
            try:
                # the system frees the lock of a process that dies
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                warn("another run makes captions with the same settings: waiting for it")
                fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def _make_parts(
        self,
        images: Images,
        wanted: dict[bytes, Request],
        known: dict[bytes, str],
        bad: dict[str, str],
        seed: int,
        done: Callable[[int], object],
        launch: Launch,
    ) -> None:
        """As `_make_all`, in parts of a fixed size where others may make them."""
        if self.name not in MODELS:
            self._make_all(images, wanted, known, bad, seed, done)
            return
        keys = list(wanted)
        size = part_size(self.settings)
        parts = [keys[start : start + size] for start in range(0, len(keys), size)]
        launch = worthwhile(launch, len(parts))
        if launch.is_here or not parts:
            for part in parts:
                # an earlier part may have found a picture unreadable
                readable = [key for key in part if wanted[key].image not in bad]
                of_part = {key: wanted[key] for key in readable}
                self._make_all(images, of_part, known, bad, seed, done)
            return
        given = []
        for part in parts:
            given.append([wanted[key] for key in part])
        made = captions_by_workers(self.name, self.settings, images, given, seed, launch)
        for part, (texts, unreadable) in zip(parts, made, strict=True):
            self._keep(part, texts, wanted, known)
            bad.update(unreadable)
            done(len(part))

    def _keep(
        self,
        keys: Sequence[bytes],
        texts: Mapping[int, str],
        wanted: Mapping[bytes, Request],
        known: dict[bytes, str],
    ) -> None:
        """Add captions, by position in `keys`, to the cache and to `known`."""
        captions: dict[bytes, str] = {}
        for position, text in texts.items():
            key = keys[position]
            captions[key] = self._checked(text, wanted[key].image)
        self.made += len(captions)
        self.column.put({key: [text] for key, text in captions.items() if text})
        known.update(captions)

    def _make_all(
        self,
        images: Images,
        missing: dict[bytes, Request],
        known: dict[bytes, str],
        bad: dict[str, str],
        seed: int,
        done: Callable[[int], object],
    ) -> None:
        """Add the captions of `missing`, in this order, to `known`; bad pictures to `bad`."""
        while missing:
            keys = list(missing)
            try:
                for position, text in self._make(images, list(missing.values()), keys, seed):
                    known[keys[position]] = text
                    done(1)
                return
            except UnreadableImage as error:
                bad[error.name] = error.reason
                missing = _still_to_make(missing, known, bad)

    def _make(
        self, images: Images, requests: list[Request], keys: list[bytes], seed: int
    ) -> Iterator[tuple[int, str]]:
        """Yield position and caption of each request, once its part is in the cache."""
        if self._captioner is None:
            self._captioner = self.module.load(self.settings)
        for part in self._captioner.caption(images, requests, seed):
            captions: dict[int, str] = {}
            for position, text in part.items():
                captions[position] = self._checked(text, requests[position].image)
            self.made += len(captions)
            # in the cache before they are handed on: a kill after this loses none of them
            kept = {keys[position]: [text] for position, text in captions.items() if text}
            self.column.put(kept)
            yield from captions.items()

    def _checked(self, caption: str, image: str) -> str:
        """Return a caption as it was made, "" for what is none, which is told."""
        fault = caption_fault(caption)
        if fault:
            print(f"no caption of {image}: what was made {fault}", file=sys.stderr)
        return "" if fault else caption

    def close(self) -> None:
        """Close the cache; a captioner that costs money says how much."""
        if hasattr(self._captioner, "close"):
            self._captioner.close()
        self.column.close()


def _still_to_make(
    missing: dict[bytes, Request], known: dict[bytes, str], bad: dict[str, str]
) -> dict[bytes, Request]:
    """Return the requests without a caption whose picture can be read."""
    left = {}
    for key, request in missing.items():
        if key not in known and request.image not in bad:
            left[key] = request
    return left


@dataclasses.dataclass(frozen=True)
class _Wanted:
    """A request and the sha256 of its picture."""

    sha256: str
    request: Request

    def order(self, key: bytes) -> tuple[str, str, int, bytes]:
        """Return what requests are sorted by: the order of samples must not matter."""
        return self.sha256, self.request.prompt, self.request.candidate, key


def _by_content(
    images: Images, requests: Sequence[Request], seed: int
) -> tuple[list[bytes | None], dict[bytes, _Wanted], dict[str, str]]:
    """Return each request's content key (None: unreadable), the first request of each key, and why.

    Why: the reason of each picture that cannot be read, by its name.
    """
    keys: list[bytes | None] = []
    contents: dict[bytes, _Wanted] = {}
    bad: dict[str, str] = {}
    for request in requests:
        try:
            sha256 = images.sha256(request.image)
        except UnreadableImage as error:
            bad[error.name] = error.reason
            keys.append(None)
            continue
        key = content_key([sha256, request.prompt, str(request.candidate), str(seed)])
        # the same picture, prompt and candidate in two samples: described once
        contents.setdefault(key, _Wanted(sha256, request))
        keys.append(key)
    return keys, contents, bad


def captioner_code(model: str) -> str | None:
    """Return the digest of a captioner's present code, None if it is gone.

    `model` is that of a column, which begins with the captioner's name.
    """
    name = model.partition(" ")[0]
    if name not in captioner_names():
        return None
    return code_digest(f"bettersynth.models.captioners.{name}")


def deciding(module: ModuleType, settings: Any) -> Any:
    """Return the settings with those that change no caption at their defaults.

    Those are the module's NOT_DECIDING: speed, prices.
    """
    defaults = {field.name: field.default for field in dataclasses.fields(settings)}
    passed_over = getattr(module, "NOT_DECIDING", ())
    return dataclasses.replace(settings, **{name: defaults[name] for name in passed_over})
