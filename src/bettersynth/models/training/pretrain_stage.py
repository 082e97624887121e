"""Stage 1: projector and patch info mining learn to speak to the frozen language model.

Several freshly drawn starts may be tried; the one with the best early loss goes on.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerBase

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.writing import write_json
from bettersynth.data.tables.loss_curves import curve_path
from bettersynth.models.architecture.checkpoint import load_stage_one, save_stage_one
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.devices.processes import is_main_process
from bettersynth.models.training.checkpoints import forget
from bettersynth.models.training.data import Collator, TrainingRows
from bettersynth.models.training.freezing import freeze
from bettersynth.models.training.run_files import stage_one_file, write_curve, write_manifest
from bettersynth.models.training.stage import Stage
from bettersynth.settings.model import ModelSettings
from bettersynth.settings.pretrain import PretrainSettings

ROWS = Path("data/mix/train.json")
# a start is judged by the mean loss of its last steps
EARLY_STEPS = 20


def pretrain(
    seed: int, settings: PretrainSettings, model_settings: ModelSettings
) -> dict[str, int] | None:
    """Train stage 1 for one seed and write its folder and curve.

    Returns the samples and tokens that it took; None in processes that write nothing.

    Raises:
        UserError: bad rows, a missing model or features, or a loss that is not finite.
    """
    stage = Stage("pretrain", seed, settings, model_settings, ROWS, "square")
    model, tokenizer = start_model(stage, settings, 0)
    rows, collator = stage.batches(model, tokenizer)
    given = [Path(settings.projector)] if settings.projector else []
    scratch = stage.scratch(given, __name__)
    chosen = 0
    tries: list[dict[str, float]] = []
    if settings.restarts > 1:
        chosen, tries = try_starts(stage, settings, model, rows, collator, scratch)
        # drawn again, not kept: its checkpoint under `scratch` holds what it has learnt
        model, _ = start_model(stage, settings, chosen)
        print(f"start {chosen} goes on")
    stage.say_what_is_trained(model, rows)
    curve = stage.train(model, rows, collator, scratch / str(chosen))
    if not is_main_process():
        return None
    write_stage_one(model, seed, chosen, curve, tries)
    forget(scratch)
    return {"samples": collator.samples, "tokens": collator.tokens}


def start_model(
    stage: Stage, settings: PretrainSettings, number: int
) -> tuple[MiniGemini, PreTrainedTokenizerBase]:
    """Return start `number`, with all frozen but what stage 1 trains, and the tokenizer.

    Raises:
        UserError: the file of `pretrain.projector` is missing or of another shape.
    """
    model, tokenizer = stage.build(f"projector {number}")
    freeze(
        model,
        tune_mm_mlp_adapter=True,
        freeze_mm_mlp_adapter=settings.freeze_mm_mlp_adapter,
        optimize_vision_tower=settings.optimize_vision_tower,
        optimize_vision_tower_aux=settings.optimize_vision_tower_aux,
    )
    if settings.projector:
        load_stage_one(model, settings.projector)
    return model, tokenizer


def try_starts(
    stage: Stage,
    settings: PretrainSettings,
    first: MiniGemini,
    rows: TrainingRows,
    collator: Collator,
    scratch: Path,
) -> tuple[int, list[dict[str, float]]]:
    """Train each start for `restart_steps` steps.

    Returns the number of the start with the lowest loss, and the curves of all.
    """
    model = first
    early_losses = []
    curves: list[dict[str, float]] = []
    for number in range(settings.restarts):
        if number:
            model, _ = start_model(stage, settings, number)
        folder = scratch / str(number)
        curve = stage.train(model, rows, collator, folder, settings.restart_steps)
        # a resumed start may have gone on further before
        curve = [record for record in curve if record["step"] <= settings.restart_steps]
        losses = [record["loss"] for record in curve]
        early_losses.append(float(np.mean(losses[-EARLY_STEPS:])))
        curves += [{"restart": number, **record} for record in curve]
        print(
            f"start {number}: mean loss {early_losses[-1]:.4f} over its last steps up to "
            f"{settings.restart_steps}"
        )
    return int(np.argmin(early_losses)), curves


def write_stage_one(
    model: MiniGemini,
    seed: int,
    start: int,
    curve: list[dict[str, float]],
    tries: list[dict[str, float]],
) -> None:
    """Write `models/pretrain/SEED/` and `results/pretrain/SEED.tsv`.

    `tries` are the curves of all starts, none where there was one alone.
    """
    projector = stage_one_file(seed)
    folder = projector.parent
    folder.mkdir(parents=True, exist_ok=True)
    save_stage_one(model, projector)
    # what was written is what the next stage can read
    load_stage_one(model, projector)
    write_json(folder / "config.json", model.architecture.to_dict())
    # an earlier run's
    (folder / "starts.tsv").unlink(missing_ok=True)
    if tries:
        write_curve(folder / "starts.tsv", tries)
    about = {"stage": "pretrain", "seed": seed, "start": start, "rows": sha256_of_file(ROWS)}
    write_manifest(folder, {**about, "steps": len(curve)})
    write_curve(curve_path("pretrain", seed), curve)
