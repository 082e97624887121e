import json

import pytest
from support.small_looks import small_looks

from bettersynth.data.tables.marks import Mark
from bettersynth.errors import UserError
from bettersynth.experiments.browse.query import found_rows, read_query


@pytest.fixture(scope="module")
def looks(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("pool"))
        made = small_looks()
        made.marks.set(Mark("s02", "bad", ("dark",)))
        made.marks.set(Mark("s05", "good"))
        yield made


LASSO = {
    "x": "image_text_similarity",
    "y": "num_words",
    "polygon": [[0.25, 0], [0.45, 0], [0.45, 9], [0.25, 9]],
}
FOUND = [
    ({}, [0, 1, 2, 3, 4, 5, 6, 7]),
    ({"text": "RED"}, [2]),
    ({"text": "brown"}, [0]),  # in its new caption alone
    ({"text": "s07"}, [7]),
    ({"text": ".*"}, []),  # no pattern
    ({"chosen": {"kept": [True]}}, [3, 4, 5, 7]),
    ({"chosen": {"planted": [True], "kept": [False]}}, [0, 1]),
    ({"chosen": {"rule": [""]}}, [3, 4, 5, 7]),
    ({"chosen": {"source": ["test", "x"]}}, [0, 1, 2, 3, 4, 5, 6, 7]),
    ({"chosen": {"source": []}}, []),
    ({"between": {"image_text_similarity": [0.3, 0.45]}}, [2, 3, 7]),
    ({"between": {"image_text_similarity": [None, 0.2]}}, [0, 1]),
    ({"holds": {"reason": "KEPT by every"}}, [3, 4, 5, 7]),
    ({"holds": {"rule": ""}}, [0, 1, 2, 3, 4, 5, 6, 7]),
    ({"within": LASSO}, [2, 3]),
    ({"mark": "bad"}, [2]),
    ({"mark": "dark"}, [2]),
    ({"mark": "none"}, [0, 1, 3, 4, 6, 7]),
    ({"sort": "image_text_similarity"}, [0, 1, 6, 2, 3, 7, 4, 5]),
    ({"sort": "image_text_similarity", "descending": True}, [5, 4, 7, 3, 2, 6, 1, 0]),
    ({"sort": "caption", "chosen": {"kept": [True]}}, [7, 4, 5, 3]),
    ({"sort": "kept"}, [0, 1, 2, 6, 3, 4, 5, 7]),
]


@pytest.mark.parametrize(("query", "rows"), FOUND, ids=[str(query) for query, _ in FOUND])
def test_what_a_query_finds(looks, query, rows):
    found = found_rows(looks.pairs, looks.marks, read_query(json.dumps(query)))
    # s07 lies on the lasso's edge, which may count either way
    assert [row for row in found.tolist() if "within" not in query or row != 7] == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the query is not valid JSON"),
        ('{"sotr": "kept"}', r"has no setting sotr .did you mean sort"),
        ('{"sort": 3}', "the query.sort must be of type str"),
        ('{"sort": "weigth"}', "no column 'weigth'; the columns are: id, caption"),
        ('{"between": {"kept": [1]}}', "between.kept must be two ends"),
        ('{"chosen": {"num_words": [3]}}', "a column of numbers is chosen from by `between`"),
        ('{"holds": {"num_words": "3"}}', "column num_words is no text"),
        ('{"within": {"x": "a", "y": "b", "polygon": [[0, 0]]}}', "it must have 3 to 500"),
        ('{"between": {"num_words": [NaN, 1]}}', "NaN|nan"),
        ('{"text": "' + "a" * 30_000 + '"}', "30,012 characters, limit 20,000"),
    ],
)
def test_what_is_no_query_is_told(looks, text, message):
    with pytest.raises(UserError, match=message):
        found_rows(looks.pairs, looks.marks, read_query(text))
