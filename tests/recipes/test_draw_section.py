import pytest
from support.default_settings import read_changed

from bettersynth.errors import UserError
from bettersynth.recipes.draw_section import read_drawing

PARAMS = {"stats": {"image_text_similarity_filter": {"hf_clip": "nano"}}}


def read(mapper="image_diffusion_mapper", params=PARAMS, **settings):
    return read_drawing(read_changed("draw", mapper=mapper, settings=settings), params)


def test_the_operator_comes_with_its_settings():
    operator, drawing = read("text_to_image_mapper", image_num=2, caption_key="concept")
    assert operator.WHERE == "text_to_image_mapper"
    assert (drawing.image_num, drawing.caption_key) == (2, "concept")
    assert read("none", {"stats": {}}) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"save_dir": "x"}, r"settings.save_dir is not for the pipeline: the pictures lie in data"),
        (
            {"keep_original_sample": False},
            "keep_original_sample is not for the pipeline: mix decid",
        ),
        ({"strenght": 0.5}, "strenght"),
        ({"strength": 2.0}, "strength is 2.0; it must be above 0 and at most 1"),
        ({"caption_key": "title"}, "caption_key is title; a sample's fields of words are: id, te"),
        ({"caption_key": "images"}, "caption_key is images; a sample's fields of words are: id, t"),
    ],
)
def test_a_wrong_setting_is_one_line(settings, message):
    with pytest.raises(UserError, match=message):
        read(**settings)


def test_samples_are_chosen_by_the_similarity():
    with pytest.raises(UserError, match="stats lacks image_text_similarity_filter, by which draw"):
        read(params={"stats": {}})
