"""Calls to an OpenAI-compatible endpoint: spaced, repeated when they fail, paid for in the open.

Nothing that a server sends is believed: time, size and shape of an answer have limits, and the key
never leaves this module.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Mapping
from typing import Any

from bettersynth.data.files.reading import parse_json
from bettersynth.data.samples.text_form import caption_fault
from bettersynth.errors import UserError
from bettersynth.models.generation.cost_ledger import CostLedger
from bettersynth.models.generation.limited_http import Answer, NoAnswer, opener, post
from bettersynth.models.generation.secret import Secret

MAX_WAIT_SECONDS = 60.0
MAX_ANSWER_BYTES = 8 * 2**20
# of the server or of the moment: the same call may succeed later (425 too early, 529 overloaded)
TRY_AGAIN = (408, 409, 425, 429, 500, 502, 503, 504, 529)
# of this one picture or prompt
REFUSALS = (400, 413, 415, 422)


class Refused(Exception):
    """The endpoint answered, but not with a caption."""


class Stopped(Exception):
    """An earlier request failed for good: this one was not made."""


class _TryAgain(Exception):
    def __init__(self, reason: str, wait_seconds: float | None = None):
        super().__init__(reason)
        self.wait_seconds = wait_seconds


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
        """`timeout_seconds` is from a call to the last byte of its answer."""
        self.url = f"{base_url.rstrip('/')}/chat/completions"
        self._secret = Secret(key)
        self.timeout_seconds = timeout_seconds
        self.max_retries = max_retries
        self.backoff_seconds = backoff_seconds
        self.pause_seconds = 60 / requests_per_minute if requests_per_minute else 0.0
        self.ledger = ledger
        self._next = 0.0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._opener = opener()

    def stop(self) -> None:
        """End every wait; no further call is made."""
        self._stopped.set()

    def ask(self, body: dict[str, Any]) -> str:
        """Return the text of the answer.

        Raises:
            Refused: this request is not answered, others may be.
            UserError: no request will be: a wrong key, address or model, no answer after all
                retries, or the money is spent.
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
                    reason = self._secret.shown(str(failure))
                    raise UserError(
                        f"{self.url}: {reason}, {attempt + 1} times; what was captioned is kept"
                    ) from None
                wait = failure.wait_seconds
                if wait is None:
                    wait = self.backoff_seconds * 2**attempt
                # not `time.sleep`: `stop` ends the wait
                self._stopped.wait(min(wait, MAX_WAIT_SECONDS))
        raise AssertionError("unreachable")

    def _wait_for_turn(self) -> None:
        if not self.pause_seconds:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            # a turn is taken under the lock and waited for outside it: other threads queue behind
            self._next = turn + self.pause_seconds
        self._stopped.wait(turn - now)

    def _call(self, body: dict[str, Any]) -> str:
        headers = {"Content-Type": "application/json"}
        if self._secret.key:
            headers["Authorization"] = f"Bearer {self._secret.key}"
        content = json.dumps(body).encode()
        try:
            answer = post(
                self._opener, self.url, content, headers, self.timeout_seconds, MAX_ANSWER_BYTES
            )
        except NoAnswer as failure:
            raise _TryAgain(str(failure)) from None
        if not 200 <= answer.status < 300:
            self._fail(answer)
        try:
            value = parse_json(answer.body, "the answer")
        except UserError:
            raise _TryAgain("the answer is not JSON") from None
        # before the answer is judged: a refused one is paid for too
        self.ledger.add(value.get("usage") if isinstance(value, dict) else None)
        return self._caption(value)

    def _caption(self, value: Any) -> str:
        """Return the caption that an answer holds.

        Raises:
            _TryAgain: it holds no choice.
            Refused: its choice is no text that can be a caption.
        """
        try:
            choice = value["choices"][0]
            text = choice["message"].get("content") or ""
        except (KeyError, IndexError, TypeError, AttributeError):
            raise _TryAgain("the answer holds no choice") from None
        if not isinstance(text, str):
            raise Refused(f"the answer's content is of type {type(text).__name__}, not text")
        text = text.strip()
        if not text:
            finish = self._secret.shown(str(choice.get("finish_reason")))
            raise Refused(f"an empty answer (finish_reason {finish})")
        if self._secret.is_told_by(text):
            raise Refused("the answer repeats the key")
        if fault := caption_fault(text):
            raise Refused(f"the answer {fault}")
        return text

    def _fail(self, answer: Answer) -> None:
        """Raise what an HTTP status means."""
        detail = self._secret.shown(answer.body.decode("utf-8", "replace"))
        reason = f"HTTP {answer.status}: {detail}"
        if answer.status in REFUSALS:
            raise Refused(reason)
        if answer.status in TRY_AGAIN:
            raise _TryAgain(reason, _seconds_asked_for(answer.headers))
        if 300 <= answer.status < 400:
            to = self._secret.shown(answer.headers.get("Location", "")) or "nowhere"
            reason = f"HTTP {answer.status}: a redirect to {to}, which is not followed"
        raise UserError(f"{self.url}: {reason}")


def _seconds_asked_for(headers: Mapping[str, str]) -> float | None:
    """Return the header Retry-After in seconds, None where it is missing, a date or no number."""
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return None
    return seconds if seconds >= 0 and math.isfinite(seconds) else None
