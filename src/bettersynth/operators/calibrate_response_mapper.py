"""Let a chat model correct a sample's answer by the sample's text."""

from __future__ import annotations

from pathlib import Path

from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.chat_writing import FieldWriter
from bettersynth.measuring.text.chat_pairs import CalibrateSettings as Settings
from bettersynth.measuring.text.chat_pairs import answer_in, calibrator
from bettersynth.measuring.text.chat_pairs import pair_keys as keys_read

__all__ = ["READS", "VERSION", "Settings", "keys_read", "open_maker"]
READS = ("text", "fields")
TOLD = (
    "You correct answers by a reference text: make the answer of the pair you are given more "
    "detailed and more exact, in its own language, true to the reference, so that it still "
    "answers the question. Write the new answer and nothing else."
)


def open_maker(settings: Settings, folder: Path) -> FieldWriter:
    """Return what asks about pairs during one run; nothing is written into `folder`."""
    return calibrator(settings, "calibrate_response_mapper", TOLD, answer_in(settings))
