"""What an endpoint's answers cost: written down as they come in, and limited."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.errors import UserError

# of one answer; a larger count is no count
MOST_TOKENS = 10**9


class CostLedger:
    """Tokens and money of every answer, summed up for this run.

    Each is appended to `.cache/endpoint_costs/costs.jsonl` as it comes in. Prices are per million
    tokens, in whatever money they are stated in; `max_cost` 0 is no limit.
    """

    def __init__(self, model: str, prompt_price: float, completion_price: float, max_cost: float):
        self.model = model
        self.prompt_price = prompt_price
        self.completion_price = completion_price
        self.max_cost = max_cost
        self.path = scratch_folder("endpoint_costs") / "costs.jsonl"
        self.answers = 0
        self.prompt_tokens = 0
        self.completion_tokens = 0
        # answers without usable counts of tokens
        self.uncounted = 0
        self._lock = threading.Lock()

    @property
    def cost(self) -> float:
        """What this run has cost so far."""
        return self._price(self.prompt_tokens, self.completion_tokens)

    def _price(self, prompt_tokens: int, completion_tokens: int) -> float:
        money = prompt_tokens * self.prompt_price + completion_tokens * self.completion_price
        return money / 1e6

    def add(self, usage: Any) -> None:
        """Count one answer; `usage` is its field of that name, whatever the server put there."""
        prompt_tokens = _tokens(usage, "prompt_tokens")
        completion_tokens = _tokens(usage, "completion_tokens")
        counted = prompt_tokens is not None and completion_tokens is not None
        entry = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "model": self.model,
            "prompt_tokens": prompt_tokens or 0,
            "completion_tokens": completion_tokens or 0,
            "cost": self._price(prompt_tokens or 0, completion_tokens or 0),
        }
        with self._lock:
            self.answers += 1
            self.prompt_tokens += prompt_tokens or 0
            self.completion_tokens += completion_tokens or 0
            self.uncounted += not counted
            # appended at once: a killed run has still paid
            with open(self.path, "a", encoding="utf-8") as stream:
                stream.write(json.dumps(entry) + "\n")

    def check(self) -> None:
        """Pass while there is money left.

        Raises:
            UserError: `max_cost` is spent, or what was spent is not known.
        """
        if not self.max_cost:
            return
        if self.cost >= self.max_cost:
            raise UserError(
                f"max_cost {self.max_cost:g} is spent ({self.summary()}); "
                "what was captioned is kept"
            )
        if self.uncounted:
            raise UserError(
                f"max_cost {self.max_cost:g} cannot be kept: the endpoint's answer holds no usable "
                f"token counts ({self.summary()}); what was captioned is kept; "
                "max_cost 0 sets no limit"
            )

    def summary(self) -> str:
        """Return one line about this run."""
        tokens = f"{self.prompt_tokens:,} + {self.completion_tokens:,} tokens"
        spent = ""
        if self.prompt_price or self.completion_price:
            spent = f", {self.cost:.4f} by the stated prices"
        without = f", {self.uncounted:,} answers without token counts" if self.uncounted else ""
        return f"{self.model}: {self.answers:,} answers, {tokens}{spent}{without}"


def _tokens(usage: Any, name: str) -> int | None:
    """Return a count of tokens, None where the server gives none that can be one."""
    value = usage.get(name) if isinstance(usage, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN and infinity fail the comparison
    return int(value) if 0 <= value <= MOST_TOKENS else None
