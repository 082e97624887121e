import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.browse.asked import parse_asked


def test_json_of_the_page_is_read():
    assert parse_asked(r'{"text": "\ud83d\ude00"}', "the query") == {"text": "😀"}


@pytest.mark.parametrize(
    "content",
    [r'"\ud800"', r'{"holds": {"source": "a\udfff"}}', r'[{"\ud800": 1}]', b'"\xed\xa0\x80"'],
)
def test_half_of_a_surrogate_pair_is_told(content):
    with pytest.raises(UserError, match="the query is no valid Unicode: half of a surrogate pair"):
        parse_asked(content, "the query")


def test_what_is_no_json_is_told():
    with pytest.raises(UserError, match="moves is not valid JSON"):
        parse_asked("[", "moves")
