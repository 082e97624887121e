"""Repair wrongly decoded text and normalise Unicode, by ftfy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bettersynth.errors import UserError

FORMS = ("NFC", "NFKC", "NFD", "NFKD")


@dataclass(frozen=True)
class Settings:
    """`normalization` is a Unicode form; null stands for NFC."""

    normalization: str | None = "NFC"


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the repaired texts; ftfy also straightens quotes and removes control characters.

    Raises:
        UserError: not a normalisation form.
    """
    # here: only this operator needs it
    import ftfy

    form = (settings.normalization or "NFC").upper()
    if form not in FORMS:
        raise UserError(
            f"fix_unicode_mapper.normalization is {settings.normalization!r}; "
            f"allowed: {', '.join(FORMS)}"
        )
    return [ftfy.fix_text(text, normalization=form) for text in texts]
