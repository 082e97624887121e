import numpy as np
import pyarrow as pa
import pytest
from support.small_pool import write_pool

from bettersynth.data.samples.pool_samples import pool_batch, read_pool
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.tables.stats import write_stats
from bettersynth.data.tables.value_columns import python_values
from bettersynth.errors import UserError
from bettersynth.measuring.launching import HERE
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.operators import load_operator
from bettersynth.recipes.pool_measuring import measure_all, measure_new_captions, measure_pool
from bettersynth.recipes.stored_columns import stored_values

MINHASH = "document_minhash_deduplicator"
CONDITION = {"filter_condition": "style == 'noise' and id != 's01'"}


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_pool(["one", "two words"])


def test_an_operator_that_reads_fields_sees_the_columns_of_the_sample_table():
    params = {"stats": {"general_field_filter": CONDITION, "suffix_filter": {}}}
    values = measure_pool(params, "general_field_filter", read_pool())
    assert values == {"general_field_filter_condition": [True, False]}
    values = measure_pool(params, "suffix_filter", read_pool())
    assert values == {"__dj__suffix__": [".parquet", ".parquet"]}


def test_new_captions_are_measured_where_the_text_may_matter():
    stats = {
        "words_num_filter": {},
        "image_shape_filter": {},
        "specified_field_filter": {"field_key": "text"},
    }
    shown = read_pool().take(pa.array([1, 1]))
    texts = [text_of_caption("a b c"), text_of_caption("d")]
    values = measure_new_captions({"stats": stats}, shown, texts)
    assert values == {"num_words": [5, 3], "text": texts}


def test_a_sample_that_cannot_be_measured_ends_the_stage():
    operator = load_operator("specified_numeric_field_filter")
    params = {"stats": {"specified_numeric_field_filter": {"field_key": "meta.n"}}}
    with pytest.raises(
        UserError,
        match=r"2 of 2 samples cannot be measured.*sample 0: a sample has no field meta.n",
    ):
        measure_pool(params, "specified_numeric_field_filter", read_pool())
    assert callable(measure_all) and operator.STATS == ()


def test_columns_of_a_stat_with_a_name_of_its_own_say_it():
    run = {"operator": "word_repetition_filter", "rep_len": 2}
    params = {"stats": {"word_repetition_filter": {"rep_len": 1}, "runs": run}}
    # by the special tokens' 2 words and those of the caption
    assert measure_pool(params, "runs", read_pool()) == {"word_rep_ratio#runs": [0.0, 0.0]}
    shown = read_pool().take(pa.array([1]))
    values = measure_new_captions(params, shown, [text_of_caption("a b c a b")])
    # of 6 pairs of words `a b` comes twice; of 7 words `a` and `b` do
    assert values == {"word_rep_ratio": [4 / 7], "word_rep_ratio#runs": [2 / 6]}


def test_a_signature_is_stored_short_and_decides_as_the_long_one_does():
    captions = ["one two three", "a b", "one two three"] * 200
    write_pool(captions)
    operator = load_operator(MINHASH)
    batch = pool_batch(read_pool())
    stored = measure_pool({"stats": {MINHASH: {}}}, MINHASH, read_pool())
    (signatures,) = stored.values()
    bands, _ = operator.bands_of(operator.Measuring())
    assert {len(signature) for signature in signatures} == {8 * bands}
    long = operator.measure(batch, operator.Measuring())
    settings = operator.Deciding()
    first = operator.originals(stored, settings)
    assert np.array_equal(first, operator.originals(long, settings))
    assert first[:4].tolist() == [0, 1, 0, 0]
    write_stats(MINHASH, read_pool()["id"], stored)
    read = stored_values(MINHASH, read_pool()["id"])
    assert np.array_equal(operator.originals(read, settings), first)
    assert python_values(read["__dj__minhash"]) == signatures
    assert np.isnan(numbers_of(read["__dj__minhash"])).all()


def test_a_sample_is_named_by_its_place_in_the_pool_where_it_cannot_be_measured():
    write_pool(["one"] * 300)
    operator = load_operator("specified_numeric_field_filter")
    settings = operator.Measuring(field_key="meta.n")
    batch = pool_batch(read_pool(), stats=[{} for _ in range(300)])
    with pytest.raises(UserError, match="300 of 300 samples cannot be measured"):
        measure_all(operator, settings, batch, "n", HERE)
