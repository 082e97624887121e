"""text_quality_filter: the score of a text, special tokens aside."""

from __future__ import annotations

import shutil

import pytest
from support.one_operator import kept, line, text_batch, value_of
from support.spark_quality import FOLDER, SPARK

from bettersynth.errors import UserError
from bettersynth.operators import text_quality_filter as operator

MODEL = str(FOLDER / "small")


def test_a_text_has_spark_s_score_and_good_ones_stay():
    known = dict(zip(SPARK["small"]["texts"], SPARK["small"]["scores"], strict=True))
    good, bad = SPARK["small"]["texts"][0], SPARK["small"]["texts"][5]
    assert value_of("text_quality_filter", good, model=MODEL)[0] == pytest.approx(known[good])
    assert kept("text_quality_filter", good, bad, model=MODEL) == [True, False]
    assert kept("text_quality_filter", good, bad, model=MODEL, min_score=0.0) == [True, True]


def test_special_tokens_do_not_count():
    plain = value_of("text_quality_filter", "a dog", model=MODEL)
    assert (
        value_of("text_quality_filter", "<__dj__image>\na dog <|__dj__eoc|>", model=MODEL) == plain
    )


def test_a_model_or_tokenizer_that_is_not_named_is_one_line(tmp_path):
    with pytest.raises(UserError, match="text_quality_filter needs `model`"):
        operator.measure(text_batch("a"), operator.Measuring())
    shutil.copytree(FOLDER / "small", tmp_path / "pieces")
    [words] = (tmp_path / "pieces/stages").glob("0_*")
    shutil.rmtree(words)
    with pytest.raises(UserError, match="trained on SentencePiece's pieces"):
        operator.measure(text_batch("a"), operator.Measuring(model=str(tmp_path / "pieces")))
    with pytest.raises(UserError, match="holds no quality model"):
        line("text_quality_filter", model=str(tmp_path))
    # nothing is loaded for nothing
    assert operator.measure(text_batch(), operator.Measuring()) == {"text_quality_score": []}
