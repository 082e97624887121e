"""What the instruction data and TextVQA's questions about sign boards both set."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from bettersynth.errors import UserError

TokenCase = Literal["lower", "as_read"]
"""How the OCR tokens of a prompt are written."""


@dataclass(frozen=True, kw_only=True)
class SignKinds:
    """Shares of the question kinds of `SIGN_QUESTIONS`."""

    only: float
    top: float
    bottom: float
    color: float


def require_shares(kinds: SignKinds, where: str) -> None:
    """Pass if signs can be dealt out to these kinds.

    Raises:
        UserError: a share is negative, or they add up to nothing.
    """
    shares = asdict(kinds)
    if min(shares.values()) < 0 or sum(shares.values()) <= 0:
        raise UserError(
            f"{where} must hold shares of 0 or more, one of them above 0; found {shares}"
        )
