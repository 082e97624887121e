"""What is kept of what captioners say, and which candidate; the mappers' tests hold the cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bettersynth.data.samples.batch import Images, Tokens
from bettersynth.measuring.captioning import CachedCaptioner
from bettersynth.models.captioners import Request

TOKENS = Tokens()


class Saying:
    """A captioner that says the same of every picture."""

    def __init__(self, text: Any):
        self.text = text

    def caption(self, images: Images, requests: list[Request], seed: int) -> Iterator[Any]:
        yield {position: self.text for position in range(len(requests))}


def captioner_that_says(text: Any) -> CachedCaptioner:
    cached = CachedCaptioner("none", {}, "here")
    cached._captioner = Saying(text)
    return cached


def caption(cached: CachedCaptioner, tokens: Tokens = TOKENS) -> list[str]:
    images = Images({"a": b"any bytes"}.__getitem__)
    texts, _ = cached.caption(images, [Request("a", "", 0)], seed=0, tokens=tokens)
    cached.close()
    return texts


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("a \ud800 cat", "is no valid Unicode"),
        ("a cat <__dj__image>", "holds the special token <__dj__image>"),
        ("a cat <|__dj__eoc|>", "holds the special token"),
        ("<image>", "holds the special token <image>"),
        (["a cat"], "is of type list"),
    ],
)
def test_what_is_no_caption_is_refused_and_not_kept_whoever_made_it(
    cache: Path, capsys: pytest.CaptureFixture[str], said: Any, fault: str
) -> None:
    assert caption(captioner_that_says(said)) == [""]
    assert f"no caption of a: what was made {fault}" in capsys.readouterr().err
    assert caption(captioner_that_says("a cat")) == ["a cat"]
    assert caption(captioner_that_says("a dog")) == ["a cat"]


def test_what_an_earlier_version_kept_and_is_no_caption_is_made_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bettersynth.measuring.captioning.caption_fault", lambda *given: "")
    assert caption(captioner_that_says("a \ud800 cat")) == ["a \ud800 cat"]
    monkeypatch.undo()
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(cache))
    assert caption(captioner_that_says("a cat")) == ["a cat"]


def test_a_special_token_of_the_data_set_stands_in_no_caption(cache: Path) -> None:
    cached = captioner_that_says("a <pic> of a cat")
    assert caption(cached, Tokens(image="<pic>")) == [""]
    assert caption(captioner_that_says("")) == ["a <pic> of a cat"]


def test_captions_are_counted_by_what_they_show_before_they_are_made(cache: Path) -> None:
    images = Images({"a": b"any bytes", "twin": b"any bytes", "b": b"others"}.__getitem__)
    requests = [Request(name, "", 0) for name in ("a", "twin", "b")]
    cached = captioner_that_says("a cat")
    assert cached.count(images, requests, seed=0) == (2, 0)
    cached.caption(images, requests[:1], seed=0)
    assert cached.count(images, requests, seed=0) == (2, 1)
    assert cached.count(images, requests, seed=1) == (2, 0)
    cached.close()
