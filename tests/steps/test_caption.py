"""The slice is the caption step's own, every caption is made once, and what a killed run left is used."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from small_features import write_world

from bettersynth.captioners import Picture, load_captioner
from bettersynth.errors import UserError
from bettersynth.steps import caption


class CountingCaptioner:
    """Says the picture's name; stops like a killed process when `limit` pictures were described."""

    def __init__(self, model_hash: str = "model", limit: int = 1000):
        self.model_hash, self.limit, self.described = model_hash, limit, []

    def caption(self, pictures: Sequence[Picture], prompts: Sequence[str], settings: Any, seed: int) -> list[list[str]]:
        if len(self.described) + len(pictures) > self.limit:
            raise KeyboardInterrupt
        self.described += [picture.name for picture in pictures]
        return [[f"{picture.name} {k} {seed}" for k in range(settings.candidates)] for picture in pictures]


@pytest.fixture(autouse=True)
def small_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    write_world()


def run(monkeypatch: pytest.MonkeyPatch, captioner: CountingCaptioner, **settings: Any) -> list[dict[str, Any]]:
    Path("params.yaml").write_text(yaml.safe_dump({"caption": {"caption_num": 2, "min_score": 0.05, "max_score": 0.13, **settings}}))
    monkeypatch.setattr(caption, "load_captioner", lambda name: captioner)
    caption.main()
    return pq.read_table(caption.CANDIDATES).to_pylist()


def test_the_range_decides_who_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = run(monkeypatch, CountingCaptioner())
    assert [(row["id"], row["candidate"]) for row in rows] == [(f"pool-{120 + k:04d}", c) for k in (3, 4, 5, 6) for c in (0, 1)]
    assert rows[0]["text"] == "<__dj__image>\npool-0123.png 0 0 <|__dj__eoc|>"
    assert rows[0]["captioner"] == "nano_prefix"


def test_nothing_is_described_twice_and_a_wider_range_adds_only_the_new(monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, CountingCaptioner())
    again, wider = CountingCaptioner(), CountingCaptioner()
    run(monkeypatch, again)
    run(monkeypatch, wider, max_score=0.15)
    assert again.described == []
    assert wider.described == ["pool-0127.png"]


@pytest.mark.parametrize("change", [{"seed": 1}, {"temperature": 0.5}, {"caption_num": 3}, {"prompt": "Describe."}])
def test_what_decides_a_caption_makes_it_new(monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]) -> None:
    run(monkeypatch, CountingCaptioner())
    changed = CountingCaptioner()
    run(monkeypatch, changed, **change)
    assert len(changed.described) == 4


def test_another_model_makes_captions_new(monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, CountingCaptioner())
    other = CountingCaptioner(model_hash="other")
    run(monkeypatch, other)
    assert len(other.described) == 4


def test_a_run_that_was_stopped_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caption, "SHARD", 1)
    stopped, resumed = CountingCaptioner(limit=3), CountingCaptioner()
    with pytest.raises(KeyboardInterrupt):
        run(monkeypatch, stopped)
    assert not caption.CANDIDATES.exists()
    rows = run(monkeypatch, resumed)
    assert (len(stopped.described), len(resumed.described)) == (3, 1)
    assert len(rows) == 8


def test_a_damaged_shard_is_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    expected = run(monkeypatch, CountingCaptioner())
    [shard] = (tmp_path / "cache").rglob("*.json")
    shard.write_text(shard.read_text()[:40])
    again = CountingCaptioner()
    assert run(monkeypatch, again) == expected
    assert len(again.described) == 4


def test_an_empty_slice_gives_an_empty_table(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, CountingCaptioner(), min_score=0.9, max_score=1.0) == []


def test_impossible_settings_and_stats_of_another_pool_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"caption.min_score 0.5 is above caption.max_score 0.13"):
        run(monkeypatch, CountingCaptioner(), min_score=0.5)
    with pytest.raises(UserError, match="caption.caption_num is 0"):
        run(monkeypatch, CountingCaptioner(), caption_num=0)
    pq.write_table(pq.read_table(caption.SIMILARITY).slice(1), caption.SIMILARITY)
    with pytest.raises(UserError, match="belongs to another pool"):
        run(monkeypatch, CountingCaptioner())


def test_an_unknown_captioner_is_named_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="there is no captioner nano; captioners: .*nano_prefix"):
        load_captioner("nano")
