from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.small_archives import picture_bytes

from bettersynth.data.files.reading import read_json
from bettersynth.data.instruction.published_files import require_llava_file, take_instruction
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
    rows.append(row(["coco/a.jpg", "coco/b.jpg"], "<image>\nWhat?", 4))
    rows[3]["conversations"] += row(human="And <image>?")["conversations"]
    assert take(rows) == (3, 1)
    kept = read_json(take.folder / "train.json")
    assert [one["id"] for one in kept] == ["1", "2", "4"]
    assert kept[0]["conversations"] == rows[0]["conversations"]
    assert "image" not in kept[1]
    store = ImageStore(take.folder / "images")
    assert kept[2]["image"] == ["instruction/coco/a.jpg", "instruction/coco/b.jpg"]
    assert store.read(kept[0]["image"]) == picture_bytes(1, "JPEG")
    assert sorted(store.names()) == ["instruction/coco/a.jpg", "instruction/coco/b.jpg"]


def test_missing_and_broken_pictures_and_half_surrogates_are_set_aside_and_named(take, capsys):
    rows = [row(number=1), row("coco/none.jpg", "<image>?", 2), row("coco/cut.jpg", "<image>?", 3)]
    rows += [row(human="half \ud83d", number=4), row("coco", "<image>?", 5)]
    assert take(rows, max_reject_share=1.0) == (1, 4)
    said = [line.partition("rows.json ")[2] for line in capsys.readouterr().out.splitlines()]
    assert said[0] == "entry 2: coco/none.jpg: does not exist"
    assert said[1].startswith("entry 3: coco/cut.jpg: truncated image: ")
    assert said[2:] == ["entry 4: text is no valid Unicode", "entry 5: coco: no regular file"]


def test_more_unreadable_pictures_than_allowed_end_the_step_with_the_reasons(take):
    with pytest.raises(
        UserError,
        match=r"1 of 2 conversations are unusable \(1 truncated image\), more than "
        r"instruction\.max_reject_share 0\.1 allows; the first: .*entry 2: coco/cut\.jpg: "
        r"truncated",
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
            [row(), row("../rows.json", "<image>?")],
            r"entry 2: images\[0\] '\.\./rows\.json' lies outside",
        ),
        (
            [row("coco/a.jpg", "<image> and <image>?")],
            "entry 1: 2 <image> in the text for 1 images",
        ),
        (
            [row(["coco/a.jpg", "coco/b.jpg"], "<image> or <image>?")],
            "entry 1: 2 <image> in the text for 2 images; a turn takes one at most",
        ),
        (
            [{"conversations": row()["conversations"][:1] * 2}],
            "entry 1: turn 2 is from 'human'; turns must alternate",
        ),
        ([row(), {"conversations": []}], "entry 2: the conversation is empty"),
        (
            [row(), {"conversations": row()["conversations"][:1]}],
            "1 of 2 rows have nothing to learn from .allowed 1%.: 1 x the last turn is from human",
        ),
        ([row(human="<image>?")], "entry 1: 1 <image> in the text for 0 images"),
        (
            [{"conversations": [{"from": "system", "value": "x"}]}],
            "turn 1 is from 'system'; turns must alternate, this one should be from 'human'",
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
    with pytest.raises(UserError, match=r"no conversation is usable \(1 truncated image"):
        take([row("coco/cut.jpg", "<image>?")], max_reject_share=1.0)


def test_a_table_or_folder_in_the_place_of_llava_json_is_told_with_its_columns(tmp_path):
    path = tmp_path / "train.parquet"
    pq.write_table(pa.table({"id": ["a"], "messages": ["hi"]}), path)
    with pytest.raises(UserError, match=r"is a .parquet file with the columns: id, messages; it"):
        require_llava_file(path)
    with pytest.raises(UserError, match=r"is a folder of .parquet files with .* must be LLaVA"):
        require_llava_file(tmp_path)
