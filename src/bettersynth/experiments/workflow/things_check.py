"""Questions about things that must be seen, checked before the first stage: whether there is
anything to show, and whether the stored baseline was measured as this run is.
"""

from __future__ import annotations

from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.baseline_scores import baseline_of, require_same_questions
from bettersynth.settings.benchmark import BenchmarkSettings
from bettersynth.settings.instruction import InstructionSettings
from bettersynth.settings.score import ScoreSettings
from bettersynth.settings.source import SourceSettings


def require_things(
    benchmark: BenchmarkSettings,
    instruction: InstructionSettings,
    source: SourceSettings,
    score: ScoreSettings,
) -> None:
    """Pass if boards with things can be drawn where they are asked for, and a stored baseline
    is there, was measured by the headline's protocol and answered the same kind of TextVQA
    questions.

    Raises:
        UserError: no package gives pictures of concepts, or as `baseline_of` and
            `require_same_questions`.
    """
    is_drawn = not benchmark.textvqa.annotations
    benchmark_things = benchmark.textvqa.things if is_drawn else 0
    asked = {
        "benchmark.textvqa.things": benchmark_things,
        "instruction.things": 0 if instruction.file else instruction.things,
    }
    for setting, count in asked.items():
        if count and not source.wanted_packages:
            raise UserError(
                f"params.yaml: {setting} is {count}, but without packages (source.embedded is "
                f"false) there are no pictures of things to draw; set {setting} to 0, or "
                "source.embedded to true"
            )
    baseline = baseline_of(score)
    # of published questions nothing is known yet
    if is_drawn and baseline:
        where = f"params.yaml: score.baseline is {score.baseline}"
        require_same_questions(baseline, benchmark_things > 0, where)
