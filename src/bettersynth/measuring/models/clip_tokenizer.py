"""The token ids of CLIP's texts, for scoring alone.

transformers' own class gives the same ids (a test compares the two tokenizers' whole definitions), but importing it costs a second, as much
as scoring some 600 samples with a small model. Folders in another form than transformers 4 wrote go through it.
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

KNOWN = frozenset(
    """
    added_tokens_decoder add_prefix_space bos_token clean_up_tokenization_spaces do_lower_case eos_token errors model_max_length
    name_or_path pad_token processor_class special_tokens_map_file tokenizer_class truncation_side unk_token
    """.split()
)
WORDS = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)


class ClipTokenizer:
    """Texts to token ids, at most `length` each, the start and end marks among them."""

    def __init__(self, name: str, length: int):
        found, side = read_clip_folder(Path(name)), "right"
        if found is None:
            other = load_tokenizer(name)  # shared: what is set below must not reach its other users
            found, side = (
                Tokenizer.from_str(other.backend_tokenizer.to_str()),
                other.truncation_side,
            )
            found.no_padding()
        found.enable_truncation(length, direction=side)
        self.tokenizer = found

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self.tokenizer.encode_batch_fast(list(texts))]


def read_clip_folder(folder: Path) -> Tokenizer | None:
    """Return the tokenizer of a folder with vocab.json, merges.txt and what transformers 4 says of them; None for any other."""
    vocab, merges = folder / "vocab.json", folder / "merges.txt"
    described = folder / "tokenizer_config.json"
    if (
        not (vocab.is_file() and merges.is_file() and described.is_file())
        or (folder / "tokenizer.json").exists()
    ):
        return None
    settings = read_json(described)
    settings = (
        {name: value for name, value in settings.items() if value not in ({}, [], None)}
        if isinstance(settings, dict)
        else {}
    )
    if (
        settings.get("tokenizer_class") not in ("CLIPTokenizer", "CLIPTokenizerFast")
        or settings.keys() - KNOWN
    ):
        return None
    if (
        "added_tokens_decoder" not in settings
        or settings.get("truncation_side", "right") != "right"
    ):
        return None
    marks = [settings.get(f"{mark}_token") for mark in ("bos", "eos", "unk", "pad")]
    try:
        return _build(
            BPE.read_file(str(vocab), str(merges)), marks, settings["added_tokens_decoder"]
        )
    except Exception:  # of tokenizers, which has no kinds of them; transformers says what is wrong
        return None


def _build(
    parts: tuple[dict[str, int], list[tuple[str, str]]],
    marks: list[Any],
    added: dict[str, dict[str, Any]],
) -> Tokenizer | None:
    """Join them as transformers' CLIPTokenizer does; None if a mark is missing, or a token is added that the vocabulary lacks."""
    vocab, merges = parts
    tokens = sorted((int(number), AddedToken(**token)) for number, token in added.items())
    contents = {token.content for _, token in tokens}
    if not all(isinstance(mark, str) and mark in contents for mark in marks) or any(
        vocab.get(t.content) != n for n, t in tokens
    ):
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
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
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
