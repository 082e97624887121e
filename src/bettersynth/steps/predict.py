"""Raw answers of one trained model to one benchmark, and the likelihood of MMBench's options.

Run alone: `python -m bettersynth.steps.predict SEED mmbench|textvqa`. Writes
`results/predictions/BENCHMARK-SEED.jsonl`.
"""

from __future__ import annotations

import json
import sys

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.tables.predictions import predictions_path
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.measuring.launched_answers import launched_model
from bettersynth.measuring.launching import launch_of
from bettersynth.models.answering.answerer import Answerer, trained_folder
from bettersynth.models.answering.mmbench import predict_mmbench
from bettersynth.models.answering.textvqa import predict_textvqa
from bettersynth.models.devices.determinism import set_deterministic
from bettersynth.settings.predict import PredictSettings
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.seeds import stage_arguments

PREDICT = {"mmbench": predict_mmbench, "textvqa": predict_textvqa}


def main() -> dict[str, int]:
    """Run the stage `predict` on params.yaml, for the seed and the benchmark of the command line.

    Raises:
        UserError: either is missing or unknown.
    """
    values = stage_arguments(sys.argv[1:])
    if len(values) != 2 or not values[0].isdecimal() or values[1] not in PREDICT:
        raise UserError(
            "give the seed and the benchmark: python -m bettersynth.steps.predict 0 mmbench "
            "(or textvqa)"
        )
    seed = int(values[0])
    benchmark = values[1]
    params = load_params()
    settings = read_settings(PredictSettings, params.get("predict"), "params.yaml: predict")
    set_deterministic(settings.threads)
    folder = trained_folder(seed)
    with launched_model(folder, settings, launch_of(params)) as open_model:
        answerer = Answerer(folder, settings, open_model=open_model)
        records = PREDICT[benchmark](answerer)
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    path = predictions_path(benchmark, seed)
    with complete_or_absent(path) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")
    print(f"{path}: {len(records)} answers")
    return {"samples": len(records), "tokens": answerer.tokens}


if __name__ == "__main__":
    run_step(main)
