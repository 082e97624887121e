from support.small_columns import column
from support.small_pool import write_pool

from bettersynth.data.samples.planted_captions import original_captions, planted_rows


def test_the_planted_ones_alone_are_told_and_none_where_there_is_no_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = column(*write_pool(["a", "b", "c"]))
    assert planted_rows(ids) is None
    assert original_captions(ids) == {}
    write_pool(["a", "b", "c"], planted=[False, True, True])
    assert planted_rows(ids).tolist() == [False, True, True]
    # of those that are asked for
    assert original_captions(ids.slice(0, 2)) == {"s01": ""}
