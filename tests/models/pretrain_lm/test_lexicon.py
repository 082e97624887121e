from __future__ import annotations

import pytest
from support.small_corpus import CORPUS, small_tokenizer

from bettersynth.models.pretrain_lm.lexicon import Lexicon


@pytest.fixture(scope="module")
def lexicon():
    return Lexicon(CORPUS, small_tokenizer(), held_out=False)


def test_held_out_concepts_are_never_drawn_for_training(lexicon):
    held_out = Lexicon(CORPUS, small_tokenizer(), held_out=True)
    assert held_out.concepts
    assert not set(lexicon.concepts) & set(held_out.concepts)
    assert held_out.trained_concepts == lexicon.concepts
    assert set(held_out.distractors) == set(CORPUS.concepts)


def test_content_leaves_function_words_out_but_never_everything(lexicon):
    assert lexicon.content("the tiger of a key") == (
        *lexicon.encode("tiger"),
        *lexicon.encode("key"),
    )
    assert lexicon.content("of the") == lexicon.encode("of the")[:1]


def test_words_are_single_tokens_of_more_than_one_letter(lexicon):
    assert lexicon.words == sorted(lexicon.words)
    assert {"tiger", "cactus"} <= set(lexicon.words)
    assert not {"a", "A", "in", "The"} & set(lexicon.words)
    assert [lexicon.encode(word) for word in lexicon.words] == [(i,) for i in lexicon.word_ids]


def test_a_conversation_has_empty_slots_in_front_and_says_where_the_answer_begins(lexicon):
    ids, start = lexicon.conversation("What is it?", "tiger")
    tokenizer = small_tokenizer()
    assert ids[4:20] == [0] * 16
    assert tokenizer.decode(ids[start:]) == "tiger<end_of_turn>\n<eos>"
    assert tokenizer.decode(ids[20:start]).endswith("<start_of_turn>model\n")
