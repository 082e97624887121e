"""Stage 2's parts follow each other, or share the visits by weight."""

from collections import Counter

import pytest
from support.default_settings import read_changed
from support.several_sources import SOURCES, run_to_the_mix, write_sources

from bettersynth.data.instruction.arranging import arranged
from bettersynth.data.tables.samples import read_conversations
from bettersynth.errors import UserError

PARTS = {
    "pictures": [{"id": f"p{number}"} for number in range(4)],
    "signs": [{"id": f"s{number}"} for number in range(2)],
}
SECOND = SOURCES | {name: SOURCES[name] | {"split": "instruction"} for name in ("asked", "words")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("second")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        patch.setattr("sys.argv", ["test"])
        write_sources()
        run_to_the_mix(SECOND, visits=None)
    return path


def test_without_sources_the_parts_are_all(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    items = arranged(PARTS, read_changed("instruction"))
    assert [item["id"] for item in items] == ["p0", "p1", "p2", "p3", "s0", "s1"]


def test_sources_of_the_split_instruction_come_after_them(folder, monkeypatch):
    monkeypatch.chdir(folder)
    items = arranged(PARTS, read_changed("instruction"))
    assert [item["id"] for item in items[6:9]] == ["a0", "a1", "a2"]
    assert items[6]["image"] == "asked/0.png" and len(items) == 6 + 5 + 3
    assert len(read_conversations("instruction")) == 8
    assert read_conversations("pool") == []


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        ({"pictures": 4, "signs": 3, "asked": 2, "words": 1}, [40, 30, 20, 10]),
        ({"instruction": 0.9, "text": 0.1}, None),
    ],
)
def test_weights_part_the_visits(folder, monkeypatch, weights, shares):
    monkeypatch.chdir(folder)
    items = arranged(PARTS, read_changed("instruction", weights=weights, visits=100))
    counts = Counter(item["id"][0] for item in items)
    assert len(items) == 100 and counts["w"] == 10
    if shares:
        assert [counts[first] for first in "psaw"] == shares


def test_a_part_without_a_weight_is_told(folder, monkeypatch):
    monkeypatch.chdir(folder)
    settings = read_changed("instruction", weights={"pictures": 1, "signs": 1}, visits=10)
    with pytest.raises(UserError, match="instruction.weights gives no weight to asked, which has"):
        arranged(PARTS, settings)


def test_weights_need_visits():
    with pytest.raises(UserError, match="instruction needs both weights and visits"):
        read_changed("instruction", weights={"pictures": 1, "signs": 1})
