"""What several sources and their weights get wrong is told before the first stage."""

import json
from pathlib import Path

import pandas as pd
import pytest
from support.default_settings import read_changed
from support.several_sources import SOURCES, write_sources

from bettersynth.errors import UserError
from bettersynth.experiments.workflow import sources_check
from bettersynth.experiments.workflow.sources_check import require_sources_and_weights


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_sources()
    Path("data/archives").mkdir(parents=True)


def check(sources=SOURCES, weights=None, instruction=None):
    """Raises what the check raises, and returns whether it passed."""
    require_sources_and_weights(
        read_changed("source", name="several", sources=sources),
        read_changed("mix", weights=weights or {}),
        read_changed("instruction", **(instruction or {})),
    )
    return True


def test_sources_weights_and_files_that_go_together_pass():
    assert check()
    assert check(weights={"web": 9, "asked": 2, "words": 1})
    assert check(weights={"caption": 0.7, "instruction": 0.2, "text": 0.1})
    assert check(instruction={"weights": {"pictures": 1, "signs": 1}, "visits": 10})
    assert check(instruction={"weights": {"instruction": 1}, "visits": 10})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"weights": {"web": 1, "asked": 1, "wrods": 1}},
            "mix.weights names wrods, but the data has no such source",
        ),
        ({"weights": {"web": 1, "asked": 1}}, "mix.weights gives no weight to words"),
        ({"weights": {1: 1}}, "mix.weights: the name 1 is no text"),
        (
            {"weights": {"web": 1_000_000, "asked": 1_000_000, "words": 1}},
            "words is 1, which gives it none of the 9,000 visits; raise it, or mix.visits",
        ),
        (
            {"instruction": {"weights": {"pictures": 1, "signs": 1}, "visits": 1}},
            "signs is 1, which gives it none of the 1 visits; raise it, or instruction.visits",
        ),
        (
            {"instruction": {"weights": {"pictures": 1, "published": 1}, "visits": 9}},
            "instruction.weights names published, but the data has no such source; its sources: ",
        ),
    ],
)
def test_a_wrong_weight_is_one_line(wrong, message):
    with pytest.raises(UserError, match=message):
        check(**wrong)


def test_the_packages_of_one_source_can_be_weighted_too():
    weights = {"openclipart": 4, "tuxpaint": 3, "openmoji": 2, "fluent": 1}
    clipart, instruction = read_changed("source"), read_changed("instruction")
    require_sources_and_weights(clipart, read_changed("mix", weights=weights), instruction)
    weights.pop("fluent")
    with pytest.raises(UserError, match="gives no weight to fluent; name every source"):
        require_sources_and_weights(clipart, read_changed("mix", weights=weights), instruction)


def test_pictures_of_a_package_that_is_not_listed_are_told():
    sources = {"web": {"source": "packages", "of": ["fluent", "emojione"]}}
    with pytest.raises(UserError, match="sources.web.of names emojione, whose package source.pack"):
        check(sources)
    package = {"registry": "npm", "version": "1", "file": "x.tgz", "sha256": "0", "licence": "MIT"}
    packages = [
        package | {"name": name} for name in ("@lobehub/fluent-emoji-3d", "@iconify-json/emojione")
    ]
    source = read_changed("source", name="several", sources=sources, packages=packages)
    require_sources_and_weights(source, read_changed("mix"), read_changed("instruction"))


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("words.jsonl", '{"id": "w01", "conversations": []}', "words.jsonl line 1: the conversat"),
        ("words.jsonl", '{"text": "a page"}', "line 1: a sample of type text needs conversations"),
        ("web.jsonl", '{"text": "<image><image>", "images": []}', "web.jsonl line 1: text has 2"),
        ("asked.json", '[{"id": "w01", "image": "0.png"}]', "asked.json entry 1: a sample of type"),
    ],
)
def test_what_a_small_file_gets_wrong_is_told(file, content, message):
    Path(file).write_text(content + "\n")
    with pytest.raises(UserError, match=message):
        check()


def test_text_needs_no_folder_of_pictures():
    Path("data/archives").rmdir()
    assert check()


def test_one_id_in_two_sources_is_told():
    entry = json.loads(Path("asked.json").read_text())[0]
    Path("asked.json").write_text(json.dumps([entry | {"id": "w01"}]))
    with pytest.raises(UserError, match="asked.json: 'w01' is also the id of a sample of web.json"):
        check()


def test_large_files_are_left_to_the_stage_fetch(monkeypatch):
    Path("web.jsonl").write_text("no json")
    with pytest.raises(UserError, match="web.jsonl"):
        check()
    monkeypatch.setattr(sources_check, "QUICKLY_READ_BYTES", 3)
    with pytest.raises(UserError, match="web.jsonl line 1"):
        check()
    # but for their first row or their columns
    Path("web.jsonl").write_text('{"text": "a dog", "images": ["0.png"]}\nno json')
    assert check()


def test_a_parquet_file_without_the_columns_is_told_whatever_its_size(monkeypatch):
    sources = {**SOURCES, "web": {**SOURCES["web"], "file": "web.parquet"}}
    pd.DataFrame({"text": ["a dog"], "photo": ["0.png"]}).to_parquet("web.parquet")
    for limit in (2**20, 3):
        monkeypatch.setattr(sources_check, "QUICKLY_READ_BYTES", limit)
        with pytest.raises(UserError, match="web.parquet has no column images, .*: text, photo$"):
            check(sources)


def test_a_folder_in_the_place_of_a_file_is_told():
    Path("folder").mkdir()
    Path("web.jsonl").rename("folder/web.jsonl")
    sources = {**SOURCES, "web": {**SOURCES["web"], "file": "folder"}}
    with pytest.raises(UserError, match="folder is a folder of .jsonl files; a source is a .jsonl"):
        check(sources)
