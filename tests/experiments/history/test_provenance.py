"""From a number back to the stages behind it; the whole way stands in test_diff.py on a DVC
repository.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small_runs import whole_score

from bettersynth.data.files.writing import write_json
from bettersynth.data.pool.card import CARD as POOL_CARD
from bettersynth.data.tables.mix import MIX_CARD
from bettersynth.errors import UserError
from bettersynth.experiments.history import provenance
from bettersynth.experiments.history.provenance import describe, explain_score, upstream


def test_a_number_is_described_with_its_interval_protocol_and_seeds() -> None:
    score = {"mmbench": 40.0, "mmbench_low": 30.0, "mmbench_high": 50.0, "seeds": 3}
    score["mmbench_protocol"] = "likelihood_minus_prior"
    assert describe(score, "mmbench") == (
        "mmbench = 40.0 (30.0 to 50.0, 95 %), protocol likelihood minus prior, 3 seeds"
    )
    assert describe(score, "seeds") == "seeds = 3, 3 seeds"


def test_stages_are_followed_through_folders_and_files_in_them() -> None:
    stages = {
        "other": {"outs": [{"path": "data/other"}]},
        "pool": {"outs": [{"path": "data/pool/samples"}]},
        "train": {"deps": [{"path": "data/pool"}], "outs": [{"path": "models/0"}]},
        "score": {"deps": [{"path": "models/0/weights"}], "outs": [{"path": "score.json"}]},
    }
    assert list(upstream(stages, "score")) == ["pool", "train", "score"]


def test_what_cannot_be_traced_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"workspace has no results/score.json; run `snakemake"):
        explain_score()
    write_json("results/score.json", whole_score())
    with pytest.raises(UserError, match="has no number mmbnch; its numbers are: mmbench"):
        explain_score("mmbnch")
    with pytest.raises(UserError, match=r"has no dvc.lock with the stage score; a folder of res"):
        explain_score("mmbench")


def test_what_each_of_several_sources_gave_and_lost_is_a_line_each() -> None:
    cards = {
        MIX_CARD: b'{"sources": {"web": {"samples": 3, "visits": 1000}}}',
        POOL_CARD: b'{"dropped_for_an_earlier_source": {"web": 0, "own": 2}}',
    }
    assert [" ".join(line.split()) for line in provenance._sources(Cards(cards))] == [
        "sources web: 3 samples, 1,000 visits",
        "own: 2 samples dropped, their pictures are an earlier source's",
    ]
    assert provenance._sources(Cards({})) == []


class Cards:
    """An experiment whose files these are."""

    def __init__(self, cards: dict[Path, bytes]) -> None:
        self.cards = cards

    def read(self, path: Path) -> bytes | None:
        return self.cards.get(path)
