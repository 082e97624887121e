"""A quality model is read from PySpark's folder, and scores as PySpark does."""

from __future__ import annotations

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.spark_quality import FOLDER, SPARK

from bettersynth.errors import UserError
from bettersynth.measuring.text.hashed_words import spark_words
from bettersynth.measuring.text.quality_model import load_quality_model


@pytest.mark.parametrize("name", ["default", "small"])
def test_scores_are_spark_s(name):
    model = load_quality_model(str(FOLDER / name))
    assert model.splits_words
    scores = [model.score(spark_words(text)) for text in SPARK[name]["texts"]]
    assert scores == pytest.approx(SPARK[name]["scores"], rel=1e-12, abs=1e-15)


@pytest.fixture
def copied(tmp_path):
    shutil.copytree(FOLDER / "small", tmp_path / "model")
    return tmp_path / "model"


def rewrite(stage, **changes):
    [file] = stage.glob("metadata/part-*")
    about = json.loads(file.read_text())
    file.write_text(json.dumps({**about, **changes}))


def test_a_model_of_spark_2_is_refused_since_it_hashed_otherwise(copied):
    [hashing] = copied.glob("stages/1_*")
    rewrite(hashing, sparkVersion="2.4.8")
    with pytest.raises(UserError, match="written by Spark 2.4.8, which hashed words otherwise"):
        load_quality_model(str(copied))


def test_another_pipeline_is_named_by_its_stages(copied):
    [hashing] = copied.glob("stages/1_*")
    shutil.rmtree(hashing)
    with pytest.raises(UserError, match="another pipeline: LogisticRegressionModel, Tokenizer; a"):
        load_quality_model(str(copied))


def test_a_folder_that_was_not_copied_whole_is_one_line(copied, tmp_path):
    [regression] = copied.glob("stages/2_*")
    shutil.rmtree(regression / "data")
    with pytest.raises(UserError, match="holds no data; the model was not copied whole"):
        load_quality_model(str(copied))
    shutil.rmtree(regression / "metadata")
    with pytest.raises(UserError, match="holds no metadata; the model was not copied whole"):
        load_quality_model(str(copied))
    with pytest.raises(UserError, match="holds no quality model .*bettersynth quality"):
        load_quality_model(str(tmp_path))


def test_data_that_are_no_regression_are_one_line(copied):
    [data] = copied.glob("stages/2_*/data/*.parquet")
    pq.write_table(pa.table({"intercept": [1.0]}), data)
    with pytest.raises(UserError, match="holds no logistic regression as Spark writes it"):
        load_quality_model(str(copied))
    pq.write_table(pa.table({"intercept": pa.array([], pa.float64())}), data)
    with pytest.raises(UserError, match="holds no row; the model was not copied whole"):
        load_quality_model(str(copied))
    data.write_bytes(b"no parquet")
    with pytest.raises(UserError, match="is damaged; copy the model anew"):
        load_quality_model(str(copied))


def test_weights_of_another_number_than_the_features_are_refused(copied):
    [hashing] = copied.glob("stages/1_*")
    rewrite(hashing, paramMap={"numFeatures": 128})
    with pytest.raises(UserError, match="64 weights for 128 features"):
        load_quality_model(str(copied))
