"""Asking a chat model until its answer can be read, and the settings of all who ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from bettersynth.errors import UserError
from bettersynth.measuring.chat_answers import CachedChat, Question, load_chat

SAMPLING = ("temperature", "top_p", "max_tokens")

Read = TypeVar("Read")


def require_asking(
    model_params: Mapping[str, Any], sampling_params: Mapping[str, Any], try_num: int
) -> None:
    """Pass if these settings of an operator can be obeyed.

    Raises:
        UserError: a key in a recipe, an unknown parameter, or no try.
    """
    if try_num < 1:
        raise UserError(f"try_num is {try_num}; it must be 1 or more")
    if "api_key" in model_params:
        raise UserError("model_params must not hold an api_key; it comes from the environment")
    _refuse_unknown("model_params", model_params, ("base_url",))
    _refuse_unknown("sampling_params", sampling_params, SAMPLING)


def _refuse_unknown(where: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise UserError(f"{where} has no {name}; known are: {', '.join(known)}")


def open_chat(
    model: str,
    model_params: Mapping[str, Any],
    sampling_params: Mapping[str, Any],
    settings: Mapping[str, Any],
    seed: int,
    operator: str,
) -> CachedChat:
    """Return the chat model that an operator asks; `settings` are further ones of the endpoint.

    Raises:
        UserError: a wrong setting.
    """
    endpoint = {"model": model, "temperature": 0.0, **settings}
    sampling = dict(sampling_params)
    top_p = sampling.pop("top_p", None)
    endpoint |= {**model_params, **sampling}
    return load_chat(endpoint, top_p, seed, f"{operator}: settings")


def answered(
    chat: CachedChat, told: str, asked: Sequence[str], read: Callable[[str], Read], tries: int
) -> tuple[dict[str, Read], dict[str, str]]:
    """Return what `read` makes of the answer to each of `asked`, under the system prompt `told`,
    and the reasons of those without an answer that can be read, after `tries` tries.

    `read` raises ValueError for an answer that it cannot read. Equal words are asked once.

    Raises:
        UserError: the endpoint answers nobody.
    """
    answers: dict[str, Read] = {}
    reasons: dict[str, str] = {}
    for number in range(tries):
        left = [words for words in dict.fromkeys(asked) if words not in answers]
        texts, refused = chat.ask([Question(told, words, number) for words in left])
        for question, text in texts.items():
            try:
                answers[question.user] = read(text)
            except ValueError as error:
                reasons[question.user] = str(error)
        reasons |= {question.user: reason for question, reason in refused.items()}
    return answers, {words: reasons[words] for words in asked if words not in answers}
