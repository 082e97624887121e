"""Calls to an OpenAI-compatible endpoint: spaced, repeated when they fail, and paid for in the open. The key never leaves this module."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.errors import UserError

MAX_WAIT_SECONDS = 60.0
TRY_AGAIN = (408, 409, 425, 429, 500, 502, 503, 504, 529)
REFUSALS = (400, 413, 415, 422)  # of this one picture or prompt


class Refused(Exception):
    """The endpoint answered, but not with a caption."""


class Stopped(Exception):
    """An earlier request failed for good: this one was not made."""


class _TryAgain(Exception):
    def __init__(self, reason: str, wait_seconds: float | None = None):
        super().__init__(reason)
        self.wait_seconds = wait_seconds


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another host."""

    def redirect_request(self, *arguments: Any) -> None:
        return None


class CostLedger:
    """Tokens and money of every answer, appended to `.cache/endpoint_costs/costs.jsonl` as it comes in, and summed up for this run.

    Prices are per million tokens, in whatever money they are stated in.
    """

    def __init__(self, model: str, prompt_price: float, completion_price: float, max_cost: float):
        self.model, self.prompt_price, self.completion_price, self.max_cost = (
            model,
            prompt_price,
            completion_price,
            max_cost,
        )
        self.path = scratch_folder("endpoint_costs") / "costs.jsonl"
        self.answers = self.prompt_tokens = self.completion_tokens = 0
        self._lock = threading.Lock()

    @property
    def cost(self) -> float:
        return (
            self.prompt_tokens * self.prompt_price + self.completion_tokens * self.completion_price
        ) / 1e6

    def add(self, usage: dict[str, Any]) -> None:
        """Count one answer; `usage` is the field of the same name."""
        tokens = [int(usage.get(name) or 0) for name in ("prompt_tokens", "completion_tokens")]
        entry = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "model": self.model,
            "prompt_tokens": tokens[0],
            "completion_tokens": tokens[1],
            "cost": (tokens[0] * self.prompt_price + tokens[1] * self.completion_price) / 1e6,
        }
        with self._lock:
            self.answers += 1
            self.prompt_tokens += tokens[0]
            self.completion_tokens += tokens[1]
            with open(self.path, "a", encoding="utf-8") as stream:
                stream.write(json.dumps(entry) + "\n")

    def check(self) -> None:
        """Raise a UserError once `max_cost` is spent."""
        if self.max_cost and self.cost >= self.max_cost:
            raise UserError(
                f"max_cost {self.max_cost:g} is spent ({self.summary()}); what was captioned is kept"
            )

    def summary(self) -> str:
        spent = (
            f", {self.cost:.4f} by the stated prices"
            if self.prompt_price or self.completion_price
            else ""
        )
        return f"{self.model}: {self.answers:,} answers, {self.prompt_tokens:,} + {self.completion_tokens:,} tokens{spent}"


class ChatEndpoint:
    """`ask` may be called from several threads."""

    def __init__(
        self,
        base_url: str,
        key: str,
        timeout_seconds: float,
        max_retries: int,
        backoff_seconds: float,
        requests_per_minute: float,
        ledger: CostLedger,
    ):
        self.url = f"{base_url.rstrip('/')}/chat/completions"
        self._key, self.timeout_seconds, self.max_retries, self.backoff_seconds = (
            key,
            timeout_seconds,
            max_retries,
            backoff_seconds,
        )
        self.pause_seconds = 60 / requests_per_minute if requests_per_minute else 0.0
        self.ledger = ledger
        self._next = 0.0
        self._lock, self._stopped = threading.Lock(), threading.Event()
        self._opener = urllib.request.build_opener(_NoRedirect)

    def stop(self) -> None:
        """End every wait; no further call is made."""
        self._stopped.set()

    def ask(self, body: dict[str, Any]) -> str:
        """Return the text of the answer.

        Raises:
            Refused: this request is not answered, others may be.
            UserError: no request will be: a wrong key, address or model, no answer after all retries, or the money is spent.
            Stopped: one before it raised that.
        """
        try:
            return self._ask(body)
        except UserError:
            self.stop()
            raise

    def _ask(self, body: dict[str, Any]) -> str:
        for attempt in range(self.max_retries + 1):
            self._wait_for_turn()
            if self._stopped.is_set():
                raise Stopped
            self.ledger.check()
            try:
                return self._call(body)
            except _TryAgain as failure:
                if attempt == self.max_retries:
                    reason = self._without_key(str(failure))
                    raise UserError(
                        f"{self.url}: {reason}, {attempt + 1} times; what was captioned is kept"
                    ) from None
                wait = (
                    failure.wait_seconds
                    if failure.wait_seconds is not None
                    else self.backoff_seconds * 2**attempt
                )
                self._stopped.wait(min(wait, MAX_WAIT_SECONDS))
        raise AssertionError("unreachable")

    def _wait_for_turn(self) -> None:
        if not self.pause_seconds:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self.pause_seconds
        self._stopped.wait(turn - now)

    def _call(self, body: dict[str, Any]) -> str:
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self._key}"} if self._key else {}
        )
        request = urllib.request.Request(self.url, json.dumps(body).encode(), headers)
        try:
            with self._opener.open(request, timeout=self.timeout_seconds) as response:
                answer = json.loads(response.read())
        except urllib.error.HTTPError as error:
            with error:
                self._fail(error)
        except (OSError, http.client.HTTPException) as error:  # URLError and time-outs are OSErrors
            raise _TryAgain(
                f"no answer ({getattr(error, 'reason', None) or type(error).__name__})"
            ) from None
        except ValueError:
            raise _TryAgain("the answer is not JSON") from None
        self.ledger.add(answer.get("usage") or {} if isinstance(answer, dict) else {})
        try:
            choice = answer["choices"][0]
            text = choice["message"].get("content") or ""
        except (KeyError, IndexError, TypeError, AttributeError):
            raise _TryAgain("the answer holds no choice") from None
        if not text.strip():
            raise Refused(f"an empty answer (finish_reason {choice.get('finish_reason')})")
        return str(text).strip()

    def _fail(self, error: urllib.error.HTTPError) -> None:
        """Raise what an HTTP status means."""
        detail = self._without_key(" ".join(error.read(2000).decode("utf-8", "replace").split()))[
            :300
        ]
        if error.code in REFUSALS:
            raise Refused(f"HTTP {error.code}: {detail}")
        if error.code in TRY_AGAIN:
            wait = error.headers.get("Retry-After", "")
            raise _TryAgain(
                f"HTTP {error.code}: {detail}",
                float(wait) if wait.replace(".", "", 1).isdigit() else None,
            )
        raise UserError(f"{self.url}: HTTP {error.code}: {detail}") from None

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text
