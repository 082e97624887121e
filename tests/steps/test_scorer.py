"""A scorer trained on a small world tells matched pairs from shuffled ones, twice with the same
bytes.
"""

from pathlib import Path

import pytest
import yaml
from support.default_settings import default_params
from support.small_features import NOUNS, write_world

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.errors import UserError
from bettersynth.models.backbones.lit_scorer import LitScorer
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
    Path("params.yaml").write_text(yaml.safe_dump(default_params(scorer=SMALL)))


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


def test_too_few_reference_pairs_are_refused() -> None:
    write_world(reference=10)
    with pytest.raises(UserError, match="10 reference pairs"):
        scorer.main()


def test_a_ready_clip_is_noted_with_its_files_hashes_and_nothing_is_trained() -> None:
    Path("clip").mkdir()
    Path("clip/config.json").write_text("{}")
    Path("params.yaml").write_text(yaml.safe_dump(default_params(scorer={"folder": "clip"})))
    scorer.main()
    assert read_json("models/scorer/manifest.json") == {
        "folder": "clip",
        "files": {"config.json": sha256_of_file("clip/config.json")},
    }
    assert not Path("models/scorer/config.json").exists()
