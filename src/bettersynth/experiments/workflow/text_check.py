"""The text that a language model learns before stage 1, checked before the first stage."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from bettersynth.data.row_files.documents import document_files, parts_of, read_documents
from bettersynth.errors import UserError, require_present
from bettersynth.settings.pretrain_lm import LANGUAGE_MODEL, PretrainLmSettings, TextSettings

SETTING = "params.yaml: pretrain_lm.text"
# of all files together: what takes a second or two to read
QUICKLY_READ_BYTES = 64 * 2**20


def require_text(
    pretrain_lm: PretrainLmSettings, language_model: str, made_elsewhere: Collection[str]
) -> None:
    """Pass if the language model that stage 1 begins from is there or will be trained on text that
    can be read. `made_elsewhere` are folders that the section `files` answers for.

    Files that take longer to read are left to the stage `pretrain_lm`.

    Raises:
        UserError: `language_model` is the stage's output, but the stage trains nothing; or as
            `document_files`, `read_documents` and `parts_of`.
    """
    text = pretrain_lm.text
    if text is None:
        if Path(language_model) == Path(LANGUAGE_MODEL):
            raise UserError(
                f"params.yaml: model.language_model is {LANGUAGE_MODEL}, which the stage "
                "pretrain_lm makes, but pretrain_lm.text is null; choose pretrain_lm=text and "
                "name its train_files, or another model"
            )
        return
    if not text.train_files:
        raise UserError(f"{SETTING}.train_files is empty; name csv, jsonl or txt files")
    if Path(text.language_model) == Path(LANGUAGE_MODEL):
        raise UserError(
            f"{SETTING}.language_model is {LANGUAGE_MODEL}, which the stage itself makes; name the "
            "model to begin from, such as models/nano-decoder"
        )
    if text.language_model not in made_elsewhere:
        require_present(text.language_model, "pretrain_lm.text.language_model")
    _require_documents(text)


def _require_documents(text: TextSettings) -> None:
    left = QUICKLY_READ_BYTES
    for setting in ("train_files", "held_out_files"):
        for path in document_files(getattr(text, setting), f"{SETTING}.{setting}"):
            left -= path.stat().st_size
            if left < 0:
                return
            for place, document in read_documents(path, text.column):
                parts_of(document, place)


def untouched_model(
    pretrain_lm: PretrainLmSettings, language_model: str, stats: Collection[object]
) -> str:
    """Return the line that warns of a model that is trained on text and that nothing reads, or "".
    `stats` are the values of the settings of all stats.
    """
    if pretrain_lm.text is None or LANGUAGE_MODEL in (language_model, *stats):
        return ""
    return (
        f"pretrain_lm trains {LANGUAGE_MODEL}, which nothing reads; "
        f"model.language_model={LANGUAGE_MODEL} trains stage 1 on it"
    )
