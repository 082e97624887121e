"""Clean pairs of the reference split, the same for equal pools."""

from __future__ import annotations

import pyarrow as pa
import pytest

from bettersynth.data.files.writing import write_table
from bettersynth.data.samples.held_out_pairs import held_out_groups
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.errors import UserError


def write_samples(rows):
    names = ("id", "caption", "concept", "split")
    table = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    table["text"] = [text_of_caption(caption) for caption in table.pop("caption")]
    table["images"] = [[f"{id}.png"] for id in table["id"]]
    write_table("data/pool/samples.parquet", pa.table(table))


@pytest.fixture(autouse=True)
def pool(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [(f"s{k:02d}", f"thing {k}", "", "reference") for k in range(10)]
    write_samples([*rows, ("p", "of the pool", "", "pool")])


def test_groups_are_drawn_from_the_reference_split_and_repeat_themselves():
    groups = held_out_groups(2, 3)
    assert [len(group) for group in groups] == [3, 3]
    pairs = [pair for group in groups for pair in group]
    assert len({pair.id for pair in pairs}) == 6
    assert all(pair.id.startswith("s") and pair.image == f"{pair.id}.png" for pair in pairs)
    assert groups == held_out_groups(2, 3)
    assert groups != held_out_groups(2, 3, seed=1)


def test_more_groups_begin_with_the_same_pairs():
    assert held_out_groups(3, 3)[:2] == held_out_groups(2, 3)


def test_one_concept_and_one_caption_come_once():
    write_samples(
        [
            ("a", "a red cat", "cat", "reference"),
            ("b", "a picture of a cat", "cat", "reference"),
            ("c", "A Red Cat", "", "reference"),
            ("d", "dog", "", "reference"),
        ]
    )
    (group,) = held_out_groups(1, 2)
    assert "dog" in {pair.caption for pair in group}
    with pytest.raises(UserError, match="different concepts in its split `reference`, 3 are need"):
        held_out_groups(1, 3)
