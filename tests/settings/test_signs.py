"""Sign boards, in the instruction data and in TextVQA alike."""

from typing import get_args

import pytest
from support.default_settings import default_settings

from bettersynth.settings.signs import SignKinds, TokenCase


@pytest.mark.parametrize("path", ["instruction", "benchmark.textvqa"])
def test_the_shares_of_the_kinds_make_a_whole(path):
    settings = default_settings(path)
    kinds = settings.sign_kinds if path == "instruction" else settings.kinds
    assert isinstance(kinds, SignKinds)
    assert kinds.only + kinds.top + kinds.bottom + kinds.color == pytest.approx(1)
    assert settings.token_case in get_args(TokenCase)
