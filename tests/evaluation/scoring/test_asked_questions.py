import pyarrow as pa

from bettersynth.data.tables.items import item_table
from bettersynth.evaluation.scoring.asked_questions import questions_hash


def item(options: str, seed: int = 0) -> pa.Table:
    row = {"benchmark": "mmbench", "seed": seed, "item": "1", "rows": 2, "options": options}
    return item_table([row | {"question": "What?", "answer": "egg"}])


def test_the_hash_is_of_what_is_asked_alone():
    assert questions_hash(item("beef")) != questions_hash(item("f00d"))
    # seeds and the order of rows are no part of it
    assert questions_hash(item("beef", seed=5)) == questions_hash(item("beef"))
    both = [item("beef"), item("f00d")]
    twice = pa.concat_tables([both[1], both[0], both[1]])
    assert questions_hash(twice) == questions_hash(pa.concat_tables(both))


def test_a_table_without_options_has_none():
    assert questions_hash(item("beef").drop_columns("options")) == ""
