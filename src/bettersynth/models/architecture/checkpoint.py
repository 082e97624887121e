"""Weights under upstream's names: writing whole models, and stage-1 files both ways.

This project's own folders use the same names, so that any of them loads in the reference's code and
the other way round.
"""

from __future__ import annotations

import re
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.errors import UserError
from bettersynth.models.architecture.image_bounds import (
    BOUND_ROWS,
    bound_rows,
    load_bound_rows,
)
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.upstream_names import (
    HEAD,
    STAGE_ONE,
    TOWERS,
    own_name,
    upstream_name,
)
from bettersynth.models.weights.reading import load_into, read_weights

# searched, not matched: files differ in what they write before these names
STAGE_ONE_TENSOR = re.compile(r"(mm_projector|vlm_uni_(query|aux|val)_projector)\..+$")


def upstream_state(
    model: MiniGemini, towers: bool = True, only: tuple[str, ...] = ()
) -> dict[str, Tensor]:
    """Return the model's tensors under upstream's names.

    A head tied to the embeddings is left out, as upstream's files do. `towers=False` leaves both
    towers out; `only` keeps names here with these prefixes.
    """
    # towers that were not trained are read from their own folders again
    left_out: tuple[str, ...] = () if towers else TOWERS
    if model.language_model.config.tie_word_embeddings:
        left_out += (HEAD,)
    state = {}
    for name, value in model.state_dict().items():
        if name.startswith(left_out):
            continue
        if only and not name.startswith(only):
            continue
        # safetensors refuses tensors that are views with gaps
        state[upstream_name(name)] = value.detach().contiguous()
    return state


def load_stage_one(model: MiniGemini, place: str | Path) -> None:
    """Fill projector and mining from a stage-1 file.

    That is this project's `projector.safetensors` or upstream's `mm_projector.bin`. Upstream's file
    also holds the towers, which do not change in stage 1; they are passed over. The embeddings of
    the tokens around pictures are filled too, where the model has such.

    Raises:
        UserError: one of the 16 tensors (for mlp2x_gelu) is missing or of another shape (a
            projector of another width is told as such), or file and model differ in whether there
            are tokens around pictures.
    """
    weights = {}
    bounds = None
    for name, value in read_weights(place).items():
        match = STAGE_ONE_TENSOR.search(name)
        if match:
            weights[own_name(f"model.{match[0]}")] = value
        # searched as above: a DeepSpeed file may write more before the name
        elif name.endswith(BOUND_ROWS):
            bounds = value
    _require_width(model, weights, str(place))
    load_bound_rows(model, bounds, str(place))
    # a stage-1 file has nothing of the rest, which stays as it is
    optional = tuple(name for name in model.state_dict() if not name.startswith(STAGE_ONE))
    load_into(model, weights, str(place), optional, upstream_name)


def _require_width(model: MiniGemini, weights: dict[str, Tensor], place: str) -> None:
    """Pass if the hidden layers of both projectors are equally wide, or one has none.

    What differs in more than that is another model's, which the tensors' shapes tell.
    """
    own = model.state_dict()
    # the last layer of an MLP reads what the hidden ones are wide
    layers = [name for name in own if re.fullmatch(r"mm_projector\.[1-9]\d*\.weight", name)]
    if not layers or layers[-1] not in weights:
        return
    hidden, width = weights[layers[-1]].shape
    own_hidden, needed = own[layers[-1]].shape
    if hidden == own_hidden and width != needed:
        raise UserError(
            f"{place}: its projector's hidden layers are {width} wide, this model's {needed}; set "
            f"model.mm_projector_width to {width}, or make stage 1 anew"
        )


def save_stage_one(model: MiniGemini, path: str | Path) -> None:
    """Write projector and mining (16 tensors with mlp2x_gelu) under upstream's names.

    With tokens around pictures their two embeddings are a 17th `[2, hidden]`, which upstream reads.
    """
    state = upstream_state(model, only=STAGE_ONE)
    if model.architecture.mm_use_im_start_end:
        state[BOUND_ROWS] = bound_rows(model).contiguous()
    _save(state, path)


def save_upstream(model: MiniGemini, folder: str | Path, towers: bool = False) -> None:
    """Write `config.json` and `model.safetensors` under upstream's names.

    `MiniGemini.from_upstream` and the reference's code read them.
    """
    _save(upstream_state(model, towers), Path(folder) / "model.safetensors")
    write_json(Path(folder) / "config.json", model.architecture.to_dict())


def _save(state: dict[str, Tensor], path: str | Path) -> None:
    if not state:
        raise UserError(f"there is nothing to write to {path}")
    on_cpu = {name: value.cpu() for name, value in state.items()}
    with complete_or_absent(path) as temporary:
        save_file(on_cpu, temporary, metadata={"format": "pt"})
