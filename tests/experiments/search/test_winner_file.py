"""The winner's file composes to what the winner ran with."""

import shutil
from pathlib import Path

from support.small_search import small_settings

from bettersynth.experiments.search.space import overrides_of
from bettersynth.experiments.search.winner_file import winner_file
from bettersynth.experiments.workflow.compose import composed

ROOT = Path(__file__).parents[3]


def test_an_experiment_of_the_file_is_the_winner(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("conf", "workflow"):
        shutil.copytree(ROOT / name, name)
    search = small_settings(rules=["text_length_filter"])
    values = {"filter.threshold": 0.31, "caption": "none", "rule:text_length_filter": False}
    text = winner_file(search, "small", values, "It is the best.")
    Path("conf/experiment/search_small.yaml").write_text(text)
    assert "# It is the best." in text
    ran = composed(["experiment=tiny", *overrides_of(search, values)])
    assert composed(["experiment=search_small"]) == ran
