from bettersynth.models.pretrain_lm.words import STOP_WORDS


def test_function_words_are_lower_case_and_no_things():
    assert {"the", "of", "a"} <= STOP_WORDS
    assert not {"cat", "red", "man"} & STOP_WORDS
    assert all(word == word.lower() for word in STOP_WORDS)
