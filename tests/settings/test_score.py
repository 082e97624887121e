"""How answers become scores."""

import pytest
from support.default_settings import default_settings, read_changed

from bettersynth.errors import UserError


def test_too_few_draws_make_no_interval():
    with pytest.raises(
        UserError, match="score.bootstrap_draws is 99; it must be from 100 to 1,000,000"
    ):
        read_changed("score", bootstrap_draws=99)
    assert default_settings("score", bootstrap_draws=100).bootstrap_draws == 100
