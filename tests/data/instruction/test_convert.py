from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bettersynth.data.instruction.convert import convert
from bettersynth.errors import UserError

CHAT = {
    "id": 7,
    "image": "a/b.png",
    "conversations": [
        {"from": "human", "value": "<image>\nWhat  is it?"},
        {"from": "gpt", "value": " A dog. \n"},
        {"from": "human", "value": "And\nthen?"},
        {"from": "gpt", "value": "Nothing — ende."},
    ],
    "extra": {"kept": [1, 2.5]},
}
CAPTION = {
    "id": "c",
    "image": "c.png",
    "conversations": [
        {"from": "human", "value": "Describe.\n<image>"},
        {"from": "gpt", "value": "a cat"},
    ],
}
TEXT_ONLY = {
    "id": "t",
    "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}],
}


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def llava(*rows):
    Path("in.json").write_text(json.dumps(rows))


def rows():
    return [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]


def test_llava_comes_back_the_same():
    llava(CHAT, CAPTION, TEXT_ONLY)
    convert(Path("in.json"), Path("out.jsonl"))
    text = (
        "[[human]]: <__dj__image>\nWhat  is it?\n[[gpt]]:  A dog. \n\n[[human]]: And\nthen?\n"
        "[[gpt]]: Nothing — ende. <|__dj__eoc|>"
    )
    assert rows()[0] == {"id": 7, "text": text, "images": ["a/b.png"], "extra": {"kept": [1, 2.5]}}
    assert rows()[2]["images"] == []
    convert(Path("out.jsonl"), Path("back.json"))
    assert json.loads(Path("back.json").read_text()) == [CHAT, CAPTION, TEXT_ONLY]


def test_captions_alone_come_back_with_their_questions():
    llava(CAPTION)
    convert(Path("in.json"), Path("out.jsonl"), only_captions=True)
    assert rows() == [
        {
            "id": "c",
            "text": "<__dj__image>\na cat <|__dj__eoc|>",
            "images": ["c.png"],
            "question": "Describe.\n<image>",
        }
    ]
    convert(Path("out.jsonl"), Path("back.json"))
    assert json.loads(Path("back.json").read_text()) == [CAPTION]


def test_the_training_set_of_the_pipeline_comes_back_byte_for_byte():
    ours = (
        '[\n{"id": "s1", "image": "s1.png", "conversations": [{"from": "human", "value": '
        '"<image>\\nDescribe."}, {"from": "gpt", "value": "é"}]},\n'
    )
    ours += (
        '{"id": "s1", "image": "s1.png", "conversations": [{"from": "human", "value": "<image>\\n'
        'Describe."}, {"from": "gpt", "value": "b"}]}\n]\n'
    )
    Path("in.json").write_text(ours, encoding="utf-8")
    for only_captions in (False, True):
        convert(Path("in.json"), Path("out.jsonl"), only_captions)
        convert(Path("out.jsonl"), Path("back.json"))
        assert Path("back.json").read_text(encoding="utf-8") == ours


def test_data_juicers_captions_come_back_byte_for_byte():
    ours = (
        '{"id": "1", "text": "<__dj__image>\\na dog <|__dj__eoc|>", "images": ["a.png"], "meta": '
        '{"n": 1.5}}\n'
    )
    Path("in.jsonl").write_text(ours)
    convert(Path("in.jsonl"), Path("out.json"))
    assert json.loads(Path("out.json").read_text())[0]["conversations"][0] == {
        "from": "human",
        "value": "<image>",
    }
    convert(Path("out.json"), Path("out.jsonl"), only_captions=True)
    assert Path("out.jsonl").read_text() == ours


def test_picture_paths_follow_the_file():
    llava(CAPTION)
    convert(Path("in.json"), Path("jsonl/out.jsonl"), images=Path("pictures"))
    assert json.loads(Path("jsonl/out.jsonl").read_text())["images"] == ["../pictures/c.png"]
    convert(Path("jsonl/out.jsonl"), Path("back.json"), images=Path("pictures"))
    assert json.loads(Path("back.json").read_text()) == [CAPTION]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {**CAPTION, "conversations": CAPTION["conversations"][:1]},
            "entry 2: conversations must be pairs",
        ),
        (
            {
                **CAPTION,
                "conversations": [
                    {"from": "human", "value": "no token"},
                    {"from": "gpt", "value": "a"},
                ],
            },
            "must begin or end with <image>",
        ),
        (
            {
                **TEXT_ONLY,
                "conversations": [
                    {"from": "human", "value": "x"},
                    {"from": "gpt", "value": "[[gpt]]: y"},
                ],
            },
            "pairs of",
        ),
        (
            {
                **TEXT_ONLY,
                "conversations": [
                    {"from": "human", "value": "x"},
                    {"from": "gpt", "value": "<__dj__image>"},
                ],
            },
            "would not come back",
        ),
    ],
)
def test_a_row_that_would_lose_something_is_named(row, message):
    llava(CAPTION, row)
    with pytest.raises(UserError, match=message):
        convert(Path("in.json"), Path("out.jsonl"))
    assert not Path("out.jsonl").exists()


def test_two_different_pictures_and_other_endings_are_refused():
    Path("in.jsonl").write_text('{"text": "<__dj__image><__dj__image> x", "images": ["a", "b"]}\n')
    with pytest.raises(UserError, match="line 1: LLaVA takes one picture a sample, not 2"):
        convert(Path("in.jsonl"), Path("out.json"))
    with pytest.raises(UserError, match="takes LLaVA .json to Data-Juicer .jsonl"):
        convert(Path("in.jsonl"), Path("out.jsonl"))


def test_a_byte_order_mark_is_passed_over():
    rows = [
        {
            "id": "1",
            "image": "a",
            "conversations": [
                {"from": "human", "value": "<image>\nWhat?"},
                {"from": "gpt", "value": "a cat"},
            ],
        }
    ]
    Path("in.json").write_text(json.dumps(rows), encoding="utf-8-sig")
    convert(Path("in.json"), Path("out.jsonl"))
    convert(Path("out.jsonl"), Path("back.json"))
    assert json.loads(Path("back.json").read_text()) == rows


def test_captions_as_other_tools_write_them_are_taken():
    Path("in.jsonl").write_text(
        '{"text": "a dog <image>", "images": ["a"]}\n{"text": "<__dj__image> a cat  '
        '<|__dj__eoc|>", "images": ["b"]}\n'
    )
    convert(Path("in.jsonl"), Path("out.json"))
    assert [
        row["conversations"][1]["value"] for row in json.loads(Path("out.json").read_text())
    ] == ["a dog", "a cat"]


@pytest.mark.parametrize(
    ("images", "text", "message"),
    [
        ("a.jpg", "<__dj__image> a", "images must be a list of paths, not 'a.jpg'"),
        ([1], "<__dj__image> a", r"images must be a list of paths, not \[1\]"),
        ([["a"]], "<__dj__image> a", "images must be a list of paths"),
        ({"a": 1}, "<__dj__image> a", "images must be a list of paths"),
        (5, "<__dj__image> a", "images must be a list of paths, not 5"),
        ([""], "<__dj__image> a", "images must be a list of paths"),
        ([], "<__dj__image>\na dog", r"1 image tokens \(<__dj__image>\) in the text for 0 images"),
        (["a"], "<__dj__image>\na <__dj__image> dog", "2 image tokens .* for 1 images"),
        (["a"], "a dog", "0 image tokens .* for 1 images"),
        ([], "[[human]]: <__dj__image> q\n[[gpt]]: a", "1 image tokens .* for 0 images"),
    ],
)
def test_pictures_of_another_shape_or_number_are_refused(images, text, message):
    Path("in.jsonl").write_text(json.dumps({"text": text, "images": images}))
    with pytest.raises(UserError, match=f"in.jsonl line 1: {message}"):
        convert(Path("in.jsonl"), Path("out.json"), images=Path("pictures"))
    assert not Path("out.json").exists()


def test_an_image_token_without_a_picture_is_refused():
    llava({"conversations": [{"from": "human", "value": "<image>"}, CAPTION["conversations"][1]]})
    with pytest.raises(UserError, match="entry 1: 1 <image> in the text without an image"):
        convert(Path("in.json"), Path("out.jsonl"))
    turns = [CAPTION["conversations"][0], {"from": "gpt", "value": "a <image> cat"}]
    llava({**CAPTION, "conversations": turns})
    with pytest.raises(UserError, match="entry 1: the answer holds <image>; only the question may"):
        convert(Path("in.json"), Path("out.jsonl"), only_captions=True)


def test_null_means_no_picture():
    llava({**TEXT_ONLY, "id": None, "image": None})
    convert(Path("in.json"), Path("out.jsonl"))
    assert rows()[0]["images"] == []
    Path("in.jsonl").write_text('{"id": null, "text": "a dog", "images": null}\n')
    convert(Path("in.jsonl"), Path("back.json"))
    assert "image" not in json.loads(Path("back.json").read_text())[0]


def test_captions_come_back_by_the_command_that_is_printed(capsys):
    ours = '{"text": "<__dj__image>\\na dog <|__dj__eoc|>", "images": ["a.png"]}\n'
    Path("in.jsonl").write_text(ours)
    convert(Path("in.jsonl"), Path("out.json"))
    assert "bettersynth convert out.json BACK.jsonl --only-captions" in capsys.readouterr().out
    convert(Path("out.json"), Path("out.jsonl"), only_captions=True)
    assert Path("out.jsonl").read_text() == ours
    convert(Path("out.json"), Path("out.jsonl"))
    assert rows()[0]["text"].startswith("[[human]]: <__dj__image>\n[[gpt]]: a dog")


def test_an_empty_file_and_a_link_to_the_source_are_refused():
    Path("in.jsonl").write_text("\n")
    with pytest.raises(UserError, match="in.jsonl holds no rows"):
        convert(Path("in.jsonl"), Path("out.json"))
    Path("link.json").symlink_to("in.jsonl")
    with pytest.raises(UserError, match="TARGET link.json would be written over in.jsonl"):
        convert(Path("in.jsonl"), Path("link.json"))


def test_what_is_no_file_of_utf8_is_told_as_what_it_is():
    os.mkfifo("pipe.jsonl")
    with pytest.raises(UserError, match="pipe.jsonl is a pipe, no regular file"):
        convert(Path("pipe.jsonl"), Path("out.json"))
    Path("in.json").write_text(json.dumps([CHAT]), encoding="utf-16")
    with pytest.raises(UserError, match="in.json is UTF-16 text; it must be UTF-8"):
        convert(Path("in.json"), Path("out.jsonl"))
    with pytest.raises(UserError, match="none.json does not exist"):
        convert(Path("none.json"), Path("out.jsonl"))
