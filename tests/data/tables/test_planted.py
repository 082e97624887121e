"""Which captions were swapped is written beside the pool."""

from bettersynth.data.tables.planted import PLANTED_SCHEMA, read_planted, write_planted


def test_planted_captions_come_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        {"id": "a", "planted": True, "original_text": "a dog", "donor_id": "b"},
        {"id": "c", "planted": False, "original_text": "a cat", "donor_id": ""},
    ]
    write_planted(rows)
    table = read_planted()
    assert table.schema.equals(PLANTED_SCHEMA)
    assert table.to_pylist() == rows
    assert read_planted(["planted"]).to_pylist() == [{"planted": True}, {"planted": False}]
