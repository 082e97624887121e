import pytest

from bettersynth.recipes.similarity_bound import similarity_bound

SHAPE = {"image_shape_filter": {"min_width": 32}}
HASH = {"image_deduplicator": None}
SIMILAR = {"image_text_similarity_filter": {"min_score": 0.3}}
OWN = {"general_field_filter": {"filter_condition": "own_similarity >= 0.28"}}
OTHER_FIELD = {"general_field_filter": {"filter_condition": "words >= 3"}}


@pytest.mark.parametrize(
    ("recipe", "bound"),
    [
        ([SHAPE, HASH, SIMILAR], 0.3),
        ([OWN], 0.28),
        ([SHAPE, HASH, OTHER_FIELD], None),
        ([], None),
    ],
)
def test_the_bound_is_that_of_the_line_that_drops(recipe, bound):
    # a control without rules has a threshold, too
    assert similarity_bound({"filter": {"threshold": 0.25, "recipe": recipe}}) == bound


def test_a_refined_bound_is_not_in_the_settings():
    section = {"recipe": [SIMILAR], "refine": {"rule": "k_sigma"}}
    assert similarity_bound({"filter": section}) is None
    assert similarity_bound({}) is None
