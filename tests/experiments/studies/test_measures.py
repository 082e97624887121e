"""A measure has a name, and one that has not is told."""

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.studies.measures import MEASURES, require_measures


def test_the_loss_alone_is_better_when_it_is_small():
    assert [name for name, about in MEASURES.items() if about.better < 0] == ["caption_loss"]


def test_an_unknown_measure_is_one_line_with_all_there_are():
    require_measures([None, *MEASURES], "here")
    with pytest.raises(UserError) as told:
        require_measures(["picks_own_pictures"], "conf/search/x.yaml.ladder")
    assert "no measure picks_own_pictures (did you mean picks_own_picture?)" in str(told.value)
    assert all(name in str(told.value) for name in MEASURES)
