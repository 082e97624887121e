"""An endpoint that speaks OpenAI's chat completions.

OpenAI itself, vLLM, SGLang, llama.cpp, Ollama, a gateway. The key comes from the environment
alone. What is spent is written to `.cache/endpoint_costs/` answer by answer.
"""

from __future__ import annotations

import base64
import io
import os
import sys
import urllib.parse
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Literal

from bettersynth.data.files.hashing import content_key
from bettersynth.data.samples.batch import Images, UnreadableImage
from bettersynth.errors import UserError
from bettersynth.models.captioners import Request
from bettersynth.models.generation.chat_endpoint import ChatEndpoint, Refused, Stopped
from bettersynth.models.generation.chat_prompts import Mode, system_prompt
from bettersynth.models.generation.cost_ledger import CostLedger

NOT_DECIDING = (
    "key_env",
    "parallel",
    "requests_per_minute",
    "timeout_seconds",
    "max_retries",
    "backoff_seconds",
    "prompt_price",
    "completion_price",
    "max_cost",
    "tokens_field",
)
NOT_NEGATIVE = (
    "requests_per_minute",
    "max_retries",
    "backoff_seconds",
    "prompt_price",
    "completion_price",
    "max_cost",
)
# requests made ready for each call at a time
AHEAD = 2
# so many and no answer yet: the fault is not the pictures'
FIRST_REFUSALS = 10


@dataclass(frozen=True)
class Settings:
    """What is asked, and how.

    `mode` chooses the system prompt; `custom` takes `system_prompt`. `key_env` names the
    environment variable with the key ("": none). A failed call is tried again up to `max_retries`
    times, after 1, 2, 4 ... times `backoff_seconds` or what the server asks for; `timeout_seconds`
    is from a call to the last byte of its answer. Prices are per million tokens; `max_cost` ends
    the run before the next call once that much is spent, or cannot be counted (0: no limit).
    `tokens_field` is what the server calls `max_tokens`. Every candidate is drawn with
    `temperature`, its `seed` sent along for servers that heed it.
    """

    model: str
    base_url: str = "https://api.openai.com/v1"
    mode: Mode = "custom"
    system_prompt: str = ""
    key_env: str = "OPENAI_API_KEY"
    max_tokens: int = 500
    tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: float = 1.0
    detail: Literal["low", "high", "auto"] = "low"
    parallel: int = 4
    requests_per_minute: float = 0.0
    timeout_seconds: float = 120.0
    max_retries: int = 6
    backoff_seconds: float = 1.0
    prompt_price: float = 0.0
    completion_price: float = 0.0
    max_cost: float = 0.0

    def __post_init__(self) -> None:
        address = urllib.parse.urlsplit(self.base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise UserError(
                "captioner openai_endpoint: base_url must begin with http:// or https:// "
                "and name a host"
            )
        if address.username or address.password or address.query:
            raise UserError(
                "captioner openai_endpoint: base_url must hold no user, password or query; "
                "keys come from the environment"
            )
        for name in ("max_tokens", "parallel", "timeout_seconds"):
            if not getattr(self, name) > 0:
                raise UserError(
                    f"captioner openai_endpoint: {name} is {getattr(self, name)}; "
                    "it must be above 0"
                )
        for name in NOT_NEGATIVE:
            if not getattr(self, name) >= 0:
                raise UserError(
                    f"captioner openai_endpoint: {name} is {getattr(self, name)}; "
                    "it must be 0 or more"
                )


def model_hash(settings: Settings) -> str:
    """Return "": nobody can hash the weights; model and base_url are settings."""
    return ""


def load(settings: Settings) -> Captioner:
    """Return the captioner; nothing is asked yet.

    Raises:
        UserError: the environment holds no key.
    """
    return Captioner(settings)


class Captioner:
    """Several calls at a time; each caption is handed over as its answer comes in."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.answered = 0
        self.refused = 0
        ledger = CostLedger(
            settings.model, settings.prompt_price, settings.completion_price, settings.max_cost
        )
        self.endpoint = ChatEndpoint(
            settings.base_url,
            key_from(settings.key_env),
            settings.timeout_seconds,
            settings.max_retries,
            settings.backoff_seconds,
            settings.requests_per_minute,
            ledger,
        )

    def caption(
        self, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        """Yield each caption as its answer comes in.

        Where something ends the run, the answers under way are yielded first: they are paid for.
        """
        with ThreadPoolExecutor(self.settings.parallel) as pool:
            try:
                yield from self._answers(pool, images, requests, seed)
            except (KeyboardInterrupt, GeneratorExit):
                self.endpoint.stop()
                raise

    def _answers(
        self, pool: ThreadPoolExecutor, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        # raised at the end: the answers under way are yielded first, they are paid for
        failure: UserError | UnreadableImage | None = None
        under_way: dict[Future[str], int] = {}
        todo = iter(enumerate(requests))
        while True:
            # Few are made ready ahead: each holds a picture in memory.
            while failure is None and len(under_way) < self.settings.parallel * AHEAD:
                position, request = next(todo, (-1, None))
                if request is None:
                    break
                try:
                    body = self.body(images, request, seed)
                except UnreadableImage as error:
                    failure = error
                else:
                    under_way[pool.submit(self.endpoint.ask, body)] = position
            if not under_way:
                break
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                position = under_way.pop(future)
                try:
                    text = self._text(future)
                except Stopped:
                    continue
                except UserError as error:
                    # The first one counts, but before an unreadable picture: it concerns them all.
                    failure = failure if isinstance(failure, UserError) else error
                    self.endpoint.stop()
                    continue
                yield {position: text}
        if failure:
            raise failure

    def _text(self, future: Future[str]) -> str:
        """Return the caption of an answer, "" of a refusal.

        Raises:
            UserError: this and all other requests fail, or the first of all were refused.
            Stopped: an earlier one raised that before this one was made.
        """
        try:
            text = future.result()
        except Refused as refusal:
            print(f"{self.settings.model} gave no caption: {refusal}", file=sys.stderr)
            self.refused += 1
            if not self.answered and self.refused >= FIRST_REFUSALS:
                raise UserError(
                    f"{self.endpoint.url} refused the first {self.refused} requests; "
                    f"the last: {refusal}"
                ) from None
            return ""
        self.answered += 1
        return text

    def close(self) -> None:
        """Say what was spent."""
        print(self.endpoint.ledger.summary())

    def body(self, images: Images, request: Request, seed: int) -> dict[str, Any]:
        """Return the JSON of one call."""
        return {
            "model": self.settings.model,
            "messages": self._messages(images, request),
            self.settings.tokens_field: self.settings.max_tokens,
            "temperature": self.settings.temperature,
            "seed": seed_of(images.sha256(request.image), request, seed),
        }

    def _messages(self, images: Images, request: Request) -> list[dict[str, Any]]:
        picture = {"url": as_jpeg(images, request.image), "detail": self.settings.detail}
        content: list[dict[str, Any]] = [{"type": "image_url", "image_url": picture}]
        if request.prompt:
            content.insert(0, {"type": "text", "text": request.prompt})
        messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
        told = system_prompt(self.settings.mode, self.settings.system_prompt)
        if told:
            messages.insert(0, {"role": "system", "content": told})
        return messages


def as_jpeg(images: Images, name: str) -> str:
    """Return a picture as a data address."""
    stream = io.BytesIO()
    images.picture(name).save(stream, "JPEG", quality=95)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"


def seed_of(image_sha256: str, request: Request, seed: int) -> int:
    """Return the seed of one call, 31 bits: fixed by picture, prompt, candidate and `seed`."""
    import numpy as np

    key = content_key([image_sha256, request.prompt, str(seed), str(request.candidate)])
    return int(np.random.default_rng(list(key)).integers(2**31))


def key_from(variable: str) -> str:
    """Return the key in an environment variable, "" if none is asked for.

    Raises:
        UserError: the variable is not set.
    """
    if not variable:
        return ""
    # it may be a key, so it is not repeated
    if not variable.isidentifier():
        raise UserError(
            "captioner openai_endpoint: key_env must be the name of an environment variable, "
            "such as OPENAI_API_KEY"
        )
    key = os.environ.get(variable, "").strip()
    if not key:
        raise UserError(
            f"captioner openai_endpoint: set the environment variable {variable} to the key "
            "(or key_env to '' for none)"
        )
    if not (key.isascii() and key.isprintable()):
        raise UserError(
            f"captioner openai_endpoint: the key in {variable} holds characters that no header "
            "can carry"
        )
    return key
