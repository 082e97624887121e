"""GPT-3's quality classifier: counts of hashed words into a logistic regression.

A model is a folder as PySpark writes its PipelineModel: Data-Juicer's published ones are read as
they are, and what `bettersynth quality` trains is written so that PySpark reads it.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.files.reading import parse_json, read_table
from bettersynth.errors import UserError
from bettersynth.measuring.text.hashed_words import feature_of

HASHING = "org.apache.spark.ml.feature.HashingTF"
TOKENIZER = "org.apache.spark.ml.feature.Tokenizer"
REGRESSION = "org.apache.spark.ml.classification.LogisticRegressionModel"
# of HashingTF where the file does not say
FEATURES = 2**18
# the first of Spark with this hash
SPARK = 3


@dataclass(frozen=True)
class QualityModel:
    """The weight of each hashed word, float64 `[features]`, and the intercept.

    `splits_words` says whether texts are split at blanks; else a SentencePiece model splits them.
    `binary` counts a word once.
    """

    weights: np.ndarray
    intercept: float
    splits_words: bool = True
    binary: bool = False

    def score(self, words: Sequence[str]) -> float:
        """Return the probability, in [0, 1], that a text of these words is a good one."""
        counts = Counter(feature_of(word, len(self.weights)) for word in words)
        total = self.intercept
        # in the order of the features, as Spark sums: rounding depends on it
        for feature in sorted(counts):
            total += self.weights[feature] * (1 if self.binary else counts[feature])
        return _sigmoid(float(total))


def _sigmoid(total: float) -> float:
    if total > 700:
        # exp would overflow
        return 1.0
    # as Spark rounds it: what the other class leaves over
    return 1.0 - 1.0 / (1.0 + math.exp(total))


@functools.lru_cache(maxsize=2)
def load_quality_model(folder: str) -> QualityModel:
    """Return the model of a PipelineModel's folder.

    Raises:
        UserError: there is none, it was written by Spark 2, or is another pipeline.
    """
    place = Path(folder)
    if not (place / "stages").is_dir():
        raise UserError(
            f"{folder} holds no quality model (no folder `stages`); train one with `bettersynth "
            "quality`, or unpack one of Data-Juicer's"
        )
    stages = {}
    for stage in sorted((place / "stages").iterdir()):
        if stage.is_dir():
            about = _metadata(stage)
            stages[about["class"]] = (stage, about)
    if HASHING not in stages or REGRESSION not in stages or len(stages) > 3:
        known = ", ".join(sorted(name.rpartition(".")[2] for name in stages)) or "nothing"
        raise UserError(
            f"{folder} is another pipeline: {known}; a quality model is Tokenizer (or none), "
            "HashingTF, LogisticRegressionModel"
        )
    _, hashing = stages[HASHING]
    version = str(hashing.get("sparkVersion", ""))
    if not version[:1].isdigit() or int(version.partition(".")[0]) < SPARK:
        raise UserError(
            f"{folder} was written by Spark {version or 'unknown'}, which hashed words otherwise; "
            f"load and save it with PySpark {SPARK} or later"
        )
    settings = {**hashing.get("defaultParamMap", {}), **hashing.get("paramMap", {})}
    weights, intercept = _regression(stages[REGRESSION][0])
    features = int(settings.get("numFeatures", FEATURES))
    if len(weights) != features:
        raise UserError(f"{folder}: {len(weights)} weights for {features} features")
    return QualityModel(weights, intercept, TOKENIZER in stages, bool(settings.get("binary")))


def _metadata(stage: Path) -> dict[str, Any]:
    """Return what Spark says of a stage."""
    files = sorted((stage / "metadata").glob("part-*"))
    if not files:
        raise UserError(f"{stage} holds no metadata; the model was not copied whole")
    about = parse_json(files[0].read_bytes(), str(files[0]))
    if not isinstance(about, dict) or "class" not in about:
        raise UserError(f"{files[0]} is no metadata of Spark: it names no class")
    return about


def _regression(stage: Path) -> tuple[np.ndarray, float]:
    """Return the weights `[features]` and the intercept of a binary logistic regression."""
    files = sorted((stage / "data").glob("*.parquet"))
    if not files:
        raise UserError(f"{stage} holds no data; the model was not copied whole")
    try:
        row = read_table(files[0]).slice(0, 1).to_pylist()[0]
    except UserError:
        # its own way out is for what a stage of the pipeline made
        raise UserError(f"{files[0]} is damaged; copy the model anew") from None
    except IndexError:
        raise UserError(f"{files[0]} holds no row; the model was not copied whole") from None
    try:
        return _weights_of(row, stage)
    except (KeyError, IndexError, TypeError, ValueError):
        raise UserError(f"{files[0]} holds no logistic regression as Spark writes it") from None


def _weights_of(row: Mapping[str, Any], stage: Path) -> tuple[np.ndarray, float]:
    """Return weights and intercept out of Spark's only row of a regression."""
    matrix = row["coefficientMatrix"]
    if row["numClasses"] != 2 or matrix["numRows"] != 1:
        raise UserError(f"{stage}: {row['numClasses']} classes; a quality model has 2")
    weights = np.zeros(row["numFeatures"])
    if matrix["type"] == 1:
        weights[:] = matrix["values"]
    elif matrix["isTransposed"]:
        # sparse by rows: of the only row
        weights[matrix["rowIndices"]] = matrix["values"]
    else:
        # sparse by columns: colPtrs say how many values each has, 0 or 1
        weights[np.flatnonzero(np.diff(matrix["colPtrs"]))] = matrix["values"]
    vector = row["interceptVector"]
    return weights, float((vector["values"] or [0.0])[0])
