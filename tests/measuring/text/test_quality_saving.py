"""A saved quality model is one of PySpark's: it has the columns and the schema of its own."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from support.spark_quality import FOLDER

from bettersynth.errors import UserError
from bettersynth.measuring.text.quality_model import QualityModel, load_quality_model
from bettersynth.measuring.text.quality_saving import (
    ROW_METADATA,
    require_own_folder,
    save_quality_model,
)


def test_what_is_saved_is_read_back_and_the_same_bytes_each_time(tmp_path):
    weights = np.zeros(64)
    weights[[3, 40, 63]] = (0.5, -1.25, 1e-9)
    model = QualityModel(weights, -0.75)
    for name in ("first", "second"):
        save_quality_model(model, tmp_path / name)
    read = load_quality_model(str(tmp_path / "first"))
    assert np.array_equal(read.weights, model.weights)
    assert (read.intercept, read.splits_words, read.binary) == (model.intercept, True, False)
    files = sorted(path for path in (tmp_path / "first").rglob("*") if path.is_file())
    for file in files:
        other = tmp_path / "second" / file.relative_to(tmp_path / "first")
        assert file.read_bytes() == other.read_bytes()


def test_the_table_of_weights_has_spark_s_own_schema(tmp_path):
    save_quality_model(QualityModel(np.eye(64)[5], 0.5), tmp_path / "model")
    schemas = []
    for folder in (FOLDER / "small", tmp_path / "model"):
        [file] = folder.glob("stages/2_*/data/*.parquet")
        schema = pq.read_schema(file)
        fields = json.loads(schema.metadata[ROW_METADATA])["fields"]
        schemas.append(json.dumps(fields).replace('"nullable": false', '"nullable": true'))
    assert schemas[0] == schemas[1]


def test_a_folder_of_something_else_is_not_replaced(tmp_path):
    require_own_folder(tmp_path / "new")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").touch()
    with pytest.raises(UserError, match="holds something else than a quality model"):
        require_own_folder(tmp_path / "full")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is a file; name a folder"):
        require_own_folder(tmp_path / "file")
