"""Stage 2: projector, mining and language model learn the instruction data.

With `lora`, adapters are trained in the place of the language model's layers; they are merged into
the model, and kept beside it in `adapter/` in peft's format.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from transformers import PreTrainedTokenizerBase

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.tables.contamination import DROPPED, dropped_of_instruction
from bettersynth.data.tables.instruction import INSTRUCTION_ITEMS
from bettersynth.data.tables.loss_curves import curve_path
from bettersynth.models.architecture.checkpoint import load_stage_one, save_upstream
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.devices.processes import is_main_process
from bettersynth.models.training.checkpoints import forget
from bettersynth.models.training.freezing import freeze
from bettersynth.models.training.lora import add_lora, merge, save_adapters
from bettersynth.models.training.run_files import stage_one_file, write_curve, write_manifest
from bettersynth.models.training.seeds import choice_seed
from bettersynth.models.training.stage import Stage
from bettersynth.settings.finetune import FinetuneSettings
from bettersynth.settings.model import ModelSettings

if TYPE_CHECKING:
    from peft import LoraModel

FOLDER = Path("models/finetune")


def finetune(
    seed: int, settings: FinetuneSettings, model_settings: ModelSettings
) -> dict[str, int] | None:
    """Train stage 2 for one seed, from that seed's stage 1, and write its folder and curve.

    Returns the samples and tokens that it took; None in processes that write nothing.

    Raises:
        UserError: bad rows, a missing model or stage 1, or a loss that is not finite.
    """
    left_out = frozenset(dropped_of_instruction())
    stage = Stage("finetune", seed, settings, model_settings, INSTRUCTION_ITEMS, "pad", left_out)
    projector = stage_one_file(seed)
    model, tokenizer = stage.build("projector")
    load_stage_one(model, projector)
    freeze(
        model,
        freeze_mm_mlp_adapter=settings.freeze_mm_mlp_adapter,
        freeze_backbone=settings.freeze_backbone,
        optimize_vision_tower=settings.optimize_vision_tower,
        optimize_vision_tower_aux=settings.optimize_vision_tower_aux,
    )
    adapters = None
    if settings.lora:
        adapters = add_lora(model, settings.lora, choice_seed(seed, "lora"))
    rows, collator = stage.batches(model, tokenizer)
    stage.say_what_is_trained(model, rows)
    scratch = stage.scratch([projector, DROPPED], __name__)
    curve = stage.train(model, rows, collator, scratch)
    # after the training, which all processes share; what follows writes files
    if not is_main_process():
        return None
    model = merged(stage, settings, model, adapters)
    write_stage_two(model, tokenizer, settings, seed, curve)
    forget(scratch)
    return {"samples": collator.samples, "tokens": collator.tokens}


def merged(
    stage: Stage, settings: FinetuneSettings, model: MiniGemini, adapters: LoraModel | None
) -> MiniGemini:
    """Write the adapters, if any, and return the model with them added to its weights."""
    folder = FOLDER / str(stage.seed) / "adapter"
    # an earlier run's
    shutil.rmtree(folder, ignore_errors=True)
    if settings.lora is None or adapters is None:
        return model
    save_adapters(model, settings.lora, folder, stage.model.language_model)

    def rebuild() -> MiniGemini:
        whole, _ = stage.build("projector")
        # for what is neither an adapter nor trained here: tokens around pictures
        load_stage_one(whole, stage_one_file(stage.seed))
        return whole

    return merge(model, adapters, settings.lora, rebuild)


def write_stage_two(
    model: MiniGemini,
    tokenizer: PreTrainedTokenizerBase,
    settings: FinetuneSettings,
    seed: int,
    curve: list[dict[str, float]],
) -> None:
    """Write `models/finetune/SEED/`, an upstream-format folder, and `results/finetune/SEED.tsv`."""
    folder = FOLDER / str(seed)
    # towers that did not change are read from their own folders again
    trained_towers = settings.optimize_vision_tower or settings.optimize_vision_tower_aux
    save_upstream(model, folder, towers=trained_towers)
    tokenizer.save_pretrained(folder)
    about = {"stage": "finetune", "seed": seed, "rows": sha256_of_file(INSTRUCTION_ITEMS)}
    write_manifest(folder, {**about, "steps": len(curve)})
    write_curve(curve_path("finetune", seed), curve)
