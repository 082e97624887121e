from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.small_archives import picture_bytes

from bettersynth.data.files.reading import read_json
from bettersynth.data.instruction.published_files import take_instruction
from bettersynth.data.pictures.images import ImageStore
from bettersynth.errors import UserError


def row(image=None, human="What?", number=0):
    turns = [{"from": "human", "value": human}, {"from": "gpt", "value": "This."}]
    return {"id": str(number), "conversations": turns} | ({"image": image} if image else {})


@pytest.fixture
def take(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "pictures"
    (folder / "coco").mkdir(parents=True)
    (folder / "coco/a.jpg").write_bytes(picture_bytes(1, "JPEG"))
    (folder / "coco/b.jpg").write_bytes(picture_bytes(2, "JPEG"))
    (folder / "coco/cut.jpg").write_bytes(picture_bytes(3, "JPEG", (300, 300))[:900])

    def run(rows, max_reject_share=0.5):
        (tmp_path / "rows.json").write_text(rows if isinstance(rows, str) else json.dumps(rows))
        return take_instruction(tmp_path / "rows.json", folder, 1, max_reject_share)

    run.folder = tmp_path / "data/instruction"
    return run


def test_conversations_come_over_whole_with_their_pictures_and_without_unreadable_ones(take):
    rows = [
        row("coco/a.jpg", "<image>\nWhat?", 1),
        row(number=2),
        row("coco/cut.jpg", "<image>\nWhat?", 3),
    ]
    rows.append(row(["coco/a.jpg", "coco/b.jpg"], "<image> or <image>?", 4))
    assert take(rows) == (3, 1)
    kept = read_json(take.folder / "train.json")
    assert [one["id"] for one in kept] == ["1", "2", "4"]
    assert kept[0]["conversations"] == rows[0]["conversations"]
    assert "image" not in kept[1]
    store = ImageStore(take.folder / "images.zip")
    assert kept[2]["image"] == ["instruction/coco/a.jpg", "instruction/coco/b.jpg"]
    assert store.read(kept[0]["image"]) == picture_bytes(1, "JPEG")
    assert sorted(store.names()) == ["instruction/coco/a.jpg", "instruction/coco/b.jpg"]


def test_more_unreadable_pictures_than_allowed_end_the_step_with_the_reasons(take):
    with pytest.raises(
        UserError,
        match=r"1 of 2 conversations have unusable pictures \(1 truncated image\), more than "
        r"instruction\.max_reject_share 0\.1 allows; the first: .*cut\.jpg: truncated",
    ):
        take([row("coco/a.jpg", "<image>?"), row("coco/cut.jpg", "<image>?")], max_reject_share=0.1)
    assert not (take.folder / "train.json").exists()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("[", "not valid JSON"),
        ("{}", "must hold a list of entries"),
        ("[]", "a non-empty list"),
        (
            [row("coco/none.jpg", "<image>?")],
            r"entry 1: images\[0\] 'coco/none.jpg' does not exist",
        ),
        (
            [row(), row("../rows.json", "<image>?")],
            r"entry 2: images\[0\] '\.\./rows\.json' lies outside",
        ),
        (
            [row("coco/a.jpg", "<image> and <image>?")],
            "entry 1: 2 <image> in the text for 1 images",
        ),
        ([row(human="<image>?")], "entry 1: 1 <image> in the text for 0 images"),
        (
            [{"conversations": [{"from": "system", "value": "x"}]}],
            "a turn is from 'system'; allowed: human, gpt",
        ),
        ([{"id": 3}], "entry 1: conversations must be a list"),
    ],
)
def test_broken_instruction_data_is_one_clear_error(take, rows, message):
    with pytest.raises(UserError, match=message):
        take(rows)


def test_missing_files_point_to_the_list_of_needed_files(tmp_path):
    with pytest.raises(
        UserError, match=r"instruction\.images\) does not exist; `bettersynth models`"
    ):
        take_instruction(tmp_path / "rows.json", Path("nowhere"), 1, 0.0)


def test_no_usable_conversation_is_refused_at_any_share(take):
    with pytest.raises(UserError, match=r"no conversation has usable pictures \(1 truncated image"):
        take([row("coco/cut.jpg", "<image>?")], max_reject_share=1.0)
