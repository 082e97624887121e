import pytest
from support.small_corpus import CORPUS, write_archives

from bettersynth.errors import UserError
from bettersynth.models.pretrain_lm.corpus import _is_title, _tags, read_corpus


def test_missing_archives_are_one_clear_error(tmp_path):
    with pytest.raises(UserError, match="emojibase-data"):
        read_corpus(tmp_path)


def test_the_other_sources_are_optional(tmp_path):
    corpus = read_corpus(write_archives(tmp_path / "archives"))
    assert corpus.concepts == CORPUS.concepts
    assert corpus.sentences == corpus.clipart == ()


@pytest.mark.parametrize(
    ("text", "is_title"),
    [
        ("Wine Glass", True),
        ("12", False),
        ("car by Someone", False),
        ("logo.svg", False),
        ("a" * 61, False),
    ],
)
def test_junk_is_no_title(text, is_title):
    assert _is_title(text) is is_title


def test_tags_are_words_without_underscores_and_junk():
    svg = "<rdf:li>red_car</rdf:li><rdf:li>me@home.org</rdf:li>"
    assert _tags(svg) == ("red car",)
