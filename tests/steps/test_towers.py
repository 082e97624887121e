"""The towers step converts exactly the weights that its settings name."""

from pathlib import Path

import pytest
import yaml

from bettersynth.backbones.lite0_towers import Lite0Towers
from bettersynth.errors import UserError
from bettersynth.steps import towers


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_step_writes_towers_that_load() -> None:
    Path("params.yaml").write_text("towers: {}\n")
    towers.main()
    assert sorted(path.name for path in towers.FOLDER.iterdir()) == ["config.json", "manifest.json", "model.safetensors"]
    Lite0Towers.load(towers.FOLDER)


def test_other_weights_than_the_settings_name_are_refused() -> None:
    Path("params.yaml").write_text(yaml.safe_dump({"towers": {"weights_sha256": "0" * 64}}))
    with pytest.raises(UserError, match="not 0000"):
        towers.main()
    assert not towers.FOLDER.exists()
