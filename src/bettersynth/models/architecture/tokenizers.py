"""Loading a tokenizer, and the two readings of Llama's that differ after special tokens."""

from __future__ import annotations

from pathlib import Path

from transformers import LlamaTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from bettersynth.data.files.reading import read_object
from bettersynth.errors import UserError

LLAMA_3_PAD = "<|reserved_special_token_0|>"


def load_tokenizer(
    folder: str | Path, model_max_length: int | None = None
) -> PreTrainedTokenizerBase:
    """Return the tokenizer of a model's folder.

    A sentencepiece file without tokenizer.json is read as Llama's: with `legacy` and
    `add_bos_token` as tokenizer_config.json says, both true where it does not.

    Raises:
        UserError: no tokenizer there, or a damaged one.
    """
    folder = Path(folder)
    if (folder / "tokenizer.json").exists():
        tokenizer = _read_tokenizer_json(folder)
    elif (folder / "tokenizer.model").exists():
        tokenizer = load_llama_tokenizer(folder / "tokenizer.model", **_llama_switches(folder))
    else:
        raise UserError(f"{folder} holds no tokenizer; looked for tokenizer.json, tokenizer.model")
    if tokenizer.pad_token is None:
        _choose_pad_token(tokenizer)
    if model_max_length is not None:
        tokenizer.model_max_length = model_max_length
    return tokenizer


def _llama_switches(folder: Path) -> dict[str, bool]:
    path = folder / "tokenizer_config.json"
    config = read_object(path) if path.exists() else {}
    names = ("legacy", "add_bos_token")
    return {name: config[name] for name in names if isinstance(config.get(name), bool)}


def _choose_pad_token(tokenizer: PreTrainedTokenizerBase) -> None:
    # as upstream chooses it: Llama 3 has no unknown token either
    if tokenizer.unk_token is not None:
        tokenizer.pad_token = tokenizer.unk_token
    elif LLAMA_3_PAD in tokenizer.get_vocab():
        tokenizer.pad_token = LLAMA_3_PAD


def _read_tokenizer_json(folder: Path) -> PreTrainedTokenizerBase:
    try:
        return PreTrainedTokenizerFast.from_pretrained(folder)
    except Exception as error:
        # what the tokenizers library raises has no type of its own
        reason = " ".join(str(error).split())
        raise UserError(
            f"{folder / 'tokenizer.json'} cannot be read ({reason}); fetch or make it again"
        ) from None


def load_llama_tokenizer(
    path: str | Path,
    legacy: bool = True,
    add_bos_token: bool = True,
    model_max_length: int = 2048,
) -> PreTrainedTokenizerBase:
    """Return Llama's tokenizer of a sentencepiece file.

    `legacy` puts a blank before text that follows a special token; the newer reading does not.
    """
    tokenizer = LlamaTokenizer.from_pretrained(
        Path(path).parent,
        legacy=legacy,
        add_bos_token=add_bos_token,
        model_max_length=model_max_length,
    )
    # as upstream sets it for vicuna
    tokenizer.pad_token = tokenizer.unk_token
    return tokenizer
