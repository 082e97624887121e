"""Let a chat model correct a sample's question and answer by the sample's text."""

from __future__ import annotations

from pathlib import Path

from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.chat_writing import FieldWriter
from bettersynth.measuring.text.chat_pairs import FORM, both, calibrator
from bettersynth.measuring.text.chat_pairs import CalibrateSettings as Settings
from bettersynth.measuring.text.chat_pairs import pair_keys as keys_read
from bettersynth.measuring.text.chat_pairs import require_two_groups as require_complete

__all__ = ["READS", "VERSION", "Settings", "keys_read", "open_maker", "require_complete"]
READS = ("text", "fields")
TOLD = (
    "You correct pairs of question and answer by a reference text: make both more detailed and "
    "more exact, in their own language, and true to the reference. " + FORM
)


def open_maker(settings: Settings, folder: Path) -> FieldWriter:
    """Return what asks about pairs during one run; nothing is written into `folder`."""
    return calibrator(settings, "calibrate_qa_mapper", TOLD, both(settings))
