"""A scorer trained on a small world tells matched pairs from shuffled ones, twice with the same bytes."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from support.small_features import NOUNS, write_world

from bettersynth.data.files.reading import read_json
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.errors import UserError
from bettersynth.models.backbones.lit_scorer import LitScorer
from bettersynth.settings.scorer import ScorerSettings
from bettersynth.steps import scorer

SMALL = {
    "members": 2,
    "hidden": 32,
    "width": 16,
    "dropout": 0.2,
    "updates": 60,
    "batch": 48,
    "held_out": 0.3,
    "bank": 64,
}


@pytest.fixture(autouse=True)
def small_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_THREADS", "1")
    write_world()
    Path("params.yaml").write_text(yaml.safe_dump({"scorer": SMALL}))


def test_the_trained_scorer_prefers_true_names_and_trains_to_the_same_bytes() -> None:
    scorer.main()
    manifest = read_json("models/scorer/manifest.json")
    scorer.main()
    assert read_json("models/scorer/manifest.json") == manifest
    config = read_json("models/scorer/config.json")
    assert config["held_out_auc"] > 0.8
    assert config["reference_pairs"] == 120
    pooled = FeatureStore("data/features").pooled(range(120, 132))
    trained = LitScorer.load("models/scorer")
    true = trained.similarity(pooled, list(NOUNS))
    false = trained.similarity(pooled, [*NOUNS[5:], *NOUNS[:5]])
    assert true.mean() > false.mean() + 0.05
    assert Path("models/scorer/log.tsv").read_text().startswith("member\tupdate\tloss\n0\t1\t")


def test_the_calibration_puts_the_medians_where_it_says() -> None:
    settings = ScorerSettings(matched=0.3, shuffled=0.2)
    matched, shuffled = np.array([0.5, 0.6, 0.9]), np.array([0.1, 0.2, 0.3])
    found = scorer.calibration(settings, matched, shuffled)
    assert found["slope"] * 0.6 + found["offset"] == pytest.approx(0.3)
    assert found["slope"] * 0.2 + found["offset"] == pytest.approx(0.2)
    assert found["held_out_auc"] == 1.0


def test_a_scorer_that_learned_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="learned nothing"):
        scorer.calibration(ScorerSettings(), np.array([0.1, 0.2]), np.array([0.3, 0.4]))


def test_equal_concepts_fall_into_one_fold() -> None:
    folds = scorer.folds(["a", "b", "a"], seed=0)
    assert folds[0] == folds[2] != folds[1]


def test_pairs_that_mean_the_same_are_no_negatives_of_each_other() -> None:
    vectors = torch.nn.functional.normalize(
        torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), dim=-1
    )
    same = vectors @ vectors.T > 0.9
    scale = torch.tensor(50.0)
    assert (
        scorer.contrastive_loss(vectors, vectors, scale, same)
        < scorer.contrastive_loss(vectors, vectors, scale, torch.eye(3).bool()) + 0.01
    )


def test_batches_show_every_row_before_any_comes_again() -> None:
    stream = scorer.batches(np.arange(10), 5, np.random.default_rng(0))
    assert sorted([*next(stream), *next(stream)]) == list(range(10))


def test_too_few_reference_pairs_are_refused() -> None:
    write_world(reference=10)
    with pytest.raises(UserError, match="10 reference pairs"):
        scorer.main()
