"""Stage 2: projector, mining and language model learn the instruction data.

Run alone: `python -m bettersynth.steps.finetune SEED`. Writes `models/finetune/SEED/` (an upstream-format folder with its tokenizer) and
`results/finetune/SEED.tsv`. With `lora`, the adapters are merged into that model, and kept beside it in `adapter/` in peft's format.
"""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.architecture.checkpoint import load_stage_one, save_upstream
from bettersynth.models.architecture.encoding import require_template_tokens
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.training.data import Collator, TrainingRows, image_names, read_rows
from bettersynth.models.training.launch import launch_processes
from bettersynth.models.training.lora import add_lora, merge, save_adapters
from bettersynth.models.training.optimizer import freeze, set_deterministic, trained_share
from bettersynth.models.training.stages import (
    build_model,
    forget,
    image_side_files,
    image_source,
    model_files,
    run_key,
    short_seed,
    write_curve,
    write_manifest,
)
from bettersynth.models.training.trainer import is_main_process, train
from bettersynth.settings.finetune import FinetuneSettings
from bettersynth.settings.launch import LaunchSettings
from bettersynth.settings.model import ModelSettings
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.steps.pretrain import FOLDER as PRETRAINED
from bettersynth.steps.pretrain import seed_argument

ROWS = Path("data/instruction/train.json")
FOLDER, RESULTS = Path("models/finetune"), Path("results/finetune")


def main() -> dict[str, int] | None:
    seed, params = seed_argument(), load_params()
    settings = read_settings(FinetuneSettings, params.get("finetune"), "params.yaml: finetune")
    model_settings = read_settings(ModelSettings, params.get("model"), "params.yaml: model")
    launch = read_settings(LaunchSettings, params.get("launch"), "params.yaml: launch")
    launch_processes(launch, settings, "bettersynth.steps.finetune", [str(seed)])
    set_deterministic(settings.threads)
    rows = read_rows(ROWS)
    projector = PRETRAINED / str(seed) / "projector.safetensors"

    def build() -> tuple[MiniGemini, PreTrainedTokenizerBase]:
        return build_model(model_settings, settings, short_seed(seed, "projector"))

    model, tokenizer = build()
    require_template_tokens(tokenizer, settings.template, model_settings.language_model)
    load_stage_one(model, projector)
    freeze(
        model,
        freeze_mm_mlp_adapter=settings.freeze_mm_mlp_adapter,
        freeze_backbone=settings.freeze_backbone,
        optimize_vision_tower=settings.optimize_vision_tower,
        optimize_vision_tower_aux=settings.optimize_vision_tower_aux,
    )
    adapters = add_lora(model, settings.lora, short_seed(seed, "lora")) if settings.lora else None
    encoded = TrainingRows(rows, tokenizer, settings.template, str(ROWS))
    names = sorted({name for row in rows for name in image_names(row)})
    collator = Collator(
        image_source(model, names, "pad"),
        tokenizer.pad_token_id,
        model_settings.tokenizer_model_max_length,
    )
    trained, total = trained_share(model)
    print(f"seed {seed}: {len(rows)} rows, {trained:,} of {total:,} parameters are trained")

    read = [
        ROWS,
        projector,
        *model_files(model_settings.language_model),
        *image_side_files(model_settings),
    ]
    key = run_key(
        read,
        {
            "seed": seed,
            "finetune": dataclasses.asdict(settings),
            "model": dataclasses.asdict(model_settings),
        },
        "bettersynth.steps.finetune",
    )
    scratch = scratch_folder("finetune", f"{seed}-{key}")
    live = Path(f"results/live/finetune-{seed}")
    records = train(
        model, encoded, collator, settings, scratch, short_seed(seed, "order"), live=live
    )
    if not is_main_process():
        return None
    folder = FOLDER / str(seed)
    shutil.rmtree(folder / "adapter", ignore_errors=True)  # an earlier run's
    if settings.lora and adapters is not None:
        save_adapters(model, settings.lora, folder / "adapter", model_settings.language_model)
        model = merge(model, adapters, settings.lora, lambda: build()[0])
    save_upstream(
        model, folder, towers=settings.optimize_vision_tower or settings.optimize_vision_tower_aux
    )
    tokenizer.save_pretrained(folder)
    write_manifest(
        folder,
        {"stage": "finetune", "seed": seed, "rows": sha256_of_file(ROWS), "steps": len(records)},
    )
    write_curve(RESULTS / f"{seed}.tsv", records)
    forget(scratch)
    return {"samples": collator.samples, "tokens": collator.tokens}


if __name__ == "__main__":
    run_step(main)
