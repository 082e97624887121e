from bettersynth.data.samples.batch import Images, Tokens
from bettersynth.data.samples.sample_rows import RowForm, batch_of_rows

ROWS = [{"words": "a", "pictures": ["x.png"], "meta": {"n": 1}}, {"words": None}]
FORM = RowForm("words", "pictures", Tokens("<img>", "<eoc>"))
PICTURES = Images({}.__getitem__)


def test_a_row_without_text_or_pictures_has_empty_ones():
    batch = batch_of_rows(ROWS, PICTURES, FORM)
    assert batch.texts == ["a", ""]
    assert batch.images == [["x.png"], []]
    assert batch.tokens.image == "<img>"
    assert batch.rows == ()


def test_whole_rows_go_along_with_stats_and_the_files_suffix():
    batch = batch_of_rows(ROWS, PICTURES, FORM, [{"text_len": 1}, {}], ".jsonl")
    assert batch.rows[0]["meta"] == {"n": 1}
    assert batch.rows[0]["__dj__stats__"] == {"text_len": 1}
    assert batch.rows[1]["__dj__suffix__"] == ".jsonl"


def test_a_rows_own_suffix_stays():
    rows = [{"words": "a", "__dj__suffix__": ".txt"}]
    assert batch_of_rows(rows, PICTURES, FORM, [{}], ".jsonl").rows[0]["__dj__suffix__"] == ".txt"
