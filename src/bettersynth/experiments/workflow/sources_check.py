"""Several sources and their weights, checked before the first stage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bettersynth.data.questions.shares import shared_counts
from bettersynth.errors import UserError
from bettersynth.settings.instruction import InstructionSettings
from bettersynth.settings.mix import MixSettings
from bettersynth.settings.source import SourceSettings
from bettersynth.settings.weights import require_known

# of all files together: what takes a second or two to read
QUICKLY_READ_BYTES = 64 * 2**20


def require_sources_and_weights(
    source: SourceSettings, mix: MixSettings, instruction: InstructionSettings
) -> None:
    """Pass if weights name what there is, and the user's files hold what they must.

    Files that take longer to read are left to the stage `fetch`.

    Raises:
        UserError: an unknown or missing name, a weight too small for a single visit, or as
            `read_own_files`.
    """
    stage_one = source.types_in("pool")
    require_known(mix.weights, stage_one, stage_one.values(), "params.yaml: mix.weights")
    stage_two = dict.fromkeys(instruction.parts, "instruction") | source.types_in("instruction")
    where = "params.yaml: instruction.weights"
    require_known(instruction.weights, stage_two, stage_two.values(), where)
    _require_visited(mix.weights, mix.visits, "mix")
    _require_visited(instruction.weights, instruction.visits, "instruction")
    names = _quickly_read(source)
    if names:
        # Pillow and pyarrow, which other sources do without here
        from bettersynth.data.sources.own_files import read_own_files

        read_own_files(source, names)


def _require_visited(weights: Mapping[str, float], visits: int | None, section: str) -> None:
    """Pass if every weight is worth a visit: a source without one would be left out unsaid."""
    if not weights or visits is None:
        return
    where = f"params.yaml: {section}.weights"
    for name, own_visits in shared_counts(weights, visits, where).items():
        if not own_visits:
            raise UserError(
                f"{where}.{name} is {weights[name]:g}, which gives it none of the {visits:,} "
                f"visits; raise it, or {section}.visits"
            )


def _quickly_read(source: SourceSettings) -> list[str]:
    """Return the sources whose files are at hand and small, as many as fit the limit."""
    names = []
    left = QUICKLY_READ_BYTES
    for name, own in source.own_files.items():
        file = Path(own.file)
        if own.name != "jsonl" or not file.is_file():
            continue
        left -= file.stat().st_size
        if left < 0:
            break
        names.append(name)
    return names
