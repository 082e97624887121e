import pytest

from bettersynth.models.architecture.upstream_names import own_name, upstream_name


@pytest.mark.parametrize(
    ("here", "upstream"),
    [
        ("language_model.lm_head.weight", "lm_head.weight"),
        ("language_model.model.layers.0.mlp.weight", "model.layers.0.mlp.weight"),
        ("mm_projector.0.bias", "model.mm_projector.0.bias"),
        ("mining.val.1.weight", "model.vlm_uni_val_projector.1.weight"),
        ("vision_tower.clip.x", "model.vision_tower.vision_tower.vision_model.x"),
        ("vision_tower_aux.vision_stem.0.bias", "model.vision_tower_aux.vision_stem.0.bias"),
    ],
)
def test_names_go_there_and_back(here, upstream):
    assert upstream_name(here) == upstream
    assert own_name(upstream) == here


def test_names_that_belong_to_nothing_stay():
    assert upstream_name("other.weight") == own_name("other.weight") == "other.weight"
