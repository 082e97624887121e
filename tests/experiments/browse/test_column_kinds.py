import pytest
from support.small_looks import small_looks

from bettersynth.experiments.browse.column_kinds import describe


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_column_is_described_by_its_kind():
    columns = {column["name"]: column for column in describe(small_looks().pairs)}
    assert columns["caption"]["kind"] == "text"
    assert columns["kept"] == {
        "name": "kept",
        "label": "kept",
        "kind": "flag",
        "choices": [[True, 4], [False, 4]],
    }
    assert columns["source"]["choices"] == [["test", 8]]
    assert columns["image_text_similarity"]["ends"] == [0.1, 0.6]
