"""What the instruction data and TextVQA's questions about sign boards both set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TokenCase = Literal["lower", "as_read"]


@dataclass(frozen=True)
class SignKinds:
    """Shares of the question kinds of `SIGN_QUESTIONS`."""

    only: float = 0.25
    top: float = 0.25
    bottom: float = 0.25
    color: float = 0.25
