"""A captioner trained on a small world names what it saw, twice with the same bytes."""

from pathlib import Path

import pytest
import yaml
from support.default_settings import default_params
from support.small_features import NOUNS, write_world

from bettersynth.data.files.reading import read_json
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.models.backbones.prefix_captioner import PrefixCaptioner, Sampling
from bettersynth.steps import captioner

SMALL = {
    "width": 16,
    "hidden": 32,
    "dropout": 0.1,
    "updates": 250,
    "batch": 32,
    "learning_rate": 0.01,
    "held_out": 0.1,
}


def test_the_trained_captioner_names_pictures_and_trains_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_world()
    Path("params.yaml").write_text(yaml.safe_dump(default_params(captioner=SMALL)))
    captioner.main()
    manifest = read_json("models/captioner/manifest.json")
    captioner.main()
    assert read_json("models/captioner/manifest.json") == manifest
    made = PrefixCaptioner.load("models/captioner").candidates(
        FeatureStore("data/features").pooled(range(120, 132)),
        [""] * 12,
        Sampling(candidates=1),
        seed=0,
    )
    named = sum(noun in caption for noun, [caption] in zip(NOUNS, made, strict=True))
    assert named >= 9
    config = read_json("models/captioner/config.json")
    assert config["four_way"] > 0.5
    assert config["held_out"] + config["reference_pairs"] == 120


def test_where_none_is_trained_only_that_is_noted(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(yaml.safe_dump(default_params(captioner={"train": False})))
    captioner.main()
    assert [path.name for path in Path("models/captioner").iterdir()] == ["manifest.json"]
    assert read_json("models/captioner/manifest.json") == {"trained": False}
