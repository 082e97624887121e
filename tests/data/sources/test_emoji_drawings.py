"""Drawings are found by the code points in a file's name, by a list of characters or by labels."""

import json

import pytest
from support.small_archives import (
    CODES,
    LABELS,
    drawing,
    icon_body,
    write_style_archives,
    write_tgz,
)

from bettersynth.data.sources.emoji_drawings import code_of, read_drawings, slug_of
from bettersynth.errors import UserError

FLAT, EMOJIONE = "@iconify-json/fluent-emoji-flat", "@iconify-json/emojione"


def write_collection(path, icons, aliases, chars=None):
    collection = {
        "icons": {name: {"body": body} for name, body in icons.items()},
        "aliases": aliases,
        "width": 8,
        "height": 8,
    }
    files = {"package/icons.json": json.dumps(collection).encode()}
    if chars is not None:
        files["package/chars.json"] = json.dumps(chars).encode()
    return write_tgz(path, files)


def test_code_points_have_one_form():
    assert code_of("0023-fe0f-20e3") == code_of("23-20E3") == "23-20E3"


def test_a_slug_is_of_letters_and_digits():
    assert slug_of("woman’s hat") == slug_of("Woman's hat") == "womans-hat"
    assert slug_of("A button (blood type)") == "a-button-blood-type"


def test_wanted_drawings_of_the_packages_that_are_there(tmp_path):
    wanted = dict(zip(CODES[:3], LABELS[:3], strict=True))
    drawings = read_drawings(write_style_archives(tmp_path), wanted)
    assert list(drawings) == ["fluent-flat", "emojione"]
    for style, shift in (("fluent-flat", 2), ("emojione", 7)):
        assert list(drawings[style]) == CODES[:3]
        for number, code in enumerate(CODES[:3], 1):
            svg = drawings[style][code].decode()
            assert icon_body(svg.encode()) == icon_body(drawing(number, shift))
            assert 'viewBox="0 0 64 64"' in svg


def test_by_labels_an_alias_is_its_parent_unless_that_is_another_thing(tmp_path):
    icons = {"bear-face": "B", "cricket-game": "G", "keycap": "K", "ferry": "F"}
    aliases = {
        "bear": {"parent": "bear-face"},
        "cricket": {"parent": "cricket-game"},
        "gone": {"parent": "nothing"},
    }
    archives = {EMOJIONE: write_collection(tmp_path / "named.tgz", icons, aliases)}
    labels = {
        "1": "bear",
        "2": "cricket",
        "3": "cricket game",
        "4": "keycap: #",
        "5": "Ferry",
        "6": "gone",
        # of one slug with keycap: #
        "7": "keycap: *",
    }
    drawn = read_drawings(archives, labels)["emojione"]
    assert {code: icon_body(svg) for code, svg in drawn.items()} == {"1": "B", "3": "G", "5": "F"}


def test_an_alias_that_is_mirrored_or_turned_is_no_drawing(tmp_path):
    aliases = {
        "right": {"parent": "left", "hFlip": True},
        "up": {"parent": "left", "rotate": 1},
        "west": {"parent": "left"},
    }
    chars = {"0031": "left", "32": "right", "33": "up", "34-fe0f": "west"}
    path = write_collection(tmp_path / "flat.tgz", {"left": "L"}, aliases, chars)
    drawn = read_drawings({FLAT: path}, dict.fromkeys(["31", "32", "33", "34"], "x"))
    assert {code: icon_body(svg) for code, svg in drawn["fluent-flat"].items()} == {
        "31": "L",
        "34": "L",
    }


def test_a_collection_without_its_list_is_one_line(tmp_path):
    path = write_collection(tmp_path / "flat.tgz", {"left": "L"}, {})
    with pytest.raises(UserError, match=r"flat.tgz holds no package/chars\.json"):
        read_drawings({FLAT: path}, {"31": "x"})
