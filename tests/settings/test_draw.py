import pytest
from support.default_settings import read_changed

from bettersynth.errors import UserError
from bettersynth.settings.draw import drawing_mappers


def test_by_default_nothing_is_drawn():
    assert read_changed("draw").mapper == "none"
    assert drawing_mappers() == ["image_diffusion_mapper", "text_to_image_mapper"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mapper": "clean_links_mapper"}, "draw.mapper is 'clean_links_mapper'"),
        ({"min_score": 0.5, "max_score": 0.1}, "draw.min_score 0.5 is above draw.max_score 0.1"),
        ({"max_reject_share": 2.0}, "max_reject_share"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change, message):
    with pytest.raises(UserError, match=message):
        read_changed("draw", **change)
