"""Three types from three files: what is kept and visited is what pandas counts by hand."""

import json
from pathlib import Path

import pandas as pd
import pytest
from support.several_sources import QUESTIONS, SOURCES, TEXTS, run_to_the_mix, write_sources

from bettersynth.data.files.reading import read_json
from bettersynth.data.tables.made_files import read_made_table
from bettersynth.data.tables.samples import read_samples
from bettersynth.errors import UserError
from bettersynth.experiments.export.formats import export_training_set
from bettersynth.experiments.history.explain import explain
from bettersynth.experiments.report.source_rows import source_rows

SHARES = {"caption": 0.7, "instruction": 0.2, "text": 0.1}
VISITS = 203


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder where the weights of types were obeyed."""
    path = tmp_path_factory.mktemp("types")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        patch.setattr("sys.argv", ["test"])
        write_sources()
        run_to_the_mix(visits=VISITS, weights=SHARES)
    return path


@pytest.fixture(autouse=True)
def _in_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)


@pytest.fixture
def by_hand():
    """What pandas makes of the samples: who is kept, and the share of each type."""
    samples = read_samples().to_pandas()
    words = samples.text.str.split().str.len()
    samples["kept"] = ~samples.judged | (words >= 4)
    return samples


def test_the_recipe_judges_captions_alone(by_hand):
    decisions = read_made_table(Path("data/filter/decisions.parquet")).to_pandas()
    assert decisions.id.tolist() == by_hand.id.tolist()
    assert decisions.kept.tolist() == by_hand.kept.tolist()
    assert by_hand[by_hand.type == "caption"].kept.sum() == 8


def test_counts_and_shares_are_those_of_pandas(by_hand):
    train = pd.DataFrame(read_json("data/mix/train.json"))
    visited = train.merge(by_hand[["id", "type", "source", "kept"]], on="id")
    assert len(visited) == VISITS and visited.kept.all()
    for kind, share in SHARES.items():
        assert abs((visited.type == kind).sum() - share * VISITS) < 1
    card = read_json("data/mix/card.json")
    for column, part in (("source", "sources"), ("type", "types")):
        for name, counts in card[part].items():
            own = by_hand[by_hand[column] == name]
            assert counts["pool"] == len(own)
            assert counts["samples"] == own.kept.sum()
            assert counts["visits"] == (visited[column] == name).sum()
    assert card["detectors"]["words_num_filter"]["dropped"] == (~by_hand.kept).sum() == 4
    pool = read_json("data/pool/card.json")["samples"]["pool"]
    assert pool == by_hand.source.value_counts().sort_index().to_dict()


def test_each_sample_of_a_type_comes_as_often_as_the_others():
    weight = read_made_table(Path("data/mix/mix.parquet")).to_pandas().set_index("id").weight
    for first in ("w0", "a", "words-"):
        own = weight[weight.index.str.startswith(first)]
        assert own.max() - own.min() <= 1


def test_conversations_are_trained_on_as_they_came():
    train = {entry["id"]: entry for entry in read_json("data/mix/train.json")}
    (asked,) = [
        entry for entry in json.loads(Path("asked.json").read_text()) if entry["id"] == "a3"
    ]
    assert train["a3"] == {**asked, "image": "asked/3.png"}
    text = train["words-row-00000002"]
    assert "image" not in text and text["conversations"][1]["value"] == "more"


def test_report_and_explain_tell_source_and_type():
    card = read_json("data/mix/card.json")
    rows = {row["name"]: row for row in source_rows(card)}
    assert list(rows) == ["asked", "web", "words", "caption", "instruction", "text"]
    assert rows["text"]["asked"] == pytest.approx(0.1) and rows["web"]["asked"] is None
    assert rows["text"]["share"] == pytest.approx(20 / VISITS)
    told = explain("a3")
    assert "source    asked, instruction, split pool, image asked/3.png" in told
    assert "not asked: its source is not judged" in told
    assert "taken as it is, since its source is not judged; visited" in told
    assert "visits with its own turns" in told
    assert "no image" in explain("words-row-00000001")


def test_only_llava_exports_conversations(tmp_path):
    for form in ("folder", "hf", "webdataset"):
        with pytest.raises(
            UserError, match=rf"8 samples of workspace are conversations, and {form}"
        ):
            export_training_set("workspace", tmp_path / form, form)
    export_training_set("workspace", tmp_path / "llava", "llava")
    assert (tmp_path / "llava/images/asked/3.png").is_file()


def test_weights_of_sources_and_none(folder):
    run_to_the_mix(visits=100, weights={"web": 9, "asked": 2, "words": 1})
    counts = read_json("data/mix/card.json")["sources"]
    assert [counts[name]["visits"] for name in ("web", "asked", "words")] == [75, 17, 8]
    run_to_the_mix(visits=None)
    card = read_json("data/mix/card.json")
    assert "weights" not in card
    assert card["counts"]["visits"] == 8 + QUESTIONS + TEXTS


def test_a_source_that_the_recipe_drops_whole_is_told(folder):
    with pytest.raises(UserError, match=r"mix.weights.other is 1, but no sample of it is left"):
        other = {"source": "jsonl", "file": "short.jsonl", "images": "asked"}
        Path("short.jsonl").write_text('{"text": "dog", "images": ["11.png"]}\n')
        run_to_the_mix(
            SOURCES | {"other": other}, visits=9, weights=dict.fromkeys([*SOURCES, "other"], 1)
        )
