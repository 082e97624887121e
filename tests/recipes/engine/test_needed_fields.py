from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.small_run import dataset

from bettersynth.data.row_files.carried_pictures import CarriedPictures
from bettersynth.data.row_files.reading import RowReader
from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.errors import UserError
from bettersynth.recipes.engine.needed_fields import needed_fields, require_fields
from bettersynth.recipes.lines import read_recipe

DATA = Path("data.jsonl")
PICTURES = "image_size_filter"
CARRIED = CarriedPictures(Path("pictures"))


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def require_fields_of(process, form=RowForm()):  # noqa: B008 (frozen)
    require_fields(read_recipe(process, "recipe"), RowReader(form, CARRIED), [DATA])


@pytest.mark.parametrize(
    ("process", "form", "message"),
    [
        (["text_length_filter"], RowForm("txet"), "field txet, which text_length_filter reads"),
        (["document_deduplicator"], RowForm("txet"), "field txet, .*; text_keys names it; the"),
        (["clean_links_mapper"], RowForm("txet"), "field txet, which clean_links_mapper reads"),
        ([PICTURES], RowForm(image_key="pictures"), "field pictures, which image_size_filter"),
        ([{PICTURES: {"image_key": "none"}}], RowForm(), "field none, .*; image_key names it"),
        (["mllm_mapper"], RowForm(image_key="none"), "field none, which mllm_mapper reads"),
        ([{"general_field_filter": {"filter_condition": "not m.no"}}], RowForm(), "field m.no,"),
        ([{"specified_field_filter": {"field_key": "m.no"}}], RowForm(), "field m.no,"),
        ([{"topk_specified_field_selector": {"field_key": "no"}}], RowForm(), "field no,"),
        ([{"image_captioning_mapper": {"prompt_key": "ask"}}], RowForm(), "field ask,"),
        (
            [{"topk_specified_field_selector": {"field_key": "__dj__stats__.text_len"}}],
            RowForm(),
            "field __dj__stats__.text_len,",
        ),
    ],
)
def test_a_field_that_no_row_has_is_named_with_the_line_that_reads_it(process, form, message):
    dataset([{"text": "a", "images": [], "m": {"n": 1}, "n": None}, {"text": "b"}])
    with pytest.raises(UserError, match=f"no row of data.jsonl has the {message}"):
        require_fields_of(process, form)


def test_a_key_of_text_is_no_path_into_other_fields():
    dataset([{"m": {"text": "a"}}])
    with pytest.raises(UserError, match="has the field m.text"):
        require_fields_of(["text_length_filter"], RowForm("m.text"))
    dataset([{"m.text": "a"}])
    require_fields_of(["text_length_filter"], RowForm("m.text"))


@pytest.mark.parametrize(
    "drawn",
    [
        {"text_to_image_mapper": {"caption_key": "m.title"}},
        {"image_captioning_mapper": {"prompt_key": "m.title"}},
    ],
)
def test_neither_is_a_key_of_captions_or_prompts(drawn):
    pictured = {"text": "a", "images": ["a.png"]}
    dataset([{**pictured, "m": {"title": "a"}}])
    with pytest.raises(UserError, match=r"has the field m.title, which .*_mapper reads"):
        require_fields_of([drawn])
    dataset([{**pictured, "m.title": "a"}])
    require_fields_of([drawn])


def test_one_row_that_has_it_is_enough_and_null_is_not():
    dataset([{"text": None}, {"text": "b"}])
    require_fields_of(["text_length_filter"])
    dataset([{"text": None}, {}])
    with pytest.raises(UserError, match="has the field text"):
        require_fields_of(["text_length_filter"])


def test_what_lines_before_make_need_not_be_in_the_rows():
    by_stat = {"general_field_filter": {"filter_condition": "__dj__stats__.text_len > 3"}}
    drawn = {"text_to_image_mapper": {"caption_key": "title"}}
    lines = read_recipe(["text_length_filter", by_stat, drawn, PICTURES], "recipe")
    assert needed_fields(lines, RowForm()) == {
        "text": "text_length_filter",
        "title": "text_to_image_mapper",
    }
    field = {"specified_numeric_field_filter": {"field_key": "m.n"}}
    top = {"topk_specified_field_selector": {"field_key": "__dj__stats__.m.n"}}
    lines = read_recipe([field, top, {"suffix_filter": {"suffixes": ".jsonl"}}], "recipe")
    assert list(needed_fields(lines, RowForm())) == ["m.n"]


def test_an_empty_data_set_is_refused():
    DATA.write_text("\n\n")
    with pytest.raises(UserError, match="data.jsonl holds no row"):
        require_fields_of(["suffix_filter"])


def test_llavas_form_is_told_how_to_become_rows():
    turns = [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "a"}]
    Path("chat.json").write_text(json.dumps([{"image": "a.png", "conversations": turns}]))
    lines = read_recipe([PICTURES], "recipe")
    with pytest.raises(UserError, match="`bettersynth convert chat.json pairs.jsonl` makes rows"):
        require_fields(lines, RowReader(RowForm(), CARRIED), [Path("chat.json")])


class NoReader(RowReader):
    """Reads no row: what the columns say is told before."""

    def rows(self, path):
        raise AssertionError(path)


def test_the_columns_of_a_table_tell_before_a_row_is_read():
    lines = read_recipe(["text_length_filter", PICTURES], "recipe")
    columns = {"text": ["a"], "photo": ["0.png"], "m": [{"n": 1}]}
    pq.write_table(pa.table(columns), "data.parquet")
    message = "no row of data.parquet has the field images, which image_size_filter reads; "
    with pytest.raises(UserError, match=message + ".* are: text, photo, m$"):
        require_fields(lines, NoReader(RowForm(), CARRIED), [Path("data.parquet")])
    # a field inside a column is looked for in the rows, and so is one that another file may have
    reader = RowReader(RowForm(image_key="photo"), CARRIED)
    lines = read_recipe([{"specified_field_filter": {"field_key": "m.n"}}], "recipe")
    require_fields(lines, reader, [Path("data.parquet")])
    dataset([{"text": "a", "images": ["0.png"]}])
    lines = read_recipe([PICTURES], "recipe")
    require_fields(lines, RowReader(RowForm(), CARRIED), [Path("data.parquet"), DATA])


def test_a_tar_without_any_picture_is_told_where_lines_read_some():
    Path("0.txt").write_text("a dog")
    with tarfile.open("data.tar", "w") as archive:
        archive.add("0.txt")
    reader = RowReader(RowForm(), CARRIED)
    with pytest.raises(UserError, match="no sample of data.tar has a picture, .* has: txt$"):
        require_fields(read_recipe([PICTURES], "recipe"), reader, [Path("data.tar")])
    require_fields(read_recipe(["text_length_filter"], "recipe"), reader, [Path("data.tar")])
