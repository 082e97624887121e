"""Writing a quality model as PySpark writes its PipelineModel, without Spark."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.files.whole_folder import whole_folder
from bettersynth.data.files.writing import write_table
from bettersynth.errors import UserError
from bettersynth.measuring.text.quality_model import (
    HASHING,
    REGRESSION,
    TOKENIZER,
    QualityModel,
)

# where a parquet file says what Spark makes of its columns
ROW_METADATA = b"org.apache.spark.sql.parquet.row.metadata"
VECTOR = pa.struct(
    [
        ("type", pa.int8()),
        ("size", pa.int32()),
        ("indices", pa.list_(pa.int32())),
        ("values", pa.list_(pa.float64())),
    ]
)
MATRIX = pa.struct(
    [
        ("type", pa.int8()),
        ("numRows", pa.int32()),
        ("numCols", pa.int32()),
        ("colPtrs", pa.list_(pa.int32())),
        ("rowIndices", pa.list_(pa.int32())),
        ("values", pa.list_(pa.float64())),
        ("isTransposed", pa.bool_()),
    ]
)
SPARK_TYPES = {
    pa.int8(): "byte",
    pa.int32(): "integer",
    pa.float64(): "double",
    pa.bool_(): "boolean",
}


def require_own_folder(folder: Path) -> None:
    """Pass if a model written to `folder` replaces nothing but an older one.

    Raises:
        UserError: it is a file, or a folder of something else.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--output {folder} is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "stages").is_dir():
        raise UserError(
            f"--output {folder} holds something else than a quality model; name another"
        )


def save_quality_model(model: QualityModel, folder: Path) -> None:
    """Write a model as PySpark writes its PipelineModel; an older folder is replaced."""
    kinds = [TOKENIZER] if model.splits_words else []
    kinds += [HASHING, REGRESSION]
    settings = {
        TOKENIZER: {"inputCol": "text", "outputCol": "words"},
        HASHING: {
            "inputCol": "words",
            "outputCol": "features",
            "numFeatures": len(model.weights),
            "binary": model.binary,
        },
        REGRESSION: {"featuresCol": "features", "labelCol": "label", "threshold": 0.5},
    }
    # "bettersynth_Tokenizer" and so on: Spark's own names end in random digits
    names = {kind: f"bettersynth_{kind.rpartition('.')[2]}" for kind in kinds}
    with whole_folder(folder) as fresh:
        pipeline = {"stageUids": [names[kind] for kind in kinds]}
        _write_metadata(fresh, "org.apache.spark.ml.PipelineModel", "bettersynth", pipeline)
        for number, kind in enumerate(kinds):
            stage = fresh / "stages" / f"{number}_{names[kind]}"
            _write_metadata(stage, kind, names[kind], settings[kind])
        _write_regression(model, stage / "data")


def _write_metadata(folder: Path, kind: str, uid: str, settings: dict[str, Any]) -> None:
    about = {
        "class": kind,
        # Spark's readers want a time; equal models are equal bytes
        "timestamp": 0,
        "sparkVersion": "3.5.5",
        "uid": uid,
        "paramMap": settings,
        "defaultParamMap": {},
    }
    (folder / "metadata").mkdir(parents=True)
    # one line, as Spark reads it
    (folder / "metadata/part-00000").write_text(json.dumps(about) + "\n")
    (folder / "metadata/_SUCCESS").touch()


def _write_regression(model: QualityModel, folder: Path) -> None:
    """Write weights and intercept as Spark's vectors, of which the weights are sparse by rows."""
    used = np.flatnonzero(model.weights)
    vector = {"type": 1, "size": None, "indices": None, "values": [model.intercept]}
    matrix = {
        "type": 0,
        "numRows": 1,
        "numCols": len(model.weights),
        "colPtrs": [0, len(used)],
        "rowIndices": used.tolist(),
        "values": model.weights[used].tolist(),
        "isTransposed": True,
    }
    columns = {
        "numClasses": pa.array([2], pa.int32()),
        "numFeatures": pa.array([len(model.weights)], pa.int32()),
        "interceptVector": pa.array([vector], VECTOR),
        "coefficientMatrix": pa.array([matrix], MATRIX),
        "isMultinomial": pa.array([False]),
    }
    row = {"type": "struct", "fields": _spark_fields(pa.table(columns).schema)}
    folder.mkdir()
    table = pa.table(columns).replace_schema_metadata({ROW_METADATA: json.dumps(row)})
    write_table(folder / "part-00000.parquet", table)


def _spark_fields(fields: Iterable[pa.Field]) -> list[dict[str, Any]]:
    """Return columns as Spark's schema names them."""
    described = []
    for field in fields:
        kind = _spark_type(field.type)
        described.append({"name": field.name, "type": kind, "nullable": True, "metadata": {}})
    return described


def _spark_type(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return {"type": "array", "elementType": _spark_type(kind.value_type), "containsNull": False}
    if not pa.types.is_struct(kind):
        return SPARK_TYPES[kind]
    # without this class PySpark would read a row of numbers, and no vector
    name = "VectorUDT" if kind == VECTOR else "MatrixUDT"
    return {
        "type": "udt",
        "class": f"org.apache.spark.ml.linalg.{name}",
        "pyClass": f"pyspark.ml.linalg.{name}",
        "sqlType": {"type": "struct", "fields": _spark_fields(kind)},
    }
