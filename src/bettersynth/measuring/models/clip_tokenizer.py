"""The token ids of CLIP's texts, for scoring alone.

transformers' own class gives the same ids (a test compares the two tokenizers' whole definitions),
but importing it costs a second, as much as scoring some 600 samples with a small model. Folders in
another form than transformers 4 wrote go through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    normalizers,
    pre_tokenizers,
    processors,
)
from tokenizers.models import BPE

from bettersynth.data.files.reading import read_json
from bettersynth.measuring.text.tokenizers import load_tokenizer

# What tokenizer_config.json may say: other settings may change ids in a way not known here.
KNOWN = frozenset(
    """
    added_tokens_decoder add_prefix_space bos_token clean_up_tokenization_spaces do_lower_case
    eos_token errors model_max_length name_or_path pad_token processor_class
    special_tokens_map_file tokenizer_class truncation_side unk_token
    """.split()
)
# Source: CLIP's tokenizer. Marks, English endings, letters, single digits, other signs.
WORDS = (
    r"<\|startoftext\|>|<\|endoftext\|>"
    r"|'s|'t|'re|'ve|'m|'ll|'d"
    r"|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)


class ClipTokenizer:
    """Texts to token ids, at most `length` each, the start and end marks among them."""

    def __init__(self, name: str, length: int):
        """Read the tokenizer of a folder or hub id."""
        tokenizer = read_clip_folder(Path(name))
        side = "right"
        if tokenizer is None:
            theirs = load_tokenizer(name)
            # a copy, since theirs is shared: what is set below must not reach its other users
            tokenizer = Tokenizer.from_str(theirs.backend_tokenizer.to_str())
            tokenizer.no_padding()
            side = theirs.truncation_side
        tokenizer.enable_truncation(length, direction=side)
        self.tokenizer = tokenizer

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, as many as it has."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch_fast(list(texts))]


def read_clip_folder(folder: Path) -> Tokenizer | None:
    """Return the tokenizer of a folder as transformers 4 wrote it; None for any other.

    Such a folder holds vocab.json, merges.txt and tokenizer_config.json.
    """
    vocab = folder / "vocab.json"
    merges = folder / "merges.txt"
    described = folder / "tokenizer_config.json"
    has_all = vocab.is_file() and merges.is_file() and described.is_file()
    if not has_all or (folder / "tokenizer.json").exists():
        return None
    settings = known_settings(read_json(described))
    if settings is None:
        return None
    marks = [settings.get(f"{mark}_token") for mark in ("bos", "eos", "unk", "pad")]
    try:
        learned = BPE.read_file(str(vocab), str(merges))
        return _build(learned, marks, settings["added_tokens_decoder"])
    except Exception:
        # tokenizers has no kinds of exceptions; transformers, which comes next, says what is wrong
        return None


def known_settings(content: Any) -> dict[str, Any] | None:
    """Return what tokenizer_config.json says, None where that is more than is known here."""
    if not isinstance(content, dict):
        return None
    settings = {name: value for name, value in content.items() if value not in ({}, [], None)}
    is_clip = settings.get("tokenizer_class") in ("CLIPTokenizer", "CLIPTokenizerFast")
    cuts_right = settings.get("truncation_side", "right") == "right"
    lists_tokens = "added_tokens_decoder" in settings
    only_known = not settings.keys() - KNOWN
    if is_clip and cuts_right and lists_tokens and only_known:
        return settings
    return None


def _build(
    learned: tuple[dict[str, int], list[tuple[str, str]]],
    marks: list[Any],
    added: dict[str, dict[str, Any]],
) -> Tokenizer | None:
    """Join vocabulary and merges as transformers' CLIPTokenizer does.

    None if a mark is missing, or a token is added that the vocabulary lacks.
    """
    vocab, merges = learned
    tokens = sorted((int(number), AddedToken(**token)) for number, token in added.items())
    contents = {token.content for _, token in tokens}
    if not all(isinstance(mark, str) and mark in contents for mark in marks):
        return None
    # a token with another number than the vocabulary's would shift all ids behind it
    if any(vocab.get(token.content) != number for number, token in tokens):
        return None
    start, end, unknown = marks[:3]
    tokenizer = Tokenizer(
        BPE(
            vocab,
            merges,
            continuing_subword_prefix="",
            end_of_word_suffix="</w>",
            fuse_unk=False,
            unk_token=unknown,
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFC(),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Lowercase(),
        ]
    )
    words = pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [words, pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([token for _, token in tokens])
    tokenizer.post_processor = processors.RobertaProcessing(
        (end, vocab[end]), (start, vocab[start]), False, False
    )
    return tokenizer
