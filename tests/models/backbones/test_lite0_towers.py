"""The towers say what ImageNet's weights say, the same bits whatever stands beside a picture."""

import numpy as np
import pytest
import torch

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.errors import UserError
from bettersynth.models.backbones.lite0_towers import Lite0Towers
from bettersynth.models.backbones.lite0_weights import (
    convert_weights,
    network,
    package_weights,
    save_towers,
)


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return convert_weights(torch.load(package_weights(), map_location="cpu", weights_only=True))


@pytest.fixture(scope="module")
def towers(state: dict[str, torch.Tensor]) -> Lite0Towers:
    return Lite0Towers(state)


def random_pixels(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 128, 128, 3), dtype=np.uint8)


def test_converted_weights_fit_timm_and_folding_changes_no_logit(
    state: dict[str, torch.Tensor], towers: Lite0Towers
) -> None:
    reference = network()
    reference.load_state_dict(state)
    pixels = torch.from_numpy(random_pixels(2).astype(np.float32) / 127.5 - 1).permute(0, 3, 1, 2)
    with torch.inference_mode():
        expected = reference(pixels)
    assert expected.std() > 0.3  # weights that were mixed up give flat logits
    torch.testing.assert_close(towers.logits(pixels), expected, rtol=1e-4, atol=1e-4)


def test_pooled_features_give_the_classifier_s_logits(
    state: dict[str, torch.Tensor], towers: Lite0Towers
) -> None:
    pixels = random_pixels(3)
    pooled = torch.from_numpy(towers.features_of_pixels(pixels).pooled)
    logits = pooled @ state["classifier.weight"].T + state["classifier.bias"]
    expected = towers.logits(
        torch.from_numpy(pixels.astype(np.float32) / 127.5 - 1).permute(0, 3, 1, 2)
    )
    torch.testing.assert_close(logits, expected, rtol=1e-3, atol=1e-3)


def test_features_do_not_depend_on_neighbours(towers: Lite0Towers) -> None:
    pixels = random_pixels(40)
    together = towers.features_of_pixels(pixels)
    alone = towers.features_of_pixels(pixels[37:38])
    for many, one in zip(together, alone, strict=True):
        assert np.array_equal(many[37:38], one)
    assert [array.shape for array in together] == [(40, 16, 320), (40, 8, 8, 496), (40, 1280)]
    assert [array.dtype for array in together] == [np.float16, np.float16, np.float32]


def test_low_res_tokens_and_high_res_windows_run_row_by_row(towers: Lite0Towers) -> None:
    pixels = np.full((2, 128, 128, 3), 128, np.uint8)
    pixels[1, :64, 64:] = random_pixels(1)[0, :64, 64:]  # the quarter at the top right
    features = towers.features_of_pixels(pixels)
    for array, side in ((features.low_res, 4), (features.high_res, 8)):
        change = np.abs(np.diff(array.astype(np.float32), axis=0)).reshape(side, side, -1).sum(2)
        half = side // 2
        assert change[:half, half:].mean() > 1.5 * change[half:, :half].mean()


def test_no_image_gives_empty_features(towers: Lite0Towers) -> None:
    assert towers.features([]).high_res.shape == (0, 8, 8, 496)


def test_saved_towers_load_and_the_manifest_holds_their_hashes(
    tmp_path, state: dict[str, torch.Tensor], towers: Lite0Towers
) -> None:
    save_towers(tmp_path, state, source="a test")
    manifest = read_json(tmp_path / "manifest.json")
    assert manifest == {
        name: sha256_of_file(tmp_path / name) for name in ("config.json", "model.safetensors")
    }
    pixels = random_pixels(1)
    assert np.array_equal(
        Lite0Towers.load(tmp_path).features_of_pixels(pixels).pooled,
        towers.features_of_pixels(pixels).pooled,
    )


def test_missing_towers_name_the_step_that_makes_them(tmp_path) -> None:
    with pytest.raises(UserError, match="bettersynth.steps.towers"):
        Lite0Towers.load(tmp_path / "none")
