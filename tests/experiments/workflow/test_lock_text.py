"""A dvc.lock of which only changed records are written is what DVC writes of all."""

import io

import pytest
from dvc.utils.serialize import _yaml

from bettersynth.experiments.workflow.lock_text import HEAD, record_in, stage_texts, text_with

STAGES = {
    "pool": {"cmd": "make pool", "outs": [{"path": "data/pool", "md5": "ab" * 16, "size": 3}]},
    "stats@words": {
        "cmd": "measure",
        # a word that DVC folds, and words that YAML 1.1 and 1.2 read differently
        "params": {"params.yaml": {"note": "a long sentence " * 12, "on": "off", "text": "1e3"}},
    },
    "train@0": {"cmd": "train 0", "params": {"params.yaml": {"words": "two\nlines\n\nand more"}}},
}


def written_by_dvc(stages):
    stream = io.StringIO()
    _yaml._dump({"schema": "2.0", "stages": stages}, stream)
    return stream.getvalue()


def test_each_record_has_a_text_of_its_own():
    texts = stage_texts(written_by_dvc(STAGES))
    assert list(texts) == list(STAGES)
    assert {name: record_in(text) for name, text in texts.items()} == STAGES
    assert HEAD + "".join(texts.values()) == written_by_dvc(STAGES)


@pytest.mark.parametrize(
    "changed",
    [
        STAGES,
        STAGES | {"stats@words": {"cmd": "measure", "params": {"params.yaml": {"on": "x " * 90}}}},
        STAGES | {"score": {"cmd": "score", "deps": [{"path": "a b.txt", "md5": "0" * 32}]}},
        {name: STAGES[name] for name in ("pool", "train@0")},
    ],
)
def test_a_changed_lock_is_the_one_that_dvc_writes(changed):
    texts = stage_texts(written_by_dvc(STAGES))
    assert text_with(texts, changed, _yaml._dump) == written_by_dvc(changed)


def test_a_record_that_did_not_change_is_not_written_again():
    texts = stage_texts(written_by_dvc(STAGES))
    written = []

    def dump(data, stream):
        written.extend(data["stages"])
        _yaml._dump(data, stream)

    text_with(texts, STAGES | {"pool": {"cmd": "make another"}}, dump)
    assert written == ["pool"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "stages:\n  pool:\n    cmd: make\n",
        HEAD + "  pool:\n    cmd: make\ndatasets: []\n",
        HEAD + "  pool:\n    cmd: make\n  pool:\n    cmd: make\n",
        HEAD + "  pool: &id001\n    cmd: make\n  more: *id001\n",
        HEAD + "  - pool\n",
    ],
)
def test_a_file_of_another_form_is_left_to_dvc(text):
    assert stage_texts(text) is None


def test_parts_that_a_record_shares_are_left_to_dvc():
    shared = {"rate": 1}
    stages = {"train": {"cmd": "train", "params": {"a.yaml": shared, "b.yaml": shared}}}
    assert text_with({}, stages, _yaml._dump) is None
