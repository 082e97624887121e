"""The metrics of a run come back."""

from __future__ import annotations

import pytest

from bettersynth.data.tables.score import SCORE, read_score, write_score
from bettersynth.errors import UserError


def test_metrics_come_back_and_missing_ones_name_their_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="run `snakemake --cores all results/score.json`"):
        read_score()
    write_score({"mmbench": 40.1, "seeds": 3})
    assert read_score() == {"mmbench": 40.1, "seeds": 3}
    assert SCORE.read_text().endswith("}\n")
