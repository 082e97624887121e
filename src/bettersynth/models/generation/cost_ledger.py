"""What calls to a paid endpoint cost: written down answer by answer, and limited."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.errors import UserError


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
        self._lock = threading.Lock()

    @property
    def cost(self) -> float:
        """What this run has cost so far."""
        return self._price(self.prompt_tokens, self.completion_tokens)

    def _price(self, prompt_tokens: int, completion_tokens: int) -> float:
        prompts = prompt_tokens * self.prompt_price
        completions = completion_tokens * self.completion_price
        return (prompts + completions) / 1e6

    def add(self, usage: dict[str, Any]) -> None:
        """Count one answer; `usage` is the field of the same name."""
        prompt_tokens = int(usage.get("prompt_tokens") or 0)
        completion_tokens = int(usage.get("completion_tokens") or 0)
        entry = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "model": self.model,
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "cost": self._price(prompt_tokens, completion_tokens),
        }
        with self._lock:
            self.answers += 1
            self.prompt_tokens += prompt_tokens
            self.completion_tokens += completion_tokens
            with open(self.path, "a", encoding="utf-8") as stream:
                stream.write(json.dumps(entry) + "\n")

    def check(self) -> None:
        """Pass while there is money left.

        Raises:
            UserError: `max_cost` is spent.
        """
        if self.max_cost and self.cost >= self.max_cost:
            raise UserError(
                f"max_cost {self.max_cost:g} is spent ({self.summary()}); "
                "what was captioned is kept"
            )

    def summary(self) -> str:
        """Return one line about this run."""
        line = (
            f"{self.model}: {self.answers:,} answers, "
            f"{self.prompt_tokens:,} + {self.completion_tokens:,} tokens"
        )
        if self.prompt_price or self.completion_price:
            line += f", {self.cost:.4f} by the stated prices"
        return line
