import base64

import pytest

from bettersynth.models.generation.secret import SHOWN, Secret

KEY = 'sk-very"secret&0123'


@pytest.mark.parametrize(
    "told",
    [
        KEY,
        KEY.upper(),
        KEY[::-1],
        KEY.encode().hex(),
        'sk-very\\"secret&0123',
        "sk-very&quot;secret&amp;0123",
        "sk-very%22secret%260123",
        *(base64.b64encode(b"x" * before + KEY.encode() + b"y").decode() for before in range(4)),
    ],
)
def test_a_key_is_known_and_masked_in_every_form(told):
    secret = Secret(KEY)
    assert secret.is_told_by(f"a cat, {told}!")
    shown = secret.shown(f"a cat, {told}!")
    assert shown.startswith("a cat, ")
    assert "***" in shown
    assert not secret.is_told_by(shown)
    assert KEY not in repr(secret)


def test_a_short_key_is_masked_but_its_word_may_stand_in_a_caption():
    secret = Secret("EMPTY")
    assert not secret.is_told_by("an empty road")
    assert secret.shown("key EMPTY") == "key ***"
    assert Secret("").shown("no key") == "no key"


def test_what_is_shown_is_one_short_line_and_no_half_of_a_key():
    secret = Secret(KEY)
    assert secret.shown("a\x1b[31m\n\n b") == "a [31m b"
    cut = secret.shown("a" + " " * (2 * SHOWN) + KEY * 3 + "b" * 10_000)
    assert cut.startswith("a *********bbb")
    assert len(cut) == SHOWN
