import json

import pytest

from bettersynth.errors import UserError
from bettersynth.models.architecture.configuration import MiniGeminiConfig

GEMMA = {
    "model_type": "gemma",
    "vocab_size": 60,
    "hidden_size": 32,
    "hidden_act": "gelu",
    "no_setting_of_a_decoder": 1,
}
WIDTHS = {"mm_hidden_size": 8, "mm_hidden_size_aux": 6}


def test_a_plain_language_models_config_serves_with_the_two_widths():
    config = MiniGeminiConfig.from_dict(GEMMA, **WIDTHS)
    assert config.model_type == "mgm_gemma"
    assert config.is_gemma
    assert "no_setting_of_a_decoder" not in config.language_model
    assert MiniGeminiConfig.from_dict(config.to_dict()) == config


def test_gemmas_exact_gelu_stays_the_exact_one():
    decoder = MiniGeminiConfig.from_dict(GEMMA, **WIDTHS).language_model_config()
    assert decoder.hidden_act == "gelu"
    assert decoder.hidden_size == 32


def test_a_config_inside_a_config_is_read(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"config": {**GEMMA, **WIDTHS}}))
    assert MiniGeminiConfig.from_folder(tmp_path).mm_hidden_size_aux == 6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "phi"}, "config.json: model_type is 'phi'; allowed: mgm_gemma"),
        ({"mm_hidden_size_aux": None}, "lacks mm_hidden_size_aux; .* high-resolution tower's"),
        ({"mm_vision_select_feature": "cls_patch"}, "mm_vision_select_feature is 'cls_patch'"),
        ({"image_grid": 0}, "image_grid is 0; it must be 1 or more"),
        ({"tokenizer_padding_side": "middle"}, "allowed: left, right"),
    ],
)
def test_settings_that_no_model_can_have_are_one_clear_error(changes, message):
    with pytest.raises(UserError, match=message):
        MiniGeminiConfig.from_dict(GEMMA, **{**WIDTHS, **changes})


def test_the_projectors_width_is_written_where_there_is_one_alone():
    plain = MiniGeminiConfig.from_dict(GEMMA, **WIDTHS, mm_projector_width=None)
    assert "mm_projector_width" not in plain.to_dict()
    wide = MiniGeminiConfig.from_dict(GEMMA, **WIDTHS, mm_projector_width=40)
    assert wide.to_dict()["mm_projector_width"] == 40
    assert MiniGeminiConfig.from_dict(wide.to_dict()) == wide
