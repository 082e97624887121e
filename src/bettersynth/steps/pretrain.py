"""Stage 1: projector and patch info mining learn to speak to the frozen language model.

Run alone: `python -m bettersynth.steps.pretrain SEED`. Writes `models/pretrain/SEED/` and `results/pretrain/SEED.tsv`; with `restarts`, the
curves of all starts lie in `models/pretrain/SEED/starts.tsv`.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerBase

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.architecture.checkpoint import load_stage_one, save_stage_one
from bettersynth.models.architecture.encoding import require_template_tokens
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.training.data import Collator, TrainingRows, image_names, read_rows
from bettersynth.models.training.launch import launch_processes
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
from bettersynth.settings.launch import LaunchSettings
from bettersynth.settings.model import ModelSettings
from bettersynth.settings.pretrain import PretrainSettings
from bettersynth.settings.reading import load_params, read_settings

ROWS = Path("data/mix/train.json")
FOLDER, RESULTS = Path("models/pretrain"), Path("results/pretrain")
EARLY_STEPS = 20  # a start is judged by the mean loss of its last steps


def seed_argument() -> int:
    """Return the seed given on the command line.

    Raises:
        UserError: none, or not a whole number.
    """
    if len(sys.argv) < 2 or not sys.argv[1].isdigit():
        raise UserError(
            f"give the seed, a whole number from 0 on: python -m {sys.modules['__main__'].__spec__.name} 0"
        )
    return int(sys.argv[1])


def prepare(model: MiniGemini, settings: PretrainSettings) -> None:
    """Freeze all but what stage 1 trains."""
    freeze(
        model,
        tune_mm_mlp_adapter=True,
        freeze_mm_mlp_adapter=settings.freeze_mm_mlp_adapter,
        optimize_vision_tower=settings.optimize_vision_tower,
        optimize_vision_tower_aux=settings.optimize_vision_tower_aux,
    )


def main() -> dict[str, int] | None:
    seed, params = seed_argument(), load_params()
    settings = read_settings(PretrainSettings, params.get("pretrain"), "params.yaml: pretrain")
    model_settings = read_settings(ModelSettings, params.get("model"), "params.yaml: model")
    launch = read_settings(LaunchSettings, params.get("launch"), "params.yaml: launch")
    launch_processes(launch, settings, "bettersynth.steps.pretrain", [str(seed)])
    set_deterministic(settings.threads)
    rows = read_rows(ROWS)
    read = [ROWS, *model_files(model_settings.language_model), *image_side_files(model_settings)]
    key = run_key(
        read,
        {
            "seed": seed,
            "pretrain": dataclasses.asdict(settings),
            "model": dataclasses.asdict(model_settings),
        },
        "bettersynth.steps.pretrain",
    )
    scratch = scratch_folder("pretrain", f"{seed}-{key}")

    def start(number: int) -> tuple[MiniGemini, PreTrainedTokenizerBase]:
        model, tokenizer = build_model(
            model_settings, settings, short_seed(seed, f"projector {number}")
        )
        prepare(model, settings)
        return model, tokenizer

    model, tokenizer = start(0)
    require_template_tokens(tokenizer, settings.template, model_settings.language_model)
    encoded = TrainingRows(rows, tokenizer, settings.template, str(ROWS))
    names = sorted({name for row in rows for name in image_names(row)})
    collator = Collator(
        image_source(model, names, "square"),
        tokenizer.pad_token_id,
        model_settings.tokenizer_model_max_length,
    )
    curves: list[dict[str, float]] = []
    chosen = 0
    if settings.restarts > 1:
        early = []
        for number in range(settings.restarts):
            if number:
                model, _ = start(number)
            part = train(
                model,
                encoded,
                collator,
                settings,
                scratch / str(number),
                short_seed(seed, "order"),
                settings.restart_steps,
            )
            curves += [
                {"restart": number, **record}
                for record in part
                if record["step"] <= settings.restart_steps
            ]
            early.append(
                float(np.mean([r["loss"] for r in part[: settings.restart_steps]][-EARLY_STEPS:]))
            )
            print(
                f"start {number}: mean loss {early[-1]:.4f} over its last steps up to {settings.restart_steps}"
            )
        chosen = int(np.argmin(early))
        model, _ = start(chosen)
        print(f"start {chosen} goes on")
    trained, total = trained_share(model)
    print(f"seed {seed}: {len(rows)} rows, {trained:,} of {total:,} parameters are trained")
    live = Path(f"results/live/pretrain-{seed}")
    records = train(
        model,
        encoded,
        collator,
        settings,
        scratch / str(chosen),
        short_seed(seed, "order"),
        live=live,
    )
    if not is_main_process():
        return None
    folder = FOLDER / str(seed)
    folder.mkdir(parents=True, exist_ok=True)
    save_stage_one(model, folder / "projector.safetensors")
    load_stage_one(
        model, folder / "projector.safetensors"
    )  # what was written is what the next stage can read
    write_json(folder / "config.json", model.architecture.to_dict())
    (folder / "starts.tsv").unlink(missing_ok=True)  # an earlier run's
    if settings.restarts > 1:
        write_curve(folder / "starts.tsv", curves)
    write_manifest(
        folder,
        {
            "stage": "pretrain",
            "seed": seed,
            "start": chosen,
            "rows": sha256_of_file(ROWS),
            "steps": len(records),
        },
    )
    write_curve(RESULTS / f"{seed}.tsv", records)
    forget(scratch)
    return {"samples": collator.samples, "tokens": collator.tokens}


if __name__ == "__main__":
    run_step(main)
