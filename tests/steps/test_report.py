"""The report of a small run: complete in itself, the same every time, true in its words, safe with what captions hold."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.small_answers import write_answers, write_benchmarks
from support.small_pool import write_candidates, write_params, write_pool, write_similarity

from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.experiments.report.axes import short, ticks
from bettersynth.experiments.report.charts import histogram
from bettersynth.steps import filter as filter_step
from bettersynth.steps import mix, report, score, stats

CAPTIONS = [
    "a dog",
    "a <script>alert(1)</script> cat",
    "a red car",
    "a tall tree",
    "a blue fish",
    "a green hat",
    "one old ship",
    "a big house",
]
SIMILARITY = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.22, 0.45]
STATS = {
    "image_text_similarity_filter": {"hf_clip": "nano"},
    "words_num_filter": {},
    "image_shape_filter": {},
}
RECIPE = [
    {"words_num_filter": {"min_num": 2}},
    {"image_text_similarity_filter": {"min_score": 0.35}},
    {"image_shape_filter": {"min_width": 40}},
]


def make_run(planted: list[bool] | None, reading: float = 0.3, **score_settings: Any) -> None:
    ids = write_pool(CAPTIONS, planted=planted)
    write_json(
        "data/pool/card.json",
        {"rejected": {"not an image": 2}, "duplicates": {"pool: same picture": 1}},
    )
    write_similarity(ids, SIMILARITY)
    write_params(
        seeds=[0, 1, 2],
        stats=STATS,
        filter={"recipe": RECIPE, "threshold": 0.35},
        mix={"visits": 20, "exchange": True, "exchange_threshold": 0.35},
        score={"bootstrap_draws": 300, **score_settings},
    )
    for name in ("words_num_filter", "image_shape_filter"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", ["stats", name])
            stats.main()
    write_candidates([("s00", 0, "a brown dog", 0.5), ("s01", 0, "nothing much", 0.1)])
    filter_step.main()
    mix.main()
    write_benchmarks()
    write_answers(reading=reading)
    score.main()
    for stage in ("pretrain", "finetune"):
        for seed in range(3):
            path = Path(f"results/{stage}/{seed}.tsv")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(
                "step\tloss\tlr\n"
                + "".join(f"{step}\t{3 / (step + seed)}\t0.001\n" for step in range(1, 30))
            )


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


PLANTED = [True, True, False, False, True, False, False, False]


class Links(HTMLParser):
    """Collects every address a browser would load, and checks that tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [
            value or ""
            for name, value in attrs
            if name in ("src", "href", "srcset", "action", "data")
        ]
        if tag not in ("meta", "img", "link", "br", "line", "rect", "circle", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("line", "rect", "circle", "polyline"):
            return
        assert self.open.pop() == tag


def test_the_page_loads_nothing_and_is_the_same_every_time() -> None:
    make_run(PLANTED)
    report.main()
    page = Path("results/report.html").read_text(encoding="utf-8")
    parser = Links()
    parser.feed(page)
    assert parser.open == []
    assert all(address.startswith(("#", "data:image/jpeg;base64,")) for address in parser.addresses)
    assert not re.search(r"https?://|@import|url\(", page)
    report.main()
    assert Path("results/report.html").read_text(encoding="utf-8") == page


def test_the_page_shows_the_counts_of_every_line_the_pairs_and_their_reasons() -> None:
    make_run(PLANTED)
    report.main()
    page = " ".join(Path("results/report.html").read_text(encoding="utf-8").split())
    for line, count in (
        ("words_num_filter", 8),
        ("image_text_similarity_filter", 4),
        ("image_shape_filter", 4),
    ):
        assert re.search(rf'<div class="label">{line}<.*?<div class="count">{count}[< ]', page)
    assert "5 in training" in page
    assert "<del>a dog</del> a brown dog" in page
    assert "similarity 0.100 to 0.500" in page
    assert "swapped on purpose" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert 'class="bound-label "' in page
    assert page.count('<polyline class="line thin"') == 6


def test_dvc_plots_get_every_seeds_loss_and_every_categorys_interval() -> None:
    make_run(PLANTED)
    report.main()
    lines = Path("results/plots/pretrain_loss.tsv").read_text().splitlines()
    assert lines[0] == "seed\tstep\tloss"
    assert len(lines) == 1 + 3 * 29
    assert lines[1] == "0\t1\t3"
    head, *rows = (
        line.split("\t") for line in Path("results/plots/categories.tsv").read_text().splitlines()
    )
    assert head == ["category", "score", "low", "high", "note"]
    assert {row[0] for row in rows} >= {"CP", "FP-S", "group 0", "TextVQA, only"}
    assert all(float(low) <= float(value) <= float(high) for _, value, low, high, _ in rows)
    root = Path(__file__).parents[2]
    plots = [
        next(iter(entry.values()))
        for entry in yaml.safe_load((root / "dvc.yaml").read_text())["stages"]["report"]["plots"]
    ]
    for plot in plots:
        encoding = json.loads((root / f".dvc/plots/{plot['template']}.json").read_text())
        assert "<DVC_METRIC_DATA>" in str(encoding)


def test_a_score_that_does_not_beat_guessing_is_said_in_words() -> None:
    make_run(PLANTED, reading=0.1)
    report.main()
    page = Path("results/report.html").read_text(encoding="utf-8")
    assert "does not beat answering with any word that the OCR engine listed" in page
    assert "Sign reading is not learned" in page


def test_a_score_that_beats_guessing_is_said_too_and_the_total_names_its_baseline() -> None:
    baseline = {
        "mmbench": 40.0,
        "textvqa": 50.0,
        "mmbench_protocol": "likelihood",
        "source": "the experiment <unfiltered>",
    }
    write_json("baseline.json", baseline)
    make_run(PLANTED, reading=0.95, baseline="baseline.json")
    report.main()
    page = Path("results/report.html").read_text(encoding="utf-8")
    assert "beats answering with any word" in page
    assert "Sign reading is not learned" not in page
    assert "1 is the experiment &lt;unfiltered&gt;" in page


def test_a_source_without_planted_mismatches_has_a_page_that_says_so() -> None:
    make_run(None)
    report.main()
    page = Path("results/report.html").read_text(encoding="utf-8")
    assert "This source has no planted mismatches" in page
    assert "ROC curve" not in page


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("results/pretrain/1.tsv", "results/pretrain/1.tsv does not exist; run `snakemake"),
        ("data/mix/decisions.parquet", "data/mix/decisions.parquet does not exist; run `snakemake"),
        ("results/score.json", "results/score.json does not exist; run `snakemake"),
    ],
)
def test_what_is_missing_is_one_clear_error(path: str, message: str) -> None:
    make_run(PLANTED)
    Path(path).unlink()
    with pytest.raises(UserError, match=message):
        report.main()
    assert not Path("results/report.html").exists()


def test_charts_have_round_ticks_and_survive_values_that_are_all_the_same() -> None:
    import numpy as np

    assert ticks(0, 1) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert ticks(-0.1, 0.5) == pytest.approx([0, 0.2, 0.4])
    assert [short(value) for value in (0.25, 1200, 35000, 2.5e6, 0)] == [
        "0.25",
        "1,200",
        "35k",
        "2.5M",
        "0",
    ]
    same = np.full(20, 160.0)
    assert "<svg" in histogram(same, same, [32.0, float("inf")], "width")
    assert "nan" not in histogram(same, np.array([]), [], "width")
