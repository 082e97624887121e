import json
from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.recipes.engine.passes import Pass
from bettersynth.recipes.engine.records import load_record
from bettersynth.recipes.engine.row_runner import RowRunner


def run(process, *rows, **settings):
    chunk = [(number, json.dumps(row).encode()) for number, row in enumerate(rows, 1)]
    settings = {"use_cache": False, **settings}
    plan = Pass(process, tuple(range(len(process))), Path("rows.jsonl"), Path(), **settings)
    done = RowRunner(plan).run(chunk)
    return done, [load_record(record) for record in done.records]


def test_lines_run_in_order_and_rows_are_counted_after_each():
    process = ["clean_links_mapper", {"text_length_filter": {"min_len": 4}}]
    done, records = run(process, {"text": "x http://a.org/b"}, {"text": "long"})
    assert done.left == {0: 2, 1: 1}
    assert [record.line for record in records] == [2]
    assert records[0].stats == {"text_len": 4}


def test_a_last_line_over_all_rows_gives_keys_and_drops_nothing():
    done, records = run(["document_deduplicator"], {"text": "a"}, {"text": "a"})
    assert len(records) == 2
    assert done.keys[0] == done.keys[1]
    assert records[0].hashes == {}
    _, records = run(["document_deduplicator"], {"text": "a"}, keep_hashes=True)
    assert list(records[0].hashes) == ["__dj__hash"]


def test_a_selector_gives_the_field_it_compares():
    selector = {"topk_specified_field_selector": {"field_key": "__dj__stats__.text_len"}}
    process = [{"text_length_filter": {"min_len": 0}}, selector]
    done, _ = run(process, {"text": "abc"}, {"text": "a"})
    assert done.keys == [(3,), (1,)]
    with pytest.raises(UserError, match="rows.jsonl line 1: a sample has no field meta.n"):
        run([{"topk_specified_field_selector": {"field_key": "meta.n"}}], {"text": "a"})
    done, _ = run(["random_selector"], {"text": "a"})
    assert done.keys == [(None,)]


def test_a_picture_that_cannot_be_read_costs_its_row():
    done, records = run(["image_shape_filter"], {"text": "a", "images": ["none.png"]})
    assert records == []
    assert done.rejects == [(1, "image_shape_filter", "image none.png: does not exist")]


def test_measuring_alone_drops_nothing_and_keeps_lines_of_one_name_apart():
    twice = [{"text_length_filter": {"min_len": 99}}, {"text_length_filter": {"min_len": 1}}]
    _, records = run(twice, {"text": "abc"}, measure_only=True)
    assert records[0].stats == {"text_len": 3, "text_len#2": 3}


def test_a_line_may_read_another_text():
    process = [{"text_length_filter": {"min_len": 3, "text_key": "title"}}]
    done, _ = run(process, {"text": "a", "title": "long"}, {"text": "long", "title": "a"})
    assert done.left == {0: 1}
