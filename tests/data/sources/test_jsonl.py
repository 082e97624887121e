from __future__ import annotations

import json

import pytest
from support.small_archives import picture_bytes

from bettersynth.data.pictures.decoding import BadImage, read_picture
from bettersynth.data.sources.jsonl import read_pairs, require_first_row
from bettersynth.errors import UserError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images" / "deep").mkdir(parents=True)
    for name in ("a.png", "b.png", "deep/c.png"):
        (tmp_path / "images" / name).write_bytes(picture_bytes(len(name)))
    return tmp_path / "images"


def write(folder, *rows):
    path = folder.parent / "pairs.jsonl"
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    )
    return path


def test_data_juicer_rows_keep_their_text_and_plain_captions_get_its_form(folder):
    path = write(
        folder,
        {"id": 7, "text": "<__dj__image>\na dog <|__dj__eoc|>", "images": ["a.png"]},
        "",
        {"text": "a plain cat", "images": ["./deep/../b.png"]},
        {
            "id": "two",
            "text": "<__dj__image> one <__dj__image> two",
            "images": ["a.png", "deep/c.png"],
        },
        {"id": "llava token", "text": "<image>\na pig", "image": str(folder / "a.png")},
    )
    pairs, refused = read_pairs(path, folder)
    assert [
        (pair.id, pair.text, [picture.name for picture in pair.pictures]) for pair in pairs
    ] == [
        ("7", "<__dj__image>\na dog <|__dj__eoc|>", ["a.png"]),
        ("row-00000002", "<__dj__image>\na plain cat <|__dj__eoc|>", ["b.png"]),
        ("two", "<__dj__image> one <__dj__image> two <|__dj__eoc|>", ["a.png", "deep/c.png"]),
        ("llava token", "<__dj__image>\na pig <|__dj__eoc|>", ["a.png"]),
    ]
    assert {pair.split for pair in pairs} == {"pool"}
    assert refused == []


def test_a_llava_json_gives_its_answers_as_captions(folder):
    turns = [
        {"from": "human", "value": "<image>\nWhat is this?"},
        {"from": "gpt", "value": " a dog "},
    ]
    path = folder.parent / "llava.json"
    path.write_text(json.dumps([{"id": "x", "image": "a.png", "conversations": turns}], indent=1))
    pairs, _ = read_pairs(path, folder)
    assert [(pair.id, pair.text) for pair in pairs] == [("x", "<__dj__image>\na dog <|__dj__eoc|>")]


def test_pairs_without_caption_or_image_are_set_aside_with_the_reason(folder):
    path = write(
        folder,
        {"id": "e", "text": "<__dj__image>\n <|__dj__eoc|>", "images": ["a.png"]},
        {"id": "t", "text": "words", "images": []},
    )
    pairs, refused = read_pairs(path, folder)
    assert pairs == []
    assert [(one.id, one.reason) for one in refused] == [("e", "empty caption"), ("t", "no image")]


@pytest.mark.parametrize(
    ("row", "refused_id", "reason"),
    [
        ({"id": "s", "text": "a \ud83d dog"}, "s", "caption is no valid Unicode"),
        ({"id": "s\ud83d", "text": "a dog"}, "s?", "id is no valid Unicode"),
        ({"id": "s", "text": "a", "images": ["\ud83d"]}, "s", "image path is no valid Unicode"),
    ],
)
def test_half_a_surrogate_pair_in_any_field_sets_the_pair_aside(folder, row, refused_id, reason):
    pairs, refused = read_pairs(write(folder, {"images": ["a.png"], **row}), folder)
    assert pairs == []
    assert [(one.id, one.reason) for one in refused] == [(refused_id, reason)]


def test_whether_a_picture_exists_is_found_out_when_it_is_read(folder):
    pairs, refused = read_pairs(
        write(folder, {"id": "1", "text": "x", "images": ["gone.png"]}), folder
    )
    assert refused == []
    with pytest.raises(BadImage, match="does not exist"):
        read_picture(pairs[0].pictures[0].path)


def test_only_so_many_pairs_are_read_as_asked(folder):
    path = write(
        folder, *({"id": str(k), "text": "x", "images": ["a.png"]} for k in range(5)), "{broken"
    )
    assert len(read_pairs(path, folder, 3)[0]) == 3


GOOD = {"id": "1", "text": "a dog", "images": ["a.png"]}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"id": "2", "text": "cut', r"pairs\.jsonl line 2 is not valid JSON: Unterminated string"),
        ("[1, 2]", r"line 2: must be an object"),
        ({"id": "2", "images": ["a.png"]}, r"line 2: has no field text .* its fields: id, images$"),
        (
            {"id": "2", "text": "x", "images": "a.png"},
            r"line 2: images must be a list of paths, not 'a\.png'",
        ),
        (
            {"id": "2", "text": "x", "images": [None]},
            r"line 2: images\[0\] must be a path, not None",
        ),
        (
            {"id": "2", "text": "x", "images": ["../../etc/passwd"]},
            r"line 2: images\[0\] '\.\./\.\./etc/passwd' lies outside .*images",
        ),
        ({"id": "2", "text": "x", "images": ["deep/../../x.png"]}, r"line 2: .* lies outside"),
        (
            {"id": "2", "text": "x", "images": ["/etc/passwd"]},
            r"line 2: images\[0\] '/etc/passwd' lies outside .*images",
        ),
        (
            {"id": "2", "text": "<__dj__image> x", "images": ["a.png", "b.png"]},
            r"line 2: text has 1 image tokens .* but images lists 2",
        ),
        (
            {"id": "1", "text": "x", "images": ["a.png"]},
            r"line 2: the id '1' was given before, on line 1",
        ),
        (
            {"id": "2", "image": "a.png", "conversations": []},
            r"line 2: conversations must be one human question and one gpt answer",
        ),
        (
            {"id": "2", "image": "a.png", "conversations": ["x"]},
            r"line 2: conversations must be a list of",
        ),
    ],
)
def test_a_mistake_is_one_line_that_names_file_and_line(folder, row, message):
    with pytest.raises(UserError, match=message) as caught:
        read_pairs(write(folder, GOOD, row), folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "pairs.json",
            b'[{"id": 1},\n {"id": }]',
            r"pairs\.json is not valid JSON: Expecting value \(line 2, column 9\)",
        ),
        ("pairs.json", b'{"id": 1}', r"must hold a list of entries"),
        ("pairs.jsonl", b'{"text": "\xff"}', r"is not UTF-8 text"),
        ("pairs.jsonl", b"\n", r"holds no pairs"),
    ],
)
def test_a_file_of_another_kind_is_one_clear_error(folder, name, content, message):
    path = folder / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_pairs(path, folder)


def test_a_missing_file_or_folder_names_the_setting(folder):
    with pytest.raises(UserError, match=r"set source\.file"):
        read_pairs(folder / "none.jsonl", folder)
    with pytest.raises(UserError, match=r"set source\.images"):
        read_pairs(write(folder, GOOD), folder / "none")


def test_null_means_absent(folder):
    answer = [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "a pig"}]
    path = write(
        folder,
        {"id": None, "text": "a dog", "image": None, "images": ["a.png"], "conversations": None},
        {"id": None, "text": "a cat", "images": None, "image": "b.png"},
        {"id": "no caption", "text": None, "images": ["a.png"]},
        {"id": "no picture", "conversations": answer, "image": None},
    )
    pairs, refused = read_pairs(path, folder)
    assert [pair.id for pair in pairs] == ["row-00000001", "row-00000002"]
    assert [(one.id, one.reason) for one in refused] == [
        ("no caption", "empty caption"),
        ("no picture", "no image"),
    ]


def test_a_similarity_that_the_file_brings_is_kept(folder):
    measured = {"image_text_similarity": [0.25, 0.5]}
    rows = [
        {"text": "<__dj__image> <__dj__image> two", "images": ["a.jpg", "b.jpg"]},
        {"text": "one", "images": ["a.jpg"], "__dj__stats__": {"num_words": 1}},
    ]
    file = write(folder, {**rows[0], "__dj__stats__": measured}, rows[1])
    pairs, _ = read_pairs(file, folder)
    assert [pair.own_similarity for pair in pairs] == [0.375, None]


@pytest.mark.parametrize("value", ["0.3", [None], True])
def test_a_similarity_that_is_no_number_names_its_line(folder, value):
    row = {"text": "one", "images": ["a.jpg"], "__dj__stats__": {"image_text_similarity": value}}
    file = write(folder, row)
    with pytest.raises(UserError, match="line 1: __dj__stats__.image_text_similarity must be a nu"):
        read_pairs(file, folder)


def test_a_file_without_any_pictures_is_one_line_and_not_all_rows_set_aside(folder):
    rows = [{"id": str(k), "text": "a dog", "photo": "a.png"} for k in range(3)]
    with pytest.raises(UserError, match=r"no row of .* has the field images, .*: id, text, photo$"):
        read_pairs(write(folder, *rows), folder)
    pairs, refused = read_pairs(
        write(folder, *rows, {"text": "a cat", "images": ["a.png"]}), folder
    )
    assert [pair.text for pair in pairs] == ["<__dj__image>\na cat <|__dj__eoc|>"]
    assert [one.reason for one in refused] == ["no image"] * 3


def test_of_a_large_file_the_first_row_is_looked_at(folder):
    good = {"text": "a dog", "images": ["a.png"]}
    require_first_row(write(folder, good, {"caption": "a dog"}), "caption")
    with pytest.raises(UserError, match="line 1: has no field text .* its fields: caption$"):
        require_first_row(write(folder, {"caption": "a dog"}, good), "caption")
    with pytest.raises(UserError, match="line 1: a sample of type text needs conversations"):
        require_first_row(write(folder, good), "text")
