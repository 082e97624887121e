"""The table of sources says of each its share of the visits, and the share asked for."""

from bettersynth.experiments.report.source_rows import source_rows

COUNTS = {"pool": 10, "samples": 5, "exchanged": 1, "visits": 30}


def test_a_row_a_source_and_a_type():
    card = {
        "counts": {"visits": 40},
        "sources": {"web": COUNTS, "own": {**COUNTS, "visits": 10}},
        "types": {"caption": {**COUNTS, "visits": 40}},
        "weights": {"web": {"weight": 3, "asked": 0.75, "share": 0.75}},
    }
    rows = source_rows(card)
    assert [(row["name"], row["share"], row["asked"]) for row in rows] == [
        ("web", 0.75, 0.75),
        ("own", 0.25, None),
        ("caption", 1.0, None),
    ]
    assert rows[0]["samples"] == 5


def test_one_source_without_weights_has_no_rows():
    assert source_rows({"counts": {"visits": 40}}) == []
