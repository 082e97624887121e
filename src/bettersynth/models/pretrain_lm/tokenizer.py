"""A small BPE in which every word that a picture or a sign may be called is one token, and any text round-trips.

Layout: `<pad>` 0, `<eos>` 1, `<bos>` 2, `<unk>` 3 as in Gemma; a newline is a token of its own, and so are each fixed prompt line and
`A.` to `H.`; a space (and the start of a line) is the mark U+2581 before the next word. Characters outside the vocabulary fall back to
their UTF-8 bytes.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable

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
from bettersynth.data.questions.signs import sign_words
from bettersynth.models.pretrain_lm.corpus import WORD, Corpus

SPACE = "\u2581"
SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>")
PROMPT_LINES = (
    *questions.DESCRIBE_QUESTIONS,
    questions.CONCEPT_QUESTION,
    questions.LETTER_INSTRUCTION,
    questions.WORD_INSTRUCTION,
)
OPTION_MARKS = tuple(
    f"{letter}." for letter in "ABCDEFGH"
)  # one token, so that an option's word stands right behind its letter
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<start_of_turn>{{ 'model' if message['role'] == 'assistant' else message['role'] }}\n"
    "{{ message['content'] }}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


def whole_words(corpus: Corpus, min_count: int) -> list[str]:
    """Return the words that get one token each, sorted: names of concepts, signs, colours, letters, and frequent words of the rest."""
    words = {
        "user",
        "model",
        "image",
        "picture",
        "photo",
        "drawing",
        "icon",
        "sign",
        *"ABCDEFGH",
        *questions.SIGN_COLORS,
    }
    words |= {case(w) for w in sign_words() for case in (str.lower, str.upper, str.title)}
    for line in (*PROMPT_LINES, *questions.SIGN_QUESTIONS.values(), questions.OCR_PREFIX):
        words.update(WORD.findall(line.replace("{color}", "")))
    for concept in corpus.concepts:
        if concept.group != "flags":
            words.update(WORD.findall(concept.label))
    counts: Counter[str] = Counter()
    for concept in corpus.concepts:
        counts.update(w for tag in concept.tags for w in WORD.findall(tag))
    counts.update(w for s in corpus.sentences for w in WORD.findall(s))
    counts.update(w for c in corpus.clipart for w in WORD.findall(c.label))
    words |= {w for w, n in counts.items() if n >= min_count and len(w) > 1}
    return sorted(words)


def build_tokenizer(corpus: Corpus, pieces: int, min_count: int) -> PreTrainedTokenizerFast:
    """Train the BPE on the corpus (`pieces` learned pieces), then add each whole word as one token."""
    words = whole_words(corpus, min_count)
    learned = _empty_tokenizer(models.BPE(unk_token="<unk>"))
    trainer = trainers.BpeTrainer(
        vocab_size=pieces,
        initial_alphabet=[SPACE, *map(chr, range(33, 127))],
        limit_alphabet=160,
        show_progress=False,
    )
    learned.train_from_iterator(_lines(corpus), trainer)
    bpe = json.loads(learned.to_str())["model"]
    vocabulary = {token: k for k, token in enumerate(SPECIAL)}
    pieces_learned = sorted(bpe["vocab"], key=bpe["vocab"].get)
    for token in [
        *(f"<0x{byte:02X}>" for byte in range(256)),
        *pieces_learned,
        *(SPACE + w for w in (*OPTION_MARKS, *words)),
    ]:
        vocabulary.setdefault(token, len(vocabulary))
    merges = [tuple(m) for m in bpe["merges"]]
    tokenizer = _empty_tokenizer(
        models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, ignore_merges=True)
    )
    tokenizer.add_special_tokens(
        [AddedToken(token, normalized=False, special=True) for token in SPECIAL]
    )
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in ("\n", *PROMPT_LINES)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A $B", special_tokens=[("<bos>", SPECIAL.index("<bos>"))]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", bos_token="<bos>", unk_token="<unk>",
        additional_special_tokens=["<start_of_turn>", "<end_of_turn>"], model_max_length=2048, padding_side="right",
        clean_up_tokenization_spaces=False,
    )  # fmt: skip
    fast.chat_template = CHAT_TEMPLATE
    return fast


def _empty_tokenizer(model: models.Model) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(
        Regex(rf"{SPACE}[A-H]\.|{SPACE}?(?:[^\W\d_]+|[^{SPACE}])"), "isolated"
    )
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
