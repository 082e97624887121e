from bettersynth.recipes.engine.line_order import cheap_first, movable, order_matters
from bettersynth.recipes.lines import read_recipe


def numbered(*names):
    return dict(enumerate(read_recipe(names, "recipe")))


def test_a_filter_that_reads_fields_keeps_its_place():
    lines = numbered(
        "image_shape_filter",
        "text_length_filter",
        "general_field_filter",
        "image_face_count_filter",
        "words_num_filter",
    )
    assert movable(lines) == [[0, 1], [3, 4]]
    assert cheap_first(lines, {0: 1e-3, 1: 1e-6, 2: 1e-9, 3: 1e-2, 4: 1e-6}) == (1, 0, 2, 4, 3)


def test_a_small_difference_moves_nothing():
    lines = numbered("image_shape_filter", "text_length_filter")
    assert cheap_first(lines, {0: 4e-3, 1: 9e-4}) == (0, 1)
    assert cheap_first(lines, {0: 5e-3, 1: 9e-4}) == (1, 0)


def test_lines_of_one_name_keep_their_order():
    lines = numbered(
        "character_repetition_filter", "image_shape_filter", "character_repetition_filter"
    )
    assert cheap_first(lines, {0: 1.0, 1: 2.0, 2: 0.01}) == (0, 2, 1)


def test_nothing_moves_across_a_mapper_or_after_one_that_makes_samples():
    lines = numbered("image_shape_filter", "clean_links_mapper", "words_num_filter")
    assert movable(lines) == []
    lines = numbered(
        "words_num_filter", "image_captioning_mapper", "image_shape_filter", "text_length_filter"
    )
    assert movable(lines) == []


def test_the_order_matters_where_a_dear_filter_stands_first():
    assert order_matters(numbered("image_nsfw_filter", "text_length_filter"))
    assert not order_matters(numbered("text_length_filter", "image_nsfw_filter"))
