from __future__ import annotations

import pytest
from support.one_operator import line

from bettersynth.data.samples.batch import Tokens
from bettersynth.operators import load_operator, operator_names
from bettersynth.recipes.engine.protected_tokens import rewrite_words

IMAGE, END = "<__dj__image>", "<|__dj__eoc|>"
PAIR = f"{IMAGE}\na dog 0 {END}"
TOKENS = Tokens()


def rewritten(name, text, tokens=TOKENS, **settings):
    mapper = line(name, **settings)

    def rewrite(texts):
        return mapper.operator.rewrite(texts, mapper.deciding)

    return rewrite_words(rewrite, [text], tokens)[0]


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("remove_specific_chars_mapper", {"chars_to_remove": "_<|g"}, "\na do 0 "),
        ("remove_non_chinese_character_mapper", {"keep_number": False}, "\na dog  "),
        ("remove_non_chinese_character_mapper", {"keep_alphabet": False}, "\n  0 "),
        ("remove_words_with_incorrect_substrings_mapper", {"substrings": ["dj", "og"]}, "\na 0 "),
        ("remove_long_words_mapper", {"max_len": 2}, "\na 0 "),
        ("remove_long_words_mapper", {"min_len": 2}, "\ndog "),
        ("remove_header_mapper", {}, "\n "),
        ("clean_html_mapper", {}, "\na dog 0 "),
        ("clean_email_mapper", {"pattern": "[a-z]+"}, "\n  0 "),
        ("clean_email_mapper", {"pattern": "[a-z_]+", "repl": "X"}, "\nX X 0 "),
        ("whitespace_normalization_mapper", {}, "\na dog 0 "),
    ],
)
def test_tokens_stay_and_words_go(name, settings, words):
    assert rewritten(name, PAIR, **settings) == f"{IMAGE}{words}{END}"


def test_a_mapper_still_sees_the_whole_text():
    repeated = f"{IMAGE}\nA dog. It runs. {END}\n{IMAGE}\nA dog. It sleeps. {END}"
    once = f"{IMAGE}\nA dog. It runs. {END}\n{IMAGE}\n It sleeps. {END}"
    assert rewritten("remove_repeat_sentences_mapper", repeated) == once
    paper = rf"head {IMAGE} \section{{A}} body {IMAGE} more \bibliography{{x}} end {END}"
    body = rf"{IMAGE} \section{{A}} body {IMAGE} more \bibliography{{x}} end {END}"
    assert rewritten("remove_header_mapper", paper).replace(" ", "") == body.replace(" ", "")
    before = rewritten("remove_bibliography_mapper", paper)
    assert before.startswith(f"head {IMAGE} ")
    assert before.endswith(END)
    assert "end" not in before


def test_what_loses_no_token_is_as_the_mapper_alone_makes_it():
    mapper = line("fix_unicode_mapper")
    text = f"{IMAGE}\nschön, l’été {END}"
    alone = mapper.operator.rewrite([text], mapper.deciding)[0]
    assert rewritten("fix_unicode_mapper", text) == alone


def test_tokens_of_the_recipes_own_and_private_characters():
    tokens = Tokens("<image>", "<end>")
    text = "<image> a dog <end>"
    gone = {"chars_to_remove": "<>d"}
    assert rewritten("remove_specific_chars_mapper", text, tokens, **gone) == "<image> a og <end>"
    private = f"{IMAGE} a \U000f0000 dog {END}"
    kept = rewritten("remove_specific_chars_mapper", private, chars_to_remove="_d")
    assert kept == f"{IMAGE} a \U000f0000 og {END}"


# The words of these are changed whatever they are
SETTINGS = {
    "clean_email_mapper": {"pattern": "."},
    "clean_links_mapper": {"pattern": ".", "repl": "x"},
    "clean_ip_mapper": {"pattern": "[^ ]"},
    "remove_specific_chars_mapper": {"chars_to_remove": "<>|_dejimagoc"},
    "remove_words_with_incorrect_substrings_mapper": {"substrings": ["_", "a"]},
    "remove_long_words_mapper": {"min_len": 50},
}


@pytest.mark.parametrize("name", [name for name in operator_names() if name.endswith("_mapper")])
def test_no_text_mapper_loses_a_token(name):
    if not hasattr(load_operator(name), "rewrite") or name == "sentence_split_mapper":
        pytest.skip("changes no text, makes samples, or needs a model from outside")
    for text in (PAIR, f"{PAIR}\n{PAIR}", f"{IMAGE}{IMAGE}{END}", f"a {IMAGE}b. c\n\n{END}"):
        made = rewritten(name, text, **SETTINGS.get(name, {}))
        assert [made.count(token) for token in (IMAGE, END)] == [text.count(IMAGE), text.count(END)]
