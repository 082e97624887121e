"""Names that were perhaps meant, and warnings."""

from bettersynth.errors import did_you_mean, nearest_first, warn


def test_the_nearest_name_is_asked_for_and_nothing_where_none_is_near():
    assert did_you_mean("brows", ["analyze", "browse"]) == " (did you mean browse?)"
    assert did_you_mean("xyz", ["analyze", "browse"]) == ""
    assert did_you_mean("xyz", []) == ""


def test_few_names_are_all_listed_the_nearest_first():
    assert nearest_first("cos", ["audit", "costs", "diff"]) == "costs, audit, diff"
    assert nearest_first("x", []) == "none"


def test_of_many_names_the_nearest_stand_and_how_many_more_there_are():
    names = [f"operator_{number}" for number in range(70)]
    listed = nearest_first("operator_42x", names)
    assert listed.startswith("operator_42, ")
    assert listed.endswith(" and 65 more")


def test_a_warning_is_a_line_on_standard_error(capsys):
    warn("scores are not kept")
    assert capsys.readouterr().err == "warning: scores are not kept\n"
