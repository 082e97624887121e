"""The lines of a prompt, to the letter: models are trained on them and asked with them."""

from bettersynth.data.questions.prompts import (
    SIGN_COLORS,
    SIGN_QUESTIONS,
    multiple_choice_prompt,
    text_prompt,
    without_text_tokens,
)


def test_a_choice_is_asked_as_llava_asks_mmbench():
    assert multiple_choice_prompt("What is it?", ["cat", "dog"], hint="It barks.") == (
        "It barks.\nWhat is it?\nA. cat\nB. dog\n"
        "Answer with the option's letter from the given choices directly."
    )
    assert multiple_choice_prompt("What?", ["cat"]).startswith("What?\nA. cat\n")


def test_a_text_is_asked_as_llava_asks_textvqa_with_tokens_or_without():
    prompt = text_prompt("What does it say?", ["open", "24"])
    assert prompt == (
        "What does it say?\nReference OCR token: open, 24\n"
        "Answer the question using a single word or phrase."
    )
    assert without_text_tokens(prompt) == (
        "What does it say?\nAnswer the question using a single word or phrase."
    )


def test_only_the_question_of_colour_names_one():
    asked = {kind: text.format(color=SIGN_COLORS[0]) for kind, text in SIGN_QUESTIONS.items()}
    assert [kind for kind, text in asked.items() if SIGN_COLORS[0] in text] == ["color"]
