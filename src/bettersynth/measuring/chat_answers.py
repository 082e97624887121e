"""Answers of a chat model, asked for once: each is kept in the score cache by what was asked.

The model is behind an OpenAI-compatible endpoint, whose money is counted as that of captions is.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any

import numpy as np

from bettersynth.data.files.code_digest import code_digest
from bettersynth.data.files.hashing import content_key
from bettersynth.measuring.captioning import deciding
from bettersynth.measuring.score_cache import ColumnIdentity, ScoreColumn
from bettersynth.models.captioners import openai_endpoint
from bettersynth.models.generation.chat_endpoint import ChatEndpoint, Refused, Stopped
from bettersynth.models.generation.cost_ledger import CostLedger
from bettersynth.settings.reading import read_settings

VERSION = 1
# the operator that `bettersynth cache` lists answers under, whichever asked for them
CACHE_NAME = "llm_analysis_filter"


@dataclasses.dataclass(frozen=True)
class Question:
    """What is asked: a system prompt, the words of the user, and the number of the try."""

    system: str
    user: str
    number: int = 0


class CachedChat:
    """A chat model behind the cache; it is asked when the first answer is missing."""

    def __init__(self, settings: openai_endpoint.Settings, top_p: float | None, seed: int):
        self.settings = settings
        self.top_p = top_p
        self.seed = seed
        decides = dataclasses.asdict(deciding(openai_endpoint, settings))
        decides |= {"top_p": top_p, "seed": seed}
        self.column = ScoreColumn(
            ColumnIdentity(CACHE_NAME, VERSION, decides, settings.model, chat_code())
        )
        self._endpoint: ChatEndpoint | None = None

    def ask(self, questions: Sequence[Question]) -> tuple[dict[Question, str], dict[Question, str]]:
        """Return the answers, and the reasons of the questions that were refused one.

        Each answer is in the cache before the next is waited for. A refusal is not kept: the next
        run asks again.

        Raises:
            UserError: no question will be answered: a wrong key, address or model, no answer after
                all retries, or the money is spent.
        """
        keys = {question: _key(question) for question in questions}
        known = self.column.get(list(keys.values()))
        answers: dict[Question, str] = {}
        for question, key in keys.items():
            if key in known:
                answers[question] = known[key][0]
        refused: dict[Question, str] = {}
        missing = [question for question in keys if question not in answers]
        if not missing:
            return answers, refused
        endpoint = self._opened()
        with ThreadPoolExecutor(self.settings.parallel) as pool:
            under_way: dict[Future[str], Question] = {}
            for question in missing:
                under_way[pool.submit(endpoint.ask, self._body(question))] = question
            failure = None
            for future in as_completed(under_way):
                question = under_way[future]
                try:
                    answers[question] = future.result()
                except Refused as refusal:
                    refused[question] = str(refusal)
                except Exception as error:
                    # the answers under way are kept first: they are paid for
                    failure = error if failure is None or isinstance(failure, Stopped) else failure
                else:
                    self.column.put({keys[question]: [answers[question]]})
        if failure is not None:
            raise failure
        return answers, refused

    def _opened(self) -> ChatEndpoint:
        settings = self.settings
        if self._endpoint is None:
            ledger = CostLedger(
                settings.model, settings.prompt_price, settings.completion_price, settings.max_cost
            )
            self._endpoint = ChatEndpoint(
                settings.base_url,
                openai_endpoint.key_from(settings.key_env),
                settings.timeout_seconds,
                settings.max_retries,
                settings.backoff_seconds,
                settings.requests_per_minute,
                ledger,
            )
        return self._endpoint

    def _body(self, question: Question) -> dict[str, Any]:
        """Return the JSON of one call; its seed is fixed by what is asked and the seed."""
        rng = np.random.default_rng([self.seed, *_key(question)])
        body: dict[str, Any] = {
            "model": self.settings.model,
            "messages": [
                {"role": "system", "content": question.system},
                {"role": "user", "content": question.user},
            ],
            self.settings.tokens_field: self.settings.max_tokens,
            "temperature": self.settings.temperature,
            "seed": int(rng.integers(2**31)),
        }
        if self.top_p is not None:
            body["top_p"] = self.top_p
        return body


def chat_code() -> str:
    """Return the digest of the code that asks for answers."""
    return code_digest("bettersynth.measuring.chat_answers")


def _key(question: Question) -> bytes:
    return content_key([question.system, question.user, str(question.number)])


def load_chat(settings: dict[str, Any], top_p: float | None, seed: int, where: str) -> CachedChat:
    """Return the chat model of these settings of an endpoint, one for each in a process.

    Raises:
        UserError: a wrong setting.
    """
    # a process that was forked off must not use the connections of its parent
    return _load(json.dumps(settings, sort_keys=True), top_p, seed, where, os.getpid())


@functools.lru_cache(maxsize=4)
def _load(settings: str, top_p: float | None, seed: int, where: str, _process: int) -> CachedChat:
    read = read_settings(openai_endpoint.Settings, json.loads(settings), where)
    return CachedChat(read, top_p, seed)
