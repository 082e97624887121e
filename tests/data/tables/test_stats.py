import pyarrow as pa
import pytest

from bettersynth.data.tables.stats import column_of, read_stats, stats_path, write_stats
from bettersynth.errors import UserError

COLUMNS = [
    ([1, None, 3], pa.int64()),
    ([1, 2.5], pa.float64()),
    ([True, None], pa.bool_()),
    (["en", None], pa.string()),
    ([[1, 2], []], pa.list_(pa.int64())),
    ([[], []], pa.list_(pa.float64())),
    ([[0.5], None], pa.list_(pa.float64())),
    ([None, None], pa.float64()),
]


@pytest.mark.parametrize(("values", "kind"), COLUMNS)
def test_a_column_has_the_narrowest_type_and_comes_back(values, kind):
    column = column_of(values)
    assert column.type == kind
    assert column.to_pylist() == values


def test_values_come_back_by_stat_in_the_pools_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_stats("text_length_filter", ["a", "b"], {"text_len": [3, 4], "other": [[1.0], []]})
    assert stats_path("text_length_filter").is_file()
    assert read_stats("text_length_filter", ["a", "b"]) == {
        "text_len": [3, 4],
        "other": [[1.0], []],
    }


def test_stats_that_are_missing_or_of_another_pool_name_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        UserError, match=r"does not exist; run `python -m .*stats words_num_filter`"
    ):
        read_stats("words_num_filter", ["a"])
    write_stats("words_num_filter", ["a"], {"num_words": [1]})
    with pytest.raises(UserError, match="belongs to another pool"):
        read_stats("words_num_filter", ["b"])


def test_a_folder_in_the_place_of_stats_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stats_path("words_num_filter").mkdir(parents=True)
    with pytest.raises(UserError, match=r"stats/words_num_filter\.parquet is a folder; it must be"):
        read_stats("words_num_filter", ["a"])
