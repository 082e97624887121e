"""The slice is the caption step's own, every caption is made once, and what a killed run left is
used.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from support.default_settings import default_params
from support.small_features import write_world

from bettersynth.data.files.writing import write_table
from bettersynth.data.samples.batch import Images
from bettersynth.data.tables.candidates import CANDIDATES
from bettersynth.data.tables.stats import stats_path
from bettersynth.errors import UserError
from bettersynth.measuring import captioning
from bettersynth.models.captioners import Request, captioner_module
from bettersynth.recipes import recaptioning
from bettersynth.settings.caption import CaptionSettings
from bettersynth.settings.reading import read_settings
from bettersynth.steps import caption

SIMILARITY = stats_path("image_text_similarity_filter")

CONF = Path(__file__).parents[2] / "conf" / "caption"
OWN = [
    path
    for path in sorted(CONF.glob("*.yaml"))
    if "settings:" in path.read_text() and "defaults:" not in path.read_text()
]


@dataclass(frozen=True)
class Settings:
    temperature: float = 0.8


@dataclass
class CountingCaptioner:
    """Says the picture's name and writes down whom it described; stops like a killed process after
    `limit` captions.
    """

    weights: str = "weights"
    limit: int = 1000
    part: int = 8
    refused: tuple[str, ...] = ()
    seconds: float = 0.0
    log: Path = field(default_factory=lambda: Path("described.txt"))

    def __post_init__(self) -> None:
        self.described: list[str] = []

    def module(self) -> Any:
        return SimpleNamespace(
            Settings=Settings, model_hash=lambda settings: self.weights, load=lambda settings: self
        )

    def caption(
        self, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        for start in range(0, len(requests), self.part):
            made = {}
            for k, (image, prompt, candidate) in list(enumerate(requests))[
                start : start + self.part
            ]:
                if len(self.described) == self.limit:
                    raise KeyboardInterrupt
                time.sleep(self.seconds)
                self.described.append(image)
                made[k] = "" if image in self.refused else f"{prompt}{image} {candidate} {seed}"
            yield made
            with open(self.log, "a") as stream:
                stream.write(
                    "".join(f"{requests[k].image} {requests[k].candidate}\n" for k in made)
                )


@pytest.fixture(autouse=True)
def small_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    write_world()


def run(
    monkeypatch: pytest.MonkeyPatch, fake: CountingCaptioner, **settings: Any
) -> list[dict[str, Any]]:
    section = {"settings": {}, "caption_num": 2, "min_score": 0.05, "max_score": 0.13, **settings}
    Path("params.yaml").write_text(
        yaml.safe_dump(
            default_params(
                caption=section, stats={"image_text_similarity_filter": {"hf_clip": "tiny"}}
            )
        )
    )
    monkeypatch.setattr(captioning, "captioner_module", lambda name, where: fake.module())
    caption.main()
    return pq.read_table(CANDIDATES).to_pylist()


def test_the_range_decides_who_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = run(monkeypatch, CountingCaptioner())
    assert [(row["id"], row["candidate"]) for row in rows] == [
        (f"pool-{120 + k:04d}", c) for k in (3, 4, 5, 6) for c in (0, 1)
    ]
    assert rows[0]["text"] == "<__dj__image>\npool-0123.png 0 0 <|__dj__eoc|>"
    assert rows[0]["captioner"] == "nano_prefix"


def test_nothing_is_described_twice_and_a_wider_range_or_more_candidates_add_only_the_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(monkeypatch, CountingCaptioner())
    again, wider, more = CountingCaptioner(), CountingCaptioner(), CountingCaptioner()
    run(monkeypatch, again, keep_candidate_mode="random_any")
    run(monkeypatch, wider, max_score=0.15)
    run(monkeypatch, more, caption_num=3)
    assert again.described == []
    assert caption.main() == {"samples": 12, "made": 0}
    assert wider.described == ["pool-0127.png", "pool-0127.png"]
    assert sorted(more.described) == [f"pool-012{k}.png" for k in (3, 4, 5, 6)]


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"settings": {"temperature": 0.5}},
        {"captioner": "other"},
        {"prompt": "Describe."},
    ],
)
def test_what_decides_a_caption_makes_it_new(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    run(monkeypatch, CountingCaptioner())
    changed = CountingCaptioner()
    run(monkeypatch, changed, **change)
    assert len(changed.described) == 8


def test_other_weights_make_captions_new(monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, CountingCaptioner())
    other = CountingCaptioner(weights="other")
    run(monkeypatch, other)
    assert len(other.described) == 8


def test_a_run_that_was_stopped_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped, resumed = CountingCaptioner(limit=6, part=2), CountingCaptioner()
    with pytest.raises(KeyboardInterrupt):
        run(monkeypatch, stopped)
    assert not CANDIDATES.exists()
    rows = run(monkeypatch, resumed)
    assert (len(stopped.described), len(resumed.described)) == (6, 2)
    assert len(rows) == 8


def test_after_sigkill_only_what_was_not_made_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    victim = multiprocessing.get_context("fork").Process(
        target=run,
        args=(monkeypatch, CountingCaptioner(part=1, seconds=0.05)),
        kwargs={"min_score": 0.0, "max_score": 1.0},
    )
    victim.start()
    log = CountingCaptioner().log
    deadline = time.monotonic() + 30
    while (
        not log.exists() or len(log.read_text().splitlines()) < 5
    ) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    victim.join()
    assert victim.exitcode == -signal.SIGKILL
    before = log.read_text().splitlines()
    assert 5 <= len(before) < 24
    assert not CANDIDATES.exists()
    resumed = CountingCaptioner(part=1)
    rows = run(monkeypatch, resumed, min_score=0.0, max_score=1.0)
    described = log.read_text().splitlines()
    assert len(described) == len(set(described)) <= len(rows) == 24
    assert len(resumed.described) <= 24 - len(before)


def test_two_runs_at_once_describe_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = CountingCaptioner(part=1, seconds=0.02)
    other = multiprocessing.get_context("fork").Process(
        target=run, args=(monkeypatch, slow), kwargs={"min_score": 0.0, "max_score": 1.0}
    )
    other.start()
    deadline = time.monotonic() + 30
    while not slow.log.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(run(monkeypatch, CountingCaptioner(part=1), min_score=0.0, max_score=1.0)) == 24
    other.join()
    assert other.exitcode == 0
    described = slow.log.read_text().splitlines()
    assert len(described) == len(set(described)) == 24


def test_of_the_candidates_one_is_kept_by_chance_by_the_words_or_by_the_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = [
        run(
            monkeypatch,
            CountingCaptioner(),
            keep_candidate_mode="random_any",
            caption_num=4,
            seed=s,
        )
        for s in (0, 0, 1)
    ]
    assert drawn[0] == drawn[1]
    assert [row["id"] for row in drawn[0]] == [f"pool-012{k}" for k in (3, 4, 5, 6)]
    assert [row["candidate"] for row in drawn[0]] != [row["candidate"] for row in drawn[2]]
    measured: dict[str, Any] = {}

    def measure(operator: Any, settings: Any, batch: Any, column: Any) -> Any:
        measured["texts"] = batch.texts
        return SimpleNamespace(
            values={
                "image_text_similarity": [[0.1 if " 2 " in text else 0.05] for text in batch.texts]
            }
        )

    monkeypatch.setattr(recaptioning, "measure", measure)
    monkeypatch.setattr(recaptioning, "open_column", lambda operator, settings: None)
    rows = run(
        monkeypatch, CountingCaptioner(), keep_candidate_mode="best_similarity", caption_num=4
    )
    assert [row["candidate"] for row in rows] == [2, 2, 2, 2]
    assert measured["texts"][5] == "<__dj__image>\npool-0124.png 1 0 <|__dj__eoc|>"


def test_a_sample_has_its_own_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = pq.read_table("data/pool/samples.parquet")
    groups = pa.array([f"a {k}: " if k % 2 else "" for k in range(pool.num_rows)])
    write_table(
        "data/pool/samples.parquet",
        pool.set_column(pool.schema.get_field_index("group"), "group", groups),
    )
    rows = run(monkeypatch, CountingCaptioner(), prompt_key="group", prompt="any: ", caption_num=1)
    assert {row["prompt"] for row in rows} > {"any: "}
    assert all(
        row["text"].removeprefix("<__dj__image>\n").startswith(row["prompt"]) for row in rows
    )
    with pytest.raises(UserError, match="caption.prompt_key is 'mood'; allowed: text, source"):
        run(monkeypatch, CountingCaptioner(), prompt_key="mood")


def test_a_few_refusals_are_asked_again_and_many_end_the_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = CountingCaptioner(refused=("pool-0124.png",))
    assert len(run(monkeypatch, few, max_reject_share=0.25)) == 6
    again = CountingCaptioner()
    assert len(run(monkeypatch, again)) == 8
    assert again.described == ["pool-0124.png", "pool-0124.png"]
    with pytest.raises(UserError, match="2 of 4 pictures got no caption"):
        run(
            monkeypatch,
            CountingCaptioner(refused=("pool-0124.png", "pool-0123.png")),
            seed=5,
            max_reject_share=0.25,
        )


def test_an_empty_slice_gives_an_empty_table(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, CountingCaptioner(), min_score=0.9, max_score=1.0) == []


def test_impossible_settings_and_stats_of_another_pool_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(UserError, match=r"caption.min_score 0.5 is above caption.max_score 0.13"):
        run(monkeypatch, CountingCaptioner(), min_score=0.5)
    with pytest.raises(UserError, match="caption.caption_num is 0"):
        run(monkeypatch, CountingCaptioner(), caption_num=0)
    with pytest.raises(UserError, match="caption.settings has no setting max_word"):
        run(monkeypatch, CountingCaptioner(), settings={"max_word": 3})
    pq.write_table(pq.read_table(SIMILARITY).slice(1), SIMILARITY)
    with pytest.raises(UserError, match="belongs to another pool"):
        run(monkeypatch, CountingCaptioner())


def test_an_unknown_captioner_is_named_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="there is no captioner nano; captioners: .*nano_prefix"):
        captioner_module("nano", "params.yaml: caption")


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_each_captioner_of_the_conf_reads_all_its_settings(path: Path) -> None:
    section = yaml.safe_load(path.read_text())
    settings = read_settings(CaptionSettings, section, "params.yaml: caption")
    module = captioner_module(settings.captioner, "caption")
    read = read_settings(module.Settings, settings.settings, "caption.settings")
    assert {name.name for name in fields(read)} == set(section["settings"])
    # named by some conf files only: its default is right for models on this machine
    optional = {"max_reject_share"}
    assert {name.name for name in fields(settings)} - optional == set(section) - optional
