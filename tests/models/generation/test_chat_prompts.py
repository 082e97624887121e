"""What a chat model is told depends on the mode."""

from bettersynth.models.generation.chat_prompts import SYSTEM_PROMPTS, system_prompt


def test_a_mode_has_its_own_words_and_custom_takes_the_users():
    assert system_prompt("description", "mine") == SYSTEM_PROMPTS["description"]
    assert system_prompt("custom", "mine") == "mine"
    assert system_prompt("custom", "") == ""


def test_data_juicers_spelling_is_understood():
    assert system_prompt("resoning", "") == SYSTEM_PROMPTS["reasoning"]


def test_every_mode_says_how_questions_and_answers_are_marked():
    assert all("`Q:`" in text and "`A:`" in text for text in SYSTEM_PROMPTS.values())
