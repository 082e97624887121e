"""The training set's budget."""

import pytest
from support.default_settings import default_settings, read_changed

from bettersynth.errors import UserError


@pytest.mark.parametrize("name", ["visits", "budget"])
@pytest.mark.parametrize("value", [0, -1, 1_000_000_000])
def test_a_budget_of_nothing_or_of_too_much_is_refused_and_none_is_no_budget(name, value):
    message = f"params.yaml: mix.{name} is {value}; it must be from 1 to 20,000,000"
    with pytest.raises(UserError, match=message):
        read_changed("mix", **{name: value})
    assert getattr(default_settings("mix", **{name: None}), name) is None
