from support.small_pool import write_pool

from bettersynth.data.samples.planted_captions import planted_captions


def test_the_planted_ones_alone_are_told_and_none_where_there_is_no_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_pool(["a", "b"])
    assert planted_captions() is None
    ids = write_pool(["a", "b", "c"], planted=[False, True, False])
    assert planted_captions() == {ids[1]: ""}
