"""What of the training data the benchmarks hold."""

from __future__ import annotations

import pytest
from support.contaminated_data import write_contaminated
from support.default_settings import default_settings

from bettersynth.errors import UserError
from bettersynth.evaluation.contamination.searching import (
    described,
    require_clean,
    rows_to_drop,
    search_training_data,
)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("run"))
        write_contaminated()
        yield search_training_data(default_settings("contamination", pictures="drop"))


def test_pictures_questions_and_answers_are_found_in_both_sets(searched):
    findings, card = searched
    found = {(row["set"], row["id"], row["kind"], row["benchmark"]) for row in findings}
    assert found == {
        ("pool", "s00", "same picture", "mmbench"),
        ("pool", "s01", "answer", "mmbench"),
        ("instruction", "taken.png", "same picture", "textvqa"),
        ("instruction", "taken.png", "question", "textvqa"),
    }
    assert card["sets"]["pool"]["same picture"] == 1
    assert card["dropped"] == {"pool": 1, "instruction": 1}


def test_the_settings_say_what_is_dropped(searched):
    findings, _ = searched
    settings = default_settings("contamination", pictures="drop")
    assert rows_to_drop(findings, settings, "pool") == {0: "s00"}
    assert rows_to_drop(findings, settings, "instruction") == {1: "taken.png"}
    assert rows_to_drop(findings, default_settings("contamination"), "pool") == {}


def test_what_is_refused_is_one_line_with_the_first_and_the_count(searched):
    findings, _ = searched
    require_clean(findings, default_settings("contamination"))
    message = r"pool sample s00 holds the same picture of mmbench 7 \(equal bytes\), and 1 more"
    with pytest.raises(UserError, match=message):
        require_clean(findings, default_settings("contamination", pictures="refuse"))


def test_the_printed_lines_count_and_name_all_but_answers(searched):
    lines = described(*searched).splitlines()
    assert lines[0] == "compared with 2 pictures of the benchmarks"
    assert lines[1].startswith("pool: of 3 samples: same picture 1, copied picture 0, question 0")
    assert "  pool s00: same picture of mmbench 7: equal bytes" in lines
    assert not any("answer of" in line for line in lines)
