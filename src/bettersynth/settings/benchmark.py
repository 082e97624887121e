"""The section `benchmark` of `params.yaml`: the questions of MMBench and TextVQA."""

from __future__ import annotations

from dataclasses import dataclass

from bettersynth.errors import UserError
from bettersynth.settings.signs import SignKinds, TokenCase


@dataclass(frozen=True)
class OptionCounts:
    """Shares of questions with two, three and four options."""

    two: float = 0.36
    three: float = 0.33
    four: float = 0.31


@dataclass(frozen=True)
class MMBenchSettings:
    """How MMBench's questions are made.

    `fine_grained`: share of questions whose wrong options are all of the answer's own group; the
    others' are all of other groups. `file`: a real MMBench TSV to take instead of building one.
    """

    questions: int = 600
    fine_grained: float = 0.5
    option_counts: OptionCounts = OptionCounts()
    file: str | None = None

    def __post_init__(self) -> None:
        if self.questions < 1:
            raise UserError(
                f"params.yaml: benchmark.mmbench.questions is {self.questions}; "
                "it must be 1 or more"
            )


@dataclass(frozen=True)
class TextVQASettings:
    """How TextVQA's questions are made.

    `boards`: sign boards, one question each. `token_case`: OCR tokens as read, or in lower case.
    `form_share`, `slip_share`: see `annotators.annotate`. `questions`, `annotations`, `images` (a
    zip file or folder): the real files, all three or none.
    """

    boards: int = 300
    kinds: SignKinds = SignKinds()
    token_case: TokenCase = "lower"
    form_share: float = 0.15
    slip_share: float = 0.06
    questions: str | None = None
    annotations: str | None = None
    images: str | None = None

    def __post_init__(self) -> None:
        where = "params.yaml: benchmark.textvqa"
        if self.boards < 1:
            raise UserError(f"{where}.boards is {self.boards}; it must be 1 or more")
        shares = (self.form_share, self.slip_share)
        if min(shares) < 0 or sum(shares) > 1:
            raise UserError(
                f"{where}: form_share and slip_share must be 0 or more and at most 1 together"
            )
        names = ("questions", "annotations", "images")
        given = [name for name in names if getattr(self, name)]
        lacking = [f"benchmark.textvqa.{name}" for name in names if name not in given]
        if given and lacking:
            raise UserError(
                f"benchmark.textvqa.{given[0]} is set, {', '.join(lacking)} not; "
                "the real files come together"
            )


@dataclass(frozen=True)
class BenchmarkSettings:
    seed: int = 0
    mmbench: MMBenchSettings = MMBenchSettings()
    textvqa: TextVQASettings = TextVQASettings()
    reads: str = ""  # for DVC alone: what it watches
