"""The section `instruction` of `params.yaml`: the fixed data of stage 2."""

from __future__ import annotations

from dataclasses import dataclass

from bettersynth.errors import UserError
from bettersynth.settings.signs import SignKinds, TokenCase


@dataclass(frozen=True)
class PictureKinds:
    """Shares of the questions about pictures.

    The answer of `choice` is a letter, of `concept` a name, of `describe` the caption.
    """

    choice: float = 0.6
    concept: float = 0.3
    describe: float = 0.1


@dataclass(frozen=True)
class InstructionSettings:
    """`params.yaml: instruction`: questions that are built, or published ones that are taken.

    `questions_per_picture`: conversations for each picture. `same_group`: share of choice
    questions whose wrong options are all of the answer's group. `signs`: sign boards, one question
    each. `token_case`: OCR tokens as read, or in lower case. `file` and `images`: a LLaVA json and
    its folder of pictures to take instead of all that; at most `max_reject_share` of its
    conversations may be unusable.
    """

    seed: int = 0
    questions_per_picture: int = 1
    picture_kinds: PictureKinds = PictureKinds()
    same_group: float = 0.5
    signs: int = 1500
    sign_kinds: SignKinds = SignKinds()
    token_case: TokenCase = "lower"
    file: str | None = None
    images: str | None = None
    max_reject_share: float = 0.01
    reads: str = ""  # for DVC alone: what it watches

    def __post_init__(self) -> None:
        if bool(self.file) != bool(self.images):
            raise UserError(
                "params.yaml: instruction needs both file and images, or neither "
                "(built instruction data)"
            )
        for name in ("signs", "questions_per_picture"):
            if getattr(self, name) < 0:
                raise UserError(
                    f"params.yaml: instruction.{name} is {getattr(self, name)}; "
                    "it must be 0 or more"
                )
        if not 0 <= self.same_group <= 1:
            raise UserError(
                f"params.yaml: instruction.same_group is {self.same_group}; it must be from 0 to 1"
            )
