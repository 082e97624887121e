"""N-gram models from ARPA text."""

from __future__ import annotations

import gzip

import pytest
from support.tiny_arpa import ARPA

from bettersynth.errors import UserError
from bettersynth.measuring.text.kenlm_models import ArpaModel, load_model


def test_an_arpa_model_backs_off(tmp_path):
    (tmp_path / "tiny.arpa").write_text(ARPA)
    model = ArpaModel(tmp_path / "tiny.arpa")
    assert model.score("a dog") == pytest.approx(-0.2 - 0.4 - 0.1)
    assert model.score("dog a") == pytest.approx((-0.5 - 0.9) + (-0.2 - 0.8) + (-0.3 - 0.7))
    assert model.score("cat") == pytest.approx((-0.5 - 1.0) + -0.7)


def test_a_packed_model_is_the_same(tmp_path):
    (tmp_path / "tiny.arpa").write_text(ARPA)
    with gzip.open(tmp_path / "tiny.arpa.gz", "wt") as stream:
        stream.write(ARPA)
    models = [load_model(str(tmp_path / name)) for name in ("tiny.arpa", "tiny.arpa.gz")]
    assert models[0].entries == models[1].entries
    assert models[0].order == models[1].order == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nothing", "is not an ARPA file: it has no n-grams"),
        ("\\2-grams:\n-1.0\tone\n", r"'-1.0\\tone' is no 2-gram"),
    ],
)
def test_what_is_no_arpa_file_is_named(tmp_path, content, message):
    (tmp_path / "bad.arpa").write_text(content)
    with pytest.raises(UserError, match=message):
        ArpaModel(tmp_path / "bad.arpa")


def test_a_missing_model_is_named():
    with pytest.raises(UserError, match="kenlm_model /nowhere.arpa does not exist"):
        load_model("/nowhere.arpa")
