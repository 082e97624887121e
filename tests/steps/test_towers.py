"""The towers step converts exactly the weights that its settings name, and loads towers in folders
once before anything needs them.
"""

import shutil
from pathlib import Path

import pytest
import yaml
from support.default_settings import default_params

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.errors import UserError
from bettersynth.models.backbones.lite0_towers import Lite0Towers
from bettersynth.models.backbones.towers_making import FOLDER
from bettersynth.steps import features, towers

FIXTURES = Path(__file__).parents[1] / "fixtures/mgm/towers"
CLIP, CONVNEXT = FIXTURES / "openai-clip-tiny", FIXTURES / "openclip-convnext-large-d-320-tiny"


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_step_writes_towers_that_load() -> None:
    Path("params.yaml").write_text(yaml.safe_dump(default_params(towers={})))
    towers.main()
    assert sorted(path.name for path in FOLDER.iterdir()) == [
        "config.json",
        "manifest.json",
        "model.safetensors",
    ]
    Lite0Towers.load(FOLDER)


def test_other_weights_than_the_settings_name_are_refused() -> None:
    Path("params.yaml").write_text(
        yaml.safe_dump(default_params(towers={"weights_sha256": "0" * 64}))
    )
    with pytest.raises(UserError, match="not 0000"):
        towers.main()
    assert not FOLDER.exists()


def run(**settings: object) -> None:
    Path("params.yaml").write_text(
        yaml.safe_dump(
            default_params(towers={name: str(value) for name, value in settings.items()})
        )
    )
    towers.main()


def test_folders_are_noted_with_widths_and_hashes_and_leave_no_features() -> None:
    run(vision_tower=CLIP, vision_tower_aux=CONVNEXT)
    found = read_json("models/towers/manifest.json")
    assert found["vision_tower"]["width"] == 32
    assert sum(found["vision_tower_aux"]["widths"]) == 80
    assert found["vision_tower"]["files"]["model.safetensors"] == sha256_of_file(
        CLIP / "model.safetensors"
    )
    assert features.main() == {"samples": 0}
    assert read_json("data/features/towers.json") == found


def test_a_truncated_a_wrong_and_a_missing_tower_are_one_clear_error_each() -> None:
    shutil.copytree(CLIP, "clip")
    weights = Path("clip/model.safetensors")
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(
        UserError, match=r"clip/model\.safetensors is not a complete safetensors file"
    ):
        run(vision_tower="clip", vision_tower_aux=CONVNEXT)
    with pytest.raises(UserError, match="does not hold the stem and four stages of a ConvNeXt"):
        run(vision_tower=CLIP, vision_tower_aux=CLIP)
    with pytest.raises(
        UserError, match=r"nowhere \(towers\.vision_tower\) does not exist; `bettersynth models`"
    ):
        run(vision_tower="nowhere", vision_tower_aux=CONVNEXT)
    with pytest.raises(UserError, match="needs both vision_tower and vision_tower_aux, or neither"):
        run(vision_tower=CLIP)
    assert not FOLDER.exists()
