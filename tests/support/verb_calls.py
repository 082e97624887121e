"""Running a verb as it is typed, with what it calls replaced by a recorder."""

from __future__ import annotations

from typing import Any

import pytest

from bettersynth.cli import parser


class Recorder:
    """Stands in for a function: keeps what it was called with and returns what it was told to."""

    def __init__(self, answer: Any = None):
        self.answer = answer
        self.calls: list[tuple[Any, ...]] = []

    def __call__(self, *arguments: Any) -> Any:
        self.calls.append(arguments)
        return self.answer


def typed(*words: str) -> None:
    """Run `bettersynth WORDS` up to the call of the verb's own `run`."""
    arguments = parser().parse_args(list(words))
    arguments.action(arguments)


def recorded(monkeypatch: pytest.MonkeyPatch, target: str, answer: Any = None) -> Recorder:
    """Replace the function `target` (module.name) by a recorder and return it."""
    recorder = Recorder(answer)
    monkeypatch.setattr(target, recorder)
    return recorder
