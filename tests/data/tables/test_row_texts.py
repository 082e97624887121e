import numpy as np
import pyarrow as pa

from bettersynth.data.tables.row_texts import RowTexts


def test_a_row_has_the_text_that_was_put_in_last():
    texts = RowTexts(4)
    assert list(texts) == [""] * 4
    texts.put(np.array([0, 2]), "x")
    texts.put_each(np.array([2, 3]), pa.array(["near a", "near b"]))
    assert list(texts) == ["x", "", "near a", "near b"]
    assert texts[3] == "near b"
    assert texts.arrow(1, 2).to_pylist() == ["", "near a"]
    assert texts.matching(lambda text: text.startswith("near")).tolist() == [
        False,
        False,
        True,
        True,
    ]


def test_texts_are_counted_in_the_order_in_which_they_come_up():
    texts = RowTexts(5)
    texts.put(np.array([4]), "late")
    texts.put(np.array([1]), "x")
    # again, as another rule's line may do
    texts.put(np.array([3]), "x")
    assert list(texts.counts().items()) == [("", 2), ("x", 2), ("late", 1)]


def test_a_tables_column_comes_back():
    column = pa.chunked_array([["a", "b"], ["a"]])
    assert RowTexts.of(column).arrow().to_pylist() == ["a", "b", "a"]
    assert RowTexts.of(column.slice(0, 0)).counts() == {}
