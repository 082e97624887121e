import shutil

import pytest
from support.small_looks import small_looks, write_other

from bettersynth.data.tables.rewritten import write_rewritten
from bettersynth.errors import UserError
from bettersynth.experiments.browse.difference import difference_columns
from bettersynth.experiments.history.compared_runs import load_experiment
from bettersynth.experiments.history.data_difference import data_difference


@pytest.fixture
def pairs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return small_looks().pairs


def test_every_pair_has_its_difference_as_diff_counts_them(pairs):
    # here s00 is trained on with its new caption, s03 s04 s05 s07 with their own
    weight = dict(zip(pairs.ids, pairs.column("weight").to_pylist(), strict=True))
    write_other(
        [
            ("s00", "original", -1, weight["s00"]),
            ("s01", "tiny", 0, 2),
            ("s03", "original", -1, weight["s03"]),
            ("s04", "original", -1, weight["s04"] + 1),
            ("of another pool", "original", -1, 9),
        ]
    )
    shutil.copy("data/caption/candidates.parquet", "other")
    columns = difference_columns(pairs, "other")
    assert columns["difference"].to_pylist() == [
        "recaptioned",
        "removed",
        "in neither",
        "the same",
        "reweighted",
        "added",
        "in neither",
        "added",
    ]
    assert columns["visits there"].to_pylist()[:3] == [weight["s00"], 2, 0]
    assert columns["caption there"].to_pylist()[:2] == ["a dog", "nothing much"]
    diff = data_difference(load_experiment("other"), load_experiment("workspace"))
    assert (diff.added, diff.recaptioned, diff.reweighted) == (2, 1, 1)


def test_a_caption_that_mappers_changed_here_is_another_one(pairs):
    write_other([("s03", "original", -1, 1), ("s04", "original", -1, 1)])
    row = {"id": "s03", "text": "a tree", "mappers": ["x_mapper"]}
    write_rewritten([row | {"original_text": "a tall tree"}], {})
    columns = difference_columns(pairs, "other")
    assert columns["difference"].to_pylist()[3] == "recaptioned"
    assert columns["difference"].to_pylist()[4] != "recaptioned"


def test_without_a_training_set_the_command_is_named(pairs, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="empty has no training set"):
        difference_columns(pairs, "empty")
