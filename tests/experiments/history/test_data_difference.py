"""How two training sets differ, with examples drawn evenly."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq

from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.experiments.history.compared_runs import Experiment
from bettersynth.experiments.history.data_difference import data_difference, data_sentence


def stored(**columns):
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def experiment(name, rows, captions=None, rewritten=None, new=None):
    """`rows` are (id, caption source, candidate, weight); `captions` and `rewritten` are by id,
    `new` captions by id and candidate.
    """
    ids, sources, candidates, weights = map(list, zip(*rows, strict=True))
    mix = stored(id=ids, caption_source=sources, candidate=candidates, weight=weights)
    files = {"data/mix/mix.parquet": mix}
    if captions:
        texts = [text_of_caption(text) for text in captions.values()]
        files["data/pool/samples.parquet"] = stored(id=list(captions), text=texts)
    if rewritten:
        texts = [text_of_caption(text) for text in rewritten.values()]
        files["data/rewrite/rewritten.parquet"] = stored(id=list(rewritten), text=texts)
    if new:
        ids, candidates = map(list, zip(*new, strict=True))
        texts = [text_of_caption(text) for text in new.values()]
        made = stored(id=ids, candidate=candidates, text=texts)
        files["data/caption/candidates.parquet"] = made
    return Experiment(name, {}, {}, {}, lambda path: files.get(str(path)))


def test_another_new_caption_of_the_same_captioner_is_another_one():
    rows = [("a", "oracle", 0, 1), ("b", "oracle", 1, 1), ("c", "original", -1, 1)]
    first = experiment("one", rows, new={("a", 0): "an ant", ("b", 0): "x", ("b", 1): "a bee"})
    second = experiment("two", rows, new={("a", 0): "a car", ("b", 1): "a bee"})
    data = data_difference(first, second)
    assert (data.recaptioned, data.shared) == (1, 3)
    (recaptioned,) = data.examples["recaptioned"]
    assert recaptioned.first == "'an ant' by oracle, visited 1 times"
    assert recaptioned.second == "'a car' by oracle, visited 1 times"
    # what is not at hand is not called another caption
    assert data_difference(first, experiment("three", rows)).recaptioned == 0


def test_a_caption_that_mappers_changed_is_another_one():
    rows = [("a", "original", -1, 1), ("b", "tiny", 0, 1)]
    first = experiment("one", rows, {"a": "an a http://a.org", "b": "a b"})
    second = experiment("two", rows, {"a": "an a http://a.org"}, {"a": "an a", "b": "b"})
    data = data_difference(first, second)
    assert (data.recaptioned, data.shared) == (1, 2)
    assert data.visit_overlap == 1 / 3
    (recaptioned,) = data.examples["recaptioned"]
    assert recaptioned.first == "'an a http://a.org', visited 1 times"
    assert recaptioned.second == "'an a', visited 1 times"


def test_samples_added_removed_recaptioned_and_reweighted_are_counted():
    first = experiment("one", [("a", "original", -1, 2), ("b", "original", -1, 2)], {"a": "an a"})
    second = experiment("two", [("a", "original", -1, 3), ("c", "tiny", 0, 1)])
    data = data_difference(first, second)
    assert (data.shared, data.added, data.removed) == (1, 1, 1)
    assert (data.recaptioned, data.reweighted) == (0, 1)
    assert data.overlap == 1 / 3
    assert data.visit_overlap == 2 / (3 + 2 + 1)
    (reweighted,) = data.examples["reweighted"]
    assert reweighted.first == "'an a', visited 2 times"
    assert reweighted.second == "caption, visited 3 times"
    (added,) = data.examples["added"]
    assert (added.first, added.second) == ("", "caption by tiny, visited 1 times")
    assert data_sentence(data).startswith("1 added, 1 removed, 0 recaptioned, 1 reweighted")


def test_examples_are_spread_over_all_ids():
    first = experiment("one", [("z", "original", -1, 1)])
    second = experiment("two", [(f"s{k}", "original", -1, 1) for k in range(9)])
    data = data_difference(first, second, examples=3)
    assert [example.id for example in data.examples["added"]] == ["s0", "s4", "s8"]
    assert data_difference(first, second, examples=0).examples["added"] == []


def test_without_a_training_set_there_is_no_difference():
    first = experiment("one", [("z", "original", -1, 1)])
    assert data_difference(first, Experiment("two", {}, {}, {}, lambda path: None)) is None
