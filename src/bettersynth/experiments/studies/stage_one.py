"""Cheap measures of a trained stage 1: forward passes over pairs that no training saw.

A model's measures are kept under `.cache/stage_one`, by the bytes of all that decides them.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.files.reading import read_json
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import write_json
from bettersynth.data.samples.held_out_pairs import held_out_groups
from bettersynth.data.tables.benchmark import MMBENCH
from bettersynth.data.tables.made_files import made
from bettersynth.data.tables.samples import SAMPLES
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import Question, base_questions, read_questions
from bettersynth.evaluation.benchmarks.mmbench_accuracy import likelihood_hits, right_probability
from bettersynth.evaluation.benchmarks.mmbench_pictures import pictures_of_questions
from bettersynth.evaluation.scoring.caption_measures import (
    caption_loss,
    caption_retrieval,
    own_picture_gain,
    picks_own_picture,
    picture_retrieval,
)
from bettersynth.evaluation.scoring.halves import items_of_half
from bettersynth.experiments.history.compared_runs import Reader
from bettersynth.experiments.studies.measures import MEASURES, Asking
from bettersynth.models.answering.answerer import Answerer
from bettersynth.models.answering.caption_likelihoods import caption_likelihoods
from bettersynth.models.answering.caption_loss import load_trained
from bettersynth.models.answering.mmbench import add_likelihoods, show_pictures
from bettersynth.models.devices.determinism import set_deterministic
from bettersynth.models.training.run_files import (
    image_side_files,
    model_files,
    run_key,
    stage_one_file,
)
from bettersynth.models.weights.stage_one_file import STAGE_ONE_FILE
from bettersynth.settings.model import ModelSettings
from bettersynth.settings.predict import PredictSettings
from bettersynth.settings.pretrain import PretrainSettings
from bettersynth.settings.reading import read_settings

# of 600 pairs, each caption beside its own picture and three others
GROUPS = 150
GROUP_SIZE = 4
ASKINGS: tuple[Asking, ...] = ("captions", "options")


@dataclasses.dataclass(frozen=True)
class StageOne:
    """What was measured of one model: `values` by the names in `measures.MEASURES`.

    `asked` has the CPU seconds that each asking took, without the loading of libraries.
    """

    values: dict[str, float]
    asked: dict[Asking, float]

    def cpu_seconds(self, asking: Sequence[Asking] = ASKINGS) -> float:
        """Return what these askings took."""
        return round(sum(self.asked[one] for one in asking), 2)


def measure_stage_one(read: Reader, seed: int, params: Mapping[str, Any], name: str) -> StageOne:
    """Return the measures of the model that stage 1 of the experiment `name` left.

    `read` gives the experiment's files. Pool, features and benchmark are those that lie here.

    Raises:
        UserError: the experiment has no such model, or does not fit what lies here.
    """
    file = stage_one_file(seed)
    projector = read(file)
    config = read(file.parent / "config.json")
    if projector is None or config is None:
        raise UserError(
            f"{name} has no {file}: stage 1 of seed {seed} did not run, or its model is no longer "
            f"in DVC's cache; run `snakemake --cores all {file.parent}`"
        )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / STAGE_ONE_FILE).write_bytes(projector)
        (folder / "config.json").write_bytes(config)
        return measure_folder(folder, params)


def measure_folder(
    folder: Path, params: Mapping[str, Any], asking: Sequence[Asking] = ASKINGS
) -> StageOne:
    """Return the measures of the stage-1 model in `folder`, kept ones where they are known.

    `params` are the settings that it was trained with. The model is asked for those of `asking`
    alone; others come too where they are known.

    Raises:
        UserError: the model does not fit its settings, or pool, features or benchmark are missing.
    """
    parts = read_settings(ModelSettings, params.get("model"), "params.yaml: model")
    pretrain = read_settings(PretrainSettings, params.get("pretrain"), "params.yaml: pretrain")
    predict = read_settings(PredictSettings, params.get("predict"), "params.yaml: predict")
    # captions are asked for in the words of stage 1, and so are the options
    predict = dataclasses.replace(predict, template=pretrain.template)
    files = [folder / STAGE_ONE_FILE, *model_files(parts.language_model)]
    files += [*image_side_files(parts), SAMPLES, MMBENCH]
    for path in files:
        with made(path):
            path.stat()
    deciding = {"predict": dataclasses.asdict(predict), "model": dataclasses.asdict(parts)}
    kept = scratch_folder("stage_one") / f"{run_key(files, deciding, __name__)}.json"
    known = StageOne(**read_json(kept)) if kept.is_file() else StageOne({}, {})
    waiting = [one for one in asking if one not in known.asked]
    if not waiting:
        return known
    set_deterministic(predict.threads)
    trained = load_trained(folder, parts.language_model, predict.precision)
    answerer = Answerer(folder, predict, trained)
    values = dict(known.values)
    asked = dict(known.asked)
    for one in waiting:
        began = time.process_time()
        values |= _of_captions(answerer) if one == "captions" else _of_options(answerer)
        asked[one] = round(time.process_time() - began, 2)
    if set(asked) == set(ASKINGS):
        # both are shares of right choices, and err each in its own way
        values["choices"] = (values["picks_own_picture"] + values["options"]) / 2
    in_order = {name: values[name] for name in MEASURES if name in values}
    measured = StageOne(in_order, asked)
    write_json(kept, dataclasses.asdict(measured))
    return measured


def _of_captions(answerer: Answerer) -> dict[str, float]:
    likelihoods = caption_likelihoods(answerer, held_out_groups(GROUPS, GROUP_SIZE))
    sums = likelihoods.log_probabilities
    return {
        "caption_loss": caption_loss(sums, likelihoods.tokens),
        "picks_own_picture": picks_own_picture(sums),
        "own_picture_gain": own_picture_gain(sums),
        "picture_retrieval": picture_retrieval(sums),
        "caption_retrieval": caption_retrieval(sums),
    }


def _of_options(answerer: Answerer) -> dict[str, float]:
    questions = seen_questions()
    records: list[dict[str, Any]] = [{"index": question.index} for question in questions]
    add_likelihoods(records, answerer, questions, show_pictures(answerer, questions))
    options = {record["index"]: record["option_logprob"] for record in records}
    values = {}
    for name, minus_prior in (("options", False), ("options_minus_prior", True)):
        values[name] = float(likelihood_hits(questions, options, minus_prior).mean())
    shares = [right_probability(options[one.index], one.answer) for one in questions]
    values["options_probability"] = float(np.mean(shares))
    return values


def seen_questions() -> list[Question]:
    """Return MMBench's base questions of the half that a search may see.

    Of the other half nothing is asked, so that it can judge what was chosen by these.

    Raises:
        UserError: the benchmark was not made, or is damaged.
    """
    with made(MMBENCH):
        questions = base_questions(read_questions(MMBENCH))
        indices = [question.index for question in questions]
        pictures = pictures_of_questions(MMBENCH, indices)
    names = [str(index) for index in indices]
    items = {
        "benchmark": ["mmbench"] * len(names),
        "item": names,
        "picture": [pictures[index] for index in indices],
        "category": [question.category for question in questions],
    }
    seen = set(items_of_half(pa.table(items), "seen")["item"].to_pylist())
    return [question for question in questions if str(question.index) in seen]
