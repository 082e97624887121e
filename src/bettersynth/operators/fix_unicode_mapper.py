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

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise UserError(
                f"fix_unicode_mapper.normalization is {self.normalization!r}; "
                f"allowed: {', '.join(FORMS)}"
            )

    @property
    def form(self) -> str:
        """The name of the form, in capitals."""
        return (self.normalization or "NFC").upper()


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the repaired texts; ftfy also straightens quotes and removes control characters."""
    # here: only this operator needs it
    import ftfy

    return [ftfy.fix_text(text, normalization=settings.form) for text in texts]
