"""The section `instruction` of `params.yaml`: the fixed data of stage 2."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bettersynth.errors import UserError
from bettersynth.settings.signs import SignKinds, TokenCase, require_shares
from bettersynth.settings.weights import require_weights


@dataclass(frozen=True, kw_only=True)
class PictureKinds:
    """Shares of the questions about pictures.

    The answer of `choice` is a letter, of `concept` a name, of `describe` the caption.
    """

    choice: float
    concept: float
    describe: float


@dataclass(frozen=True, kw_only=True)
class InstructionSettings:
    """The section `instruction`.

    `questions_per_picture`: conversations for each picture. `same_group`: share of choice questions
    whose wrong options are all of the answer's group. `signs`: sign boards, one question each.
    `things`: boards that show a thing between three names, one question each.
    `file` and `images`: a LLaVA json and its folder of pictures to take instead of all that; at
    most `max_reject_share` may be unusable. `weights` part `visits` conversations in all among
    `pictures`, `signs`, `things` (or `published`, the file's) and the sources of the split
    instruction, or among types. `reads` is for DVC alone: what it watches.
    """

    BOUNDS: ClassVar = {
        "questions_per_picture": (0, 1000),
        "signs": (0, 1_000_000),
        "things": (0, 1_000_000),
        "same_group": (0, 1),
        "max_reject_share": (0, 1),
        "visits": (1, 20_000_000),
    }

    seed: int
    questions_per_picture: int
    picture_kinds: PictureKinds
    same_group: float
    signs: int
    sign_kinds: SignKinds
    token_case: TokenCase
    # conf/instruction/things.yaml
    things: int = 0
    # nano makes its own; conf/instruction/mgm_2b.yaml names the challenge's.
    file: str | None = None
    images: str | None = None
    max_reject_share: float = 0.01
    # conf/experiment/three_types.yaml
    weights: dict[str, float] = field(default_factory=dict)
    visits: int | None = None
    reads: str

    def __post_init__(self) -> None:
        if bool(self.file) != bool(self.images):
            raise UserError(
                "params.yaml: instruction needs both file and images, or neither "
                "(built instruction data)"
            )
        if not self.file:
            require_shares(self.picture_kinds, "params.yaml: instruction.picture_kinds")
        if self.signs:
            require_shares(self.sign_kinds, "params.yaml: instruction.sign_kinds")
        require_weights(self.weights, "params.yaml: instruction.weights")
        if bool(self.weights) != bool(self.visits):
            raise UserError(
                "params.yaml: instruction needs both weights and visits (which the weights part), "
                "or neither"
            )

    @property
    def parts(self) -> list[str]:
        """The names, for `weights`, of what no source of the pool gives."""
        if self.file:
            return ["published"]
        counts = {
            "pictures": self.questions_per_picture,
            "signs": self.signs,
            "things": self.things,
        }
        return [name for name, count in counts.items() if count]
