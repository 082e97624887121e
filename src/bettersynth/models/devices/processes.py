"""Which of several processes this is. Launchers (torchrun, deepspeed) say it by the environment."""

from __future__ import annotations

import os


def is_main_process() -> bool:
    """Return whether this process is the one that writes."""
    return os.environ.get("RANK", "0") == "0"


def process_count() -> int:
    """Return how many processes share the work."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_launched() -> bool:
    """Return whether a launcher (this project's or the user's) started this process."""
    return "RANK" in os.environ
