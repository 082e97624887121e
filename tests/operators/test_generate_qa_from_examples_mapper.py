"""generate_qa_from_examples_mapper: what it asks and makes of answers, as Data-Juicer 1.6.1."""

from __future__ import annotations

import pytest
from support.chat_fields import peers_rows, written
from support.one_operator import line
from support.small_run import FIXTURES

from bettersynth.errors import UserError

NAME = "generate_qa_from_examples_mapper"
SEEDS = str(FIXTURES / "conversations.jsonl")
# what Data-Juicer says before an example, where a recipe does not say it; and what is said here
THEIRS, OURS = "如下是一条示例数据：\n", "Example:\n"


def examples_in(asked):
    """Return the examples in what is asked, which each side draws by a seed of its own."""
    parts = asked.replace(THEIRS, OURS).split(OURS if THEIRS in asked or OURS in asked else "<")
    return sorted(part.strip() for part in parts)


@pytest.mark.parametrize("row", peers_rows(NAME))
def test_it_asks_and_reads_as_data_juicer(row):
    settings = {"seed_file": SEEDS, **row["settings"]}
    (question,), made, reason = written(NAME, row["sample"], *row["answers"], **settings)
    assert examples_in(question.user) == examples_in(row["asked"][0])
    # where it makes nothing the row comes out with empty fields; here it is set aside
    wanted = [sample for sample in row["result"] if sample["query"]]
    assert made == wanted
    assert bool(reason) == (not wanted)


def test_a_group_of_a_pattern_that_takes_no_part_is_empty():
    settings = {"seed_file": SEEDS, "output_pattern": r"Q:(.*?)(?:A:(.*))?$"}
    _, made, reason = written(NAME, {"id": 1}, "Q: why?", **settings)
    assert not reason
    assert [(row["query"], row["response"]) for row in made] == [("why?", "")]


def test_a_rows_examples_are_drawn_by_the_seed_and_its_content():
    def asked(sample, seed=0):
        settings = {"seed_file": SEEDS, "example_num": 2, "seed": seed}
        return written(NAME, sample, "【问题】a【回答】b", **settings)[0][0]

    drawn = {asked({"id": number}).user for number in range(20)}
    # two of three, in order
    assert len(drawn) == 6
    assert asked({"id": 3}) == asked({"id": 3, "__dj__stats__": {"text_len": 1}})
    # as few examples are drawn by many rows, each asks with a number of its own
    assert len({asked({"id": number}).number for number in range(20)}) == 20
    assert {asked({"id": 3}, seed).user for seed in range(20)} == drawn


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, r"lacks the setting seed_file, a .jsonl file of conversations"),
        ({"seed_file": SEEDS, "example_num": 4}, "holds 3 conversations, fewer than example_num 4"),
        ({"seed_file": SEEDS, "output_pattern": "(a)"}, "has 1 groups; it needs two"),
        ({"seed_file": SEEDS, "qa_pair_template": "{} {} {}"}, "qa_pair_template .* cannot be fil"),
        (
            {"seed_file": SEEDS, "similarity_threshold": 1.5},
            "threshold is 1.5; it must be f",
        ),
    ],
)
def test_wrong_settings_are_told_before_the_first_row(settings, message):
    with pytest.raises(UserError, match=message):
        line(NAME, **settings)
