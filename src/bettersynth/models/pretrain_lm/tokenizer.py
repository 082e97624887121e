"""A small BPE in which every word that a picture or a sign may be called is one token.

Any text comes back from its tokens. Layout: `<pad>` 0, `<eos>` 1, `<bos>` 2, `<unk>` 3 as in Gemma;
a newline is a token of its own, and so are each fixed prompt line and `A.` to `H.`; a space (and
the start of a line) is the mark U+2581 before the next word. Characters outside the vocabulary fall
back to their UTF-8 bytes.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import PreTrainedTokenizerFast

from bettersynth.data.questions import prompts as questions
from bettersynth.data.questions.sign_words import sign_words
from bettersynth.models.pretrain_lm.corpus import WORD, Corpus

SPACE = "\u2581"
SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>")
PROMPT_LINES = (
    *questions.DESCRIBE_QUESTIONS,
    questions.CONCEPT_QUESTION,
    questions.LETTER_INSTRUCTION,
    questions.WORD_INSTRUCTION,
)
# one token each, so that an option's word stands right behind its letter
OPTION_MARKS = tuple(f"{letter}." for letter in "ABCDEFGH")
FRAME_WORDS = ("user", "model", "image", "picture", "photo", "drawing", "icon", "sign")
SIGN_CASES = (str.lower, str.upper, str.title)
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<start_of_turn>"
    "{{ 'model' if message['role'] == 'assistant' else message['role'] }}\n"
    "{{ message['content'] }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


def whole_words(corpus: Corpus, min_count: int) -> list[str]:
    """Return the words that get one token each, sorted.

    They are names of concepts, signs, colours, letters, and frequent words of the rest.
    """
    # letters and colours are answers: each must be one token
    words = {*FRAME_WORDS, *"ABCDEFGH", *questions.SIGN_COLORS}
    for word in sign_words():
        words.update(case(word) for case in SIGN_CASES)
    for line in (*PROMPT_LINES, *questions.SIGN_QUESTIONS.values(), questions.OCR_PREFIX):
        words.update(WORD.findall(line.replace("{color}", "")))
    for concept in corpus.concepts:
        if concept.group != "flags":
            words.update(WORD.findall(concept.label))
    for word, count in _counted_words(corpus).items():
        if count >= min_count and len(word) > 1:
            words.add(word)
    return sorted(words)


def _counted_words(corpus: Corpus) -> Counter[str]:
    counts: Counter[str] = Counter()
    for concept in corpus.concepts:
        for tag in concept.tags:
            counts.update(WORD.findall(tag))
    for sentence in corpus.sentences:
        counts.update(WORD.findall(sentence))
    for title in corpus.clipart:
        counts.update(WORD.findall(title.label))
    return counts


def build_tokenizer(corpus: Corpus, pieces: int, min_count: int) -> PreTrainedTokenizerFast:
    """Train the BPE on the corpus (`pieces` learned pieces), then add each whole word."""
    learned = _learn_pieces(corpus, pieces)
    vocabulary = _vocabulary(learned["vocab"], whole_words(corpus, min_count))
    merges = [tuple(merge) for merge in learned["merges"]]
    # `ignore_merges`: a word that is in the vocabulary is one token, whatever the merges say
    bpe = models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, ignore_merges=True)
    tokenizer = _empty_tokenizer(bpe)
    tokenizer.add_special_tokens(
        [AddedToken(token, normalized=False, special=True) for token in SPECIAL]
    )
    # a fixed line as one token keeps prompts short
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in ("\n", *PROMPT_LINES)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A $B", special_tokens=[("<bos>", SPECIAL.index("<bos>"))]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
        unk_token="<unk>",
        additional_special_tokens=["<start_of_turn>", "<end_of_turn>"],
        model_max_length=2048,
        padding_side="right",
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast


def _learn_pieces(corpus: Corpus, pieces: int) -> dict[str, Any]:
    """Return `vocab` and `merges` of a BPE trained on the corpus."""
    tokenizer = _empty_tokenizer(models.BPE(unk_token="<unk>"))
    trainer = trainers.BpeTrainer(
        vocab_size=pieces,
        # printable ASCII; what is beyond it falls back to bytes
        initial_alphabet=[SPACE, *map(chr, range(33, 127))],
        limit_alphabet=160,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_lines(corpus), trainer)
    return json.loads(tokenizer.to_str())["model"]


def _vocabulary(learned: dict[str, int], words: list[str]) -> dict[str, int]:
    """Return ids: special tokens, the 256 bytes, learned pieces by age, then whole words."""
    tokens = list(SPECIAL)
    tokens += [f"<0x{byte:02X}>" for byte in range(256)]
    tokens += sorted(learned, key=learned.__getitem__)
    tokens += [SPACE + word for word in (*OPTION_MARKS, *words)]
    return {token: number for number, token in enumerate(dict.fromkeys(tokens))}


def _empty_tokenizer(model: models.Model) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(
        Regex(rf"{SPACE}[A-H]\.|{SPACE}?(?:[^\W\d_]+|[^{SPACE}])"), "isolated"
    )
    # the mark that `Prepend` puts before a line is no blank of the text
    starts = "|".join(rf"(?<={re.escape(token)})" for token in ("\n", *SPECIAL, *PROMPT_LINES))
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace(SPACE, " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Replace(Regex(rf"(?:\A|{starts}) "), ""),
        ]
    )
    return tokenizer


def _lines(corpus: Corpus) -> Iterable[str]:
    for concept in (*corpus.concepts, *corpus.clipart):
        yield concept.label
        yield " ".join(concept.tags)
    yield from corpus.sentences
