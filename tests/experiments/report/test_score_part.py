"""What the page shows of the scores."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.default_settings import default_params
from support.small_pool import write_params
from support.small_report import make_scores

from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.experiments.report.score_part import score_content


def test_scores_are_gathered_and_compared_with_the_baseline_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    params = write_params(seeds=[0, 1, 2], score={"bootstrap_draws": 100})
    with pytest.raises(UserError, match=r"results/score.json does not exist; run `snakemake"):
        score_content(params)
    write_json("data/mix/card.json", {"counts": {"samples": 12}})
    make_scores()
    content = score_content(params)
    assert content["baseline"] is None
    assert 'class="own"' not in content["published"]
    assert [row.label for row in content["score_rows"]][:2] == ["MMBench likelihood", "TextVQA"]
    assert {row.label for row in content["category_rows"]} >= {"CP", "FP-S", "group 0"}
    assert [row.label for row in content["kind_rows"]] == ["TextVQA, only"]
    assert len(content["verdicts"]) == 4
    score = content["score"]
    names = ("mmbench", "textvqa", "mmbench_protocol")
    write_json("baseline.json", {name: score[name] for name in names} | {"source": "itself"})
    content = score_content(default_params(score={"baseline": "baseline.json"}))
    assert content["baseline"].source == "itself"
    assert 'class="own"' in content["published"]
