"""What the instruction data and TextVQA's questions about sign boards both set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TokenCase = Literal["lower", "as_read"]
"""How the OCR tokens of a prompt are written."""


@dataclass(frozen=True, kw_only=True)
class SignKinds:
    """Shares of the question kinds of `SIGN_QUESTIONS`."""

    only: float
    top: float
    bottom: float
    color: float
