"""The training set's budget."""

import pytest
from support.default_settings import default_settings

from bettersynth.errors import UserError


@pytest.mark.parametrize("name", ["visits", "budget"])
def test_a_budget_of_nothing_is_refused_and_none_is_no_budget(name):
    with pytest.raises(UserError, match=f"params.yaml: mix.{name} is 0; it must be above 0"):
        default_settings("mix", **{name: 0})
    assert getattr(default_settings("mix", **{name: None}), name) is None
