"""The section `benchmark` of `params.yaml`: the questions of MMBench and TextVQA."""

from __future__ import annotations

from dataclasses import dataclass

from bettersynth.settings.signs import SignKinds, TokenCase


@dataclass(frozen=True)
class OptionCounts:
    """Shares of questions with two, three and four options."""

    two: float = 0.36
    three: float = 0.33
    four: float = 0.31


@dataclass(frozen=True)
class MMBenchSettings:
    """`file`: a real MMBench TSV to take instead of building one. `fine_grained`: share of questions whose wrong options are all of
    the answer's own group; the others' are all of other groups."""

    questions: int = 600
    fine_grained: float = 0.5
    option_counts: OptionCounts = OptionCounts()
    file: str | None = None


@dataclass(frozen=True)
class TextVQASettings:
    """`boards`: sign boards, one question each. `form_share`, `slip_share`: see `annotators.annotate`. `token_case`: OCR tokens as
    read, or in lower case. `questions`, `annotations`, `images` (a zip file or folder): the real files, all three or none."""

    boards: int = 300
    kinds: SignKinds = SignKinds()
    token_case: TokenCase = "lower"
    form_share: float = 0.15
    slip_share: float = 0.06
    questions: str | None = None
    annotations: str | None = None
    images: str | None = None


@dataclass(frozen=True)
class BenchmarkSettings:
    seed: int = 0
    mmbench: MMBenchSettings = MMBenchSettings()
    textvqa: TextVQASettings = TextVQASettings()
    reads: str = ""  # for DVC alone: what it watches
