import pytest

from bettersynth.recipes.left_out import left_out


@pytest.mark.parametrize("rule", ["random", "oracle", "random_selector#2", "topk_x_selector"])
def test_a_control_or_a_selector_leaves_out(rule):
    assert left_out(rule)


@pytest.mark.parametrize("rule", ["", "words_num_filter#2", "image_deduplicator"])
def test_a_rule_about_the_sample_does_not(rule):
    assert not left_out(rule)
