"""What the instruction data and the benchmarks' questions both set: boards, shares of kinds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

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


def require_shares(kinds: Any, where: str) -> None:
    """Pass if questions can be dealt out to these kinds, a dataclass of shares.

    Raises:
        UserError: a share is negative, or they add up to nothing.
    """
    shares = asdict(kinds)
    if min(shares.values()) < 0 or sum(shares.values()) <= 0:
        raise UserError(
            f"{where} must hold shares of 0 or more, one of them above 0; found {shares}"
        )
