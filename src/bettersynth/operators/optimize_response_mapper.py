"""Let a chat model write a sample's answer in more detail; it must fit the question."""

from __future__ import annotations

from pathlib import Path

from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.chat_writing import FieldWriter
from bettersynth.measuring.text.chat_pairs import OptimizeSettings as Settings
from bettersynth.measuring.text.chat_pairs import only, optimizer
from bettersynth.measuring.text.chat_pairs import pair_keys as keys_read

__all__ = ["READS", "VERSION", "Settings", "keys_read", "open_maker"]
READS = ("fields",)
TOLD = (
    "You improve answers: make the answer of the pair you are given more detailed and more "
    "specific, in its own language, so that it still answers the question. Write the new answer "
    "and nothing else."
)


def open_maker(settings: Settings, folder: Path) -> FieldWriter:
    """Return what asks about pairs during one run; nothing is written into `folder`."""
    return optimizer(settings, "optimize_response_mapper", TOLD, only(settings.response_key))
