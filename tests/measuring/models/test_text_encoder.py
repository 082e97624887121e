"""Embeddings of texts: their pooling, and models that are not there."""

import numpy as np
import pytest
from support.small_run import FIXTURES

from bettersynth.errors import UserError
from bettersynth.measuring.models.text_encoder import load_encoder

BERT = str(FIXTURES / "bert_tiny")


@pytest.mark.parametrize("pooling", [None, "mean", "weighted_mean"])
def test_a_vector_has_length_one_and_a_long_text_is_cut(pooling):
    encoder = load_encoder(BERT)
    vector = encoder.embed("a red dog", pooling)
    assert vector.shape == (16,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    # BERT's own 64 positions: the last one is the end of the text
    assert encoder.max_tokens == 64
    words = "dog " * 62
    assert (encoder.embed(words, pooling) == encoder.embed(words + "cat " * 40, pooling)).all()


def test_a_folder_without_a_model_is_one_line(tmp_path):
    with pytest.raises(UserError, match="cannot load the text encoder"):
        load_encoder(str(tmp_path))
