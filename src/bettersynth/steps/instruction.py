"""Stage 2's fixed instruction data, LLaVA json: `data/instruction/`.

Run alone: `python -m bettersynth.steps.instruction`. Beside the json lie the drawn boards
only, all other pictures are the pool's; published data brings pictures of its own.
"""

from __future__ import annotations

from pathlib import Path

from bettersynth.data.instruction.arranging import arranged
from bettersynth.data.instruction.making import make_instruction
from bettersynth.data.instruction.published_files import take_instruction
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.instruction import InstructionSettings
from bettersynth.settings.reading import load_params, read_settings, threads


def main() -> None:
    """Run the stage `instruction` on params.yaml."""
    section = load_params().get("instruction")
    settings = read_settings(InstructionSettings, section, "params.yaml: instruction")
    if settings.file and settings.images:
        taken, aside = take_instruction(
            Path(settings.file),
            Path(settings.images),
            threads(),
            settings.max_reject_share,
            lambda parts: arranged(parts, settings),
        )
        print(f"{taken:,} conversations of {settings.file}; {aside} set aside")
    else:
        made = make_instruction(settings, threads())
        words = (
            f"{made['pictures']} conversations about pictures, {made['signs']} about sign boards"
        )
        print(f"{words}, {made['things']} about things between names" if made["things"] else words)


if __name__ == "__main__":
    run_step(main)
