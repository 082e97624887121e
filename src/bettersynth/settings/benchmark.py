"""The section `benchmark` of `params.yaml`: the questions of MMBench and TextVQA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bettersynth.errors import UserError
from bettersynth.settings.signs import SignKinds, TokenCase, require_shares


@dataclass(frozen=True, kw_only=True)
class OptionCounts:
    """Shares of questions with two, three and four options."""

    two: float
    three: float
    four: float


@dataclass(frozen=True, kw_only=True)
class MMBenchSettings:
    """How MMBench's questions are made.

    `fine_grained`: share of questions whose wrong options are all of the answer's own group; the
    others' are all of other groups. `file`: a real MMBench TSV to take instead of building one.
    """

    BOUNDS: ClassVar = {
        "questions": (1, 1_000_000),
        "fine_grained": (0, 1),
    }

    questions: int
    fine_grained: float
    option_counts: OptionCounts
    file: str | None

    def __post_init__(self) -> None:
        if not self.file:
            require_shares(self.option_counts, "params.yaml: benchmark.mmbench.option_counts")


@dataclass(frozen=True, kw_only=True)
class TextVQASettings:
    """How TextVQA's questions are made.

    `boards`: sign boards, one question each. `things`: boards that show a thing between three
    names, one question each; where there are any (at least two), they alone are the headline score.
    `token_case`: OCR tokens as read, or in lower case. `form_share`, `slip_share`: see
    `annotators.annotate`. `questions`, `annotations`, `images` (a zip file or folder): the real
    files, all three or none.
    """

    BOUNDS: ClassVar = {
        "boards": (1, 1_000_000),
        "things": (0, 1_000_000),
        "form_share": (0, 1),
        "slip_share": (0, 1),
    }

    boards: int
    things: int
    kinds: SignKinds
    token_case: TokenCase
    form_share: float
    slip_share: float
    questions: str | None
    annotations: str | None
    images: str | None

    def __post_init__(self) -> None:
        where = "params.yaml: benchmark.textvqa"
        shares = (self.form_share, self.slip_share)
        if sum(shares) > 1:
            raise UserError(f"{where}: form_share and slip_share must be at most 1 together")
        require_shares(self.kinds, f"{where}.kinds")
        # the two halves of a search have one each
        if self.things == 1:
            raise UserError(f"{where}.things is 1; it must be 0, or 2 and more")
        names = ("questions", "annotations", "images")
        given = [name for name in names if getattr(self, name)]
        lacking = [f"benchmark.textvqa.{name}" for name in names if name not in given]
        if given and lacking:
            raise UserError(
                f"benchmark.textvqa.{given[0]} is set, {', '.join(lacking)} not; "
                "the real files come together"
            )


@dataclass(frozen=True, kw_only=True)
class BenchmarkSettings:
    """The section `benchmark`. `reads` is for DVC alone: what it watches."""

    seed: int
    mmbench: MMBenchSettings
    textvqa: TextVQASettings
    reads: str
