"""Calls to an OpenAI-compatible endpoint: spaced, repeated when they fail, paid for in the open.

The key never leaves this module: it is in no message, and no redirect takes it to another host.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any, NoReturn

from bettersynth.errors import UserError
from bettersynth.models.generation.cost_ledger import CostLedger

MAX_WAIT_SECONDS = 60.0
TRY_AGAIN = (408, 409, 425, 429, 500, 502, 503, 504, 529)
REFUSALS = (400, 413, 415, 422)  # of this one picture or prompt
DETAIL_BYTES = 2000  # of what an error's answer says, so much is read
DETAIL_LENGTH = 300  # and so much is shown


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


class ChatEndpoint:
    """`ask` may be called from several threads.

    A failed call is made again up to `max_retries` times, after 1, 2, 4 ... times
    `backoff_seconds` or what the server asks for; `requests_per_minute` 0 is no limit.
    """

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
        self._key = key
        self.timeout_seconds = timeout_seconds
        self.max_retries = max_retries
        self.backoff_seconds = backoff_seconds
        self.pause_seconds = 60 / requests_per_minute if requests_per_minute else 0.0
        self.ledger = ledger
        self._next_turn = 0.0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._opener = urllib.request.build_opener(_NoRedirect)

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
                    reason = self._without_key(str(failure))
                    raise UserError(
                        f"{self.url}: {reason}, {attempt + 1} times; what was captioned is kept"
                    ) from None
                wait_seconds = failure.wait_seconds
                if wait_seconds is None:
                    wait_seconds = self.backoff_seconds * 2**attempt
                self._stopped.wait(min(wait_seconds, MAX_WAIT_SECONDS))
        raise AssertionError("unreachable")

    def _wait_for_turn(self) -> None:
        if not self.pause_seconds:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next_turn)
            self._next_turn = turn + self.pause_seconds
        self._stopped.wait(turn - now)

    def _call(self, body: dict[str, Any]) -> str:
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(self.url, json.dumps(body).encode(), headers)
        try:
            with self._opener.open(request, timeout=self.timeout_seconds) as response:
                answer = json.loads(response.read())
        except urllib.error.HTTPError as error:
            with error:
                self._fail(error)
        except (OSError, http.client.HTTPException) as error:  # URLError and time-outs are OSErrors
            reason = getattr(error, "reason", None) or type(error).__name__
            raise _TryAgain(f"no answer ({reason})") from None
        except ValueError:
            raise _TryAgain("the answer is not JSON") from None
        # Whatever the answer holds, it is paid for.
        self.ledger.add(answer.get("usage") or {} if isinstance(answer, dict) else {})
        try:
            choice = answer["choices"][0]
            text = choice["message"].get("content") or ""
        except (KeyError, IndexError, TypeError, AttributeError):
            raise _TryAgain("the answer holds no choice") from None
        if not text.strip():
            raise Refused(f"an empty answer (finish_reason {choice.get('finish_reason')})")
        return str(text).strip()

    def _fail(self, error: urllib.error.HTTPError) -> NoReturn:
        """Raise what an HTTP status means."""
        answer = error.read(DETAIL_BYTES).decode("utf-8", "replace")
        detail = self._without_key(" ".join(answer.split()))[:DETAIL_LENGTH]
        if error.code in REFUSALS:
            raise Refused(f"HTTP {error.code}: {detail}")
        if error.code in TRY_AGAIN:
            asked = error.headers.get("Retry-After", "")  # seconds, or a date, which is passed over
            wait_seconds = float(asked) if asked.replace(".", "", 1).isdigit() else None
            raise _TryAgain(f"HTTP {error.code}: {detail}", wait_seconds)
        raise UserError(f"{self.url}: HTTP {error.code}: {detail}") from None

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text
