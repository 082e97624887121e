"""The card counts what was kept and says under which licence it stands."""

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import write_json
from bettersynth.data.pool.card import CARD, FILES, write_card
from bettersynth.data.sources.pair import Pair
from bettersynth.data.tables.archives import MANIFEST
from bettersynth.data.tables.rejects import Refused


def test_the_card_counts_by_split_and_source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entries = [
        {"file": "a.tgz", "package": "a", "licence": "MIT"},
        {"file": "pairs.jsonl", "package": "", "licence": "terms"},
    ]
    write_json(MANIFEST, {"source": "emoji", "files": entries})
    for path in FILES:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.name.encode())
    pairs = [
        Pair("1", "x", (), "pool", "noto", "noto", "dog"),
        Pair("2", "x", (), "pool", "fluent", "fluent", "dog"),
        Pair("3", "x", (), "reference", "noto", "noto"),
    ]
    write_card("emoji", pairs, 1, [Refused("4", (), "flat picture")], {})
    card = read_json(CARD)
    assert "dropped_for_an_earlier_source" not in card
    assert card["samples"]["pool"] == {"fluent": 1, "noto": 1}
    assert card["samples"]["benchmark"] == {}
    assert card["concepts"] == {"benchmark": 0, "instruction": 0, "pool": 1, "reference": 0}
    assert (card["planted"], card["rejected"]) == (1, {"flat picture": 1})
    assert card["licences"] == {"a": "MIT", "pairs.jsonl": "terms"}
    assert card["sha256"]["images/shards.json"] == sha256_of_file(FILES[0])
