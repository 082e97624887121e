import json

import pytest

from bettersynth.data.samples.llava import (
    llava_entries,
    pictures_of,
    require_a_token_a_picture,
    require_roles,
    turns_of,
)
from bettersynth.errors import UserError

TURNS = [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "a cat"}]


def written(tmp_path, value):
    path = tmp_path / "llava.json"
    path.write_text(json.dumps(value))
    return path


def test_entries_come_with_their_place(tmp_path):
    path = written(tmp_path, [{"id": 1, "conversations": TURNS}, {"id": 2}])
    places = [place for place, _ in llava_entries(path)]
    assert places == [f"{path} entry 1", f"{path} entry 2"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "holds no entries"),
        ({"id": 1}, "must hold a list of entries"),
        ([3], "entry 1: an entry must be a JSON object, not int"),
    ],
)
def test_what_is_no_list_of_entries_is_one_clear_error(tmp_path, value, message):
    with pytest.raises(UserError, match=message):
        list(llava_entries(written(tmp_path, value)))


@pytest.mark.parametrize("turns", [None, "x", [3], [{"value": "x"}], [{"from": "human"}]])
def test_turns_must_say_who_and_what(turns):
    assert turns_of({"conversations": TURNS}, "f entry 1") is TURNS
    with pytest.raises(UserError, match="f entry 1: conversations must be a list of"):
        turns_of({"conversations": turns}, "f entry 1")


def test_roles_are_human_and_gpt():
    require_roles(TURNS, "f entry 1")
    with pytest.raises(UserError, match="a turn is from 'system'; allowed: human, gpt"):
        require_roles([{"from": "system", "value": "x"}], "f entry 1")


@pytest.mark.parametrize(
    ("entry", "pictures"),
    [({}, []), ({"image": None}, []), ({"image": "a"}, ["a"]), ({"image": ["a", "b"]}, ["a", "b"])],
)
def test_an_entry_shows_none_one_or_several_pictures(entry, pictures):
    assert pictures_of(entry) == pictures


def test_there_is_an_image_token_for_each_picture():
    require_a_token_a_picture(TURNS, 1, "f entry 1")
    with pytest.raises(UserError, match="f entry 1: 1 <image> in the text for 2 images"):
        require_a_token_a_picture(TURNS, 2, "f entry 1")
