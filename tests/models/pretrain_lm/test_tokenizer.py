from __future__ import annotations

import pytest
from support.small_corpus import small_tokenizer

from bettersynth.data.questions import prompts as questions
from bettersynth.data.questions.sign_words import sign_words
from bettersynth.models.pretrain_lm.tokenizer import PROMPT_LINES


@pytest.fixture(scope="module")
def tokenizer():
    return small_tokenizer()


@pytest.mark.parametrize(
    "text",
    [
        "hello world",
        "  two  spaces\n\n and é 漢字 🤓\tTab ",
        "What is in the photo?\nA. grinning face\nB. cat",
        " x\n y",
        "Describe the image concisely. Then",
        "<start_of_turn>user\nhi<end_of_turn>\n",
        "10% (a/b) don't_stop",
    ],
)
def test_any_text_comes_back_from_its_tokens(tokenizer, text):
    ids = tokenizer(text)["input_ids"]
    assert ids[0] == 2
    assert tokenizer.decode(ids[1:]) == text


def test_ids_and_whole_words_are_where_the_contract_puts_them(tokenizer):
    assert tokenizer.convert_tokens_to_ids(["<pad>", "<eos>", "<bos>", "<unk>"]) == [0, 1, 2, 3]
    whole = [
        *"ABCD",
        "A.",
        *questions.SIGN_COLORS,
        *sign_words(),
        *(w.upper() for w in sign_words()),
        "octopus",
        "\n",
        *PROMPT_LINES,
    ]
    for text in whole:
        assert len(tokenizer(text, add_special_tokens=False)["input_ids"]) == 1, text
        assert len(
            tokenizer(f"the {text}", add_special_tokens=False)["input_ids"]
        ) == 2 or text in ("\n", *PROMPT_LINES), text
