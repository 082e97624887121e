"""Let a chat model write a sample's question and answer in more detail."""

from __future__ import annotations

from pathlib import Path

from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.chat_writing import FieldWriter
from bettersynth.measuring.text.chat_pairs import FORM, both, optimizer
from bettersynth.measuring.text.chat_pairs import OptimizeSettings as Settings
from bettersynth.measuring.text.chat_pairs import pair_keys as keys_read
from bettersynth.measuring.text.chat_pairs import require_two_groups as require_complete

__all__ = ["READS", "VERSION", "Settings", "keys_read", "open_maker", "require_complete"]
READS = ("fields",)
TOLD = (
    "You improve pairs of question and answer that a language model will be trained on: make both "
    "more detailed and more exact, in their own language. " + FORM
)


def open_maker(settings: Settings, folder: Path) -> FieldWriter:
    """Return what asks about pairs during one run; nothing is written into `folder`."""
    return optimizer(settings, "optimize_qa_mapper", TOLD, both(settings))
