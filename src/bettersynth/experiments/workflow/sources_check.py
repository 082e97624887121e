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

    Of files that take longer to read the columns, or the first row, are looked at; the rest is left
    to the stage `fetch`.

    Raises:
        UserError: an unknown or missing name, a weight too small for a single visit, pictures of a
            package that is not listed, or as `read_own_files`.
    """
    _require_packages(source)
    stage_one = source.types_in("pool")
    require_known(mix.weights, stage_one, stage_one.values(), "params.yaml: mix.weights")
    stage_two = dict.fromkeys(instruction.parts, "instruction") | source.types_in("instruction")
    where = "params.yaml: instruction.weights"
    require_known(instruction.weights, stage_two, stage_two.values(), where)
    _require_visited(mix.weights, mix.visits, "mix")
    _require_visited(instruction.weights, instruction.visits, "instruction")
    own = _at_hand(source)
    if own:
        # Pillow and pyarrow, which other sources do without here
        from bettersynth.data.sources.jsonl import require_first_row
        from bettersynth.data.sources.own_files import read_own_files

        quick = _quickly_read(own)
        for name, file in own.items():
            if name not in quick:
                require_first_row(file, source.sources[name].type if name else "caption")
        read_own_files(source, quick)


def _require_packages(source: SourceSettings) -> None:
    """Pass if the packages are listed whose pictures the sources name."""
    for name, one in source.sources.items():
        for pictures in one.of:
            if pictures not in source.package_pictures:
                raise UserError(
                    f"params.yaml: source.sources.{name}.of names {pictures}, whose package "
                    f"source.packages lacks; list it as conf/source/clipart_styles.yaml does"
                )


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


def _at_hand(source: SourceSettings) -> dict[str, Path]:
    """Return the user's files that are there, by the name of their source."""
    files = {}
    for name, own in source.own_files.items():
        if own.name == "jsonl" and Path(own.file).exists():
            files[name] = Path(own.file)
    return files


def _quickly_read(files: Mapping[str, Path]) -> list[str]:
    """Return the sources of small files, as many as fit the limit."""
    names = []
    left = QUICKLY_READ_BYTES
    for name, file in files.items():
        left -= file.stat().st_size
        if left < 0:
            break
        names.append(name)
    return names
