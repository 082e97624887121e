"""The section `caption` of `params.yaml`: which samples get new captions, and whose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from bettersynth.errors import UserError

CaptionedSamples = Literal["all", "kept", "dropped"]
CandidateMode = Literal["random_any", "similar_one_simhash", "all", "best_similarity"]
PROMPT_COLUMNS = ("text", "source", "style", "concept", "group")
"""Columns of data/pool/samples.parquet that may hold a prompt for each sample."""


@dataclass(frozen=True, kw_only=True)
class CaptionSettings:
    """`params.yaml: caption`: samples with `min_score <= image_text_similarity <= max_score` get
    `caption_num` new captions.

    `of` says of which samples: all of the pool, those that the filter kept, or those that it
    dropped.
    `settings` are the captioner's own. `prompt_key` names a column of samples.parquet with a prompt
    for each sample (where it is blank, `prompt` serves). `keep_candidate_mode` says which of the
    captions go on to restats and mix, which takes the best of them; without `keep_original_sample`
    a described sample is used with a new caption or not at all. `captioner: none` makes no
    captions.
    """

    BOUNDS: ClassVar = {
        "caption_num": (1, 1000),
        "max_reject_share": (0, 1),
    }

    captioner: str
    of: CaptionedSamples
    settings: dict[str, Any]
    prompt: str
    prompt_key: str | None
    caption_num: int
    keep_candidate_mode: CandidateMode
    keep_original_sample: bool
    min_score: float
    max_score: float
    seed: int
    # Of the pictures: captioners refuse some.
    max_reject_share: float = 0.05

    def __post_init__(self) -> None:
        if self.prompt_key not in (None, *PROMPT_COLUMNS):
            raise UserError(
                f"params.yaml: caption.prompt_key is {self.prompt_key!r}; "
                f"allowed: {', '.join(PROMPT_COLUMNS)}"
            )
        if not self.min_score <= self.max_score:
            raise UserError(
                f"params.yaml: caption.min_score {self.min_score} is above "
                f"caption.max_score {self.max_score}"
            )


def keeps_originals(params: dict[str, Any]) -> bool:
    """Return `caption.keep_original_sample`, all that the mix stage depends on of this section.

    Raises:
        UserError: it is neither true nor false.
    """
    value = (params.get("caption") or {}).get("keep_original_sample")
    if not isinstance(value, bool):
        raise UserError(
            f"params.yaml: caption.keep_original_sample is {value!r}; allowed: true, false"
        )
    return value
