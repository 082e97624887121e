import json
from collections import Counter

import pytest

from bettersynth.data.samples.llava import (
    llava_entries,
    nothing_to_learn,
    pictures_of,
    require_a_token_a_picture,
    require_few_masked,
    trained_turns,
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


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        (
            [("human", "a"), ("human", "b")],
            (
                "f entry 1: turn 2 is from 'human'; turns must alternate, this one should be "
                "from 'gpt'"
            ),
        ),
        ([("gpt", "a"), ("gpt", "b")], "turn 2 is from 'gpt'; .* should be from 'human'"),
        ([("system", "a")], "turn 1 is from 'system'"),
        ([("gpt", "a")], "the conversation is empty"),
        ([], "the conversation is empty"),
    ],
)
def test_wrong_roles_are_one_clear_error(turns, message):
    with pytest.raises(UserError, match=message):
        trained_turns([{"from": role, "value": text} for role, text in turns], "f entry 1")


def test_a_leading_answer_is_dropped():
    leading = {"from": "gpt", "value": "hi"}
    assert trained_turns([leading, *TURNS], "f entry 1") == TURNS


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["?", "a cat"], ""),
        (["?", " "], ""),
        (["?", "a cat", "sure?"], "the last turn is from human"),
        (["?", "", "sure?", "yes"], "an answer is empty"),
    ],
)
def test_some_turns_leave_nothing_to_learn(values, reason):
    turns = []
    for position, value in enumerate(values):
        turns.append({"from": ("human", "gpt")[position % 2], "value": value})
    assert nothing_to_learn(turns) == reason


def test_one_row_in_a_hundred_may_be_masked():
    require_few_masked(Counter({"an answer is empty": 1}), 100, "f")
    with pytest.raises(UserError, match=r"^f: 1 of 99 .*\(allowed 1%\): 1 x an answer is empty$"):
        require_few_masked(Counter({"an answer is empty": 1}), 99, "f")


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


def test_a_turn_takes_one_image_token_at_most():
    turns = [{"from": "human", "value": "<image> or <image>?"}, TURNS[1]]
    with pytest.raises(UserError, match="for 2 images; a turn takes one at most"):
        require_a_token_a_picture(turns, 2, "f entry 1")
