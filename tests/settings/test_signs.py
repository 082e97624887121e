"""Sign boards, in the instruction data and in TextVQA alike."""

from typing import get_args

import pytest
from support.default_settings import default_settings

from bettersynth.errors import UserError
from bettersynth.settings.signs import SignKinds, TokenCase


@pytest.mark.parametrize("path", ["instruction", "benchmark.textvqa"])
def test_the_shares_of_the_kinds_make_a_whole(path):
    settings = default_settings(path)
    kinds = settings.sign_kinds if path == "instruction" else settings.kinds
    assert isinstance(kinds, SignKinds)
    assert kinds.only + kinds.top + kinds.bottom + kinds.color == pytest.approx(1)
    assert settings.token_case in get_args(TokenCase)


NONE = {"only": 0.0, "top": 0.0, "bottom": 0.0, "color": 0.0}


@pytest.mark.parametrize("kinds", [NONE, NONE | {"only": 1.0, "color": -0.5}])
def test_shares_that_deal_out_nothing_are_refused_before_a_board_is_drawn(kinds):
    with pytest.raises(UserError, match="instruction.sign_kinds must hold shares of 0 or more"):
        default_settings("instruction", sign_kinds=SignKinds(**kinds))
    with pytest.raises(UserError, match="textvqa.kinds must hold shares of 0 or more"):
        default_settings("benchmark.textvqa", kinds=SignKinds(**kinds))


def test_without_sign_boards_their_kinds_do_not_matter():
    settings = default_settings("instruction", signs=0, sign_kinds=SignKinds(**NONE))
    assert settings.signs == 0
