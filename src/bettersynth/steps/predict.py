"""Raw answers of one trained model to one benchmark, and the likelihood of MMBench's options.

Run alone: `python -m bettersynth.steps.predict SEED mmbench|textvqa`. Writes
`results/predictions/BENCHMARK-SEED.jsonl`. What the same model was asked before is looked up in
`.cache/scores`.
"""

from __future__ import annotations

import json
import sys

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.tables.predictions import predictions_path
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.measuring.kept_answers import kept_answers
from bettersynth.measuring.launched_answers import launched_model
from bettersynth.measuring.launching import launch_of
from bettersynth.models.answering.answerer import Answerer, require_trained, trained_folder
from bettersynth.models.answering.mmbench import predict_mmbench
from bettersynth.models.answering.textvqa import predict_textvqa
from bettersynth.models.devices.determinism import set_deterministic
from bettersynth.models.devices.held_model import model_uses
from bettersynth.models.devices.model_use import in_ledger, in_words, waiting_share
from bettersynth.settings.predict import PredictSettings
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.seeds import stage_arguments

PREDICT = {"mmbench": predict_mmbench, "textvqa": predict_textvqa}


def main() -> dict[str, float]:
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
    require_trained(folder)
    with (
        launched_model(folder, settings, launch_of(params)) as open_model,
        kept_answers(folder, settings, open_model) as kept,
    ):
        answerer = Answerer(folder, settings, open_model=lambda _: kept)
        records = PREDICT[benchmark](answerer)
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    path = predictions_path(benchmark, seed)
    with complete_or_absent(path) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")
    waiting = waiting_share(model_uses())
    made = round(len(records) * kept.made / max(1, kept.wanted))
    print(f"{path}: {len(records)} answers; {made} made now{in_words(waiting)}")
    counts = {"samples": len(records), "tokens": answerer.tokens, "made": made}
    return {**counts, **in_ledger(waiting)}


if __name__ == "__main__":
    run_step(main)
