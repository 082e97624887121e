import getpass
import json
import subprocess

import pytest

from bettersynth.data.tables.marks import Mark
from bettersynth.errors import UserError
from bettersynth.experiments.browse.marks import Marks, person


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_mark_is_one_line_of_the_persons_file_sorted_by_id():
    marks = Marks("ann")
    marks.set(Mark("b", "bad", ("blurred",), "an é"))
    marks.set(Mark("a", "good"))
    with open("marks/ann.jsonl", encoding="utf-8") as stream:
        lines = stream.read().splitlines()
    assert lines[0] == '{"id": "a", "mark": "good", "tags": [], "note": ""}'
    assert json.loads(lines[1])["note"] == "an é"
    assert Marks("ann").of("b") == {"ann": Mark("b", "bad", ("blurred",), "an é")}


def test_an_empty_mark_takes_it_away():
    marks = Marks("ann")
    marks.set(Mark("a", "good"))
    marks.set(Mark("a"))
    assert Marks("ann").of_all() == set()


def test_two_peoples_marks_are_read_together_and_told_apart():
    Marks("ann").set(Mark("a", "good"))
    Marks("ben").set(Mark("a", "bad"))
    Marks("ben").set(Mark("b", "", ("text",)))
    marks = Marks("ann")
    assert set(marks.of("a")) == {"ann", "ben"}
    assert marks.counts() == {"good": 1, "bad": 1, "disputed": 1, "text": 1}
    assert marks.with_mark("text") == {"b"}
    by = [json.loads(line)["by"] for line in marks.exported().splitlines()]
    assert by == ["ann", "ben", "ben"]


def test_git_merges_two_peoples_marks_by_itself():
    def git(*words):
        identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
        subprocess.run(["git", *identity, *words], check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    Marks("ann").set(Mark("a", "good"))
    git("add", "-A")
    git("commit", "-qm", "ann")
    git("checkout", "-qb", "bens")
    Marks("ben").set(Mark("a", "bad"))
    git("add", "-A")
    git("commit", "-qm", "ben")
    git("checkout", "-q", "main")
    Marks("ann").set(Mark("b", "good"))
    git("commit", "-qam", "ann again")
    git("merge", "-q", "--no-edit", "bens")
    assert Marks("x").counts() == {"good": 2, "bad": 1, "disputed": 1}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"mark": "nice"}, "the mark of a is 'nice'; allowed: good, bad"),
        ({"tags": ("t",) * 21}, "21 tags, limit 20"),
        ({"note": "n" * 3000}, "too long, limit 2,000"),
        ({"note": "\ud800"}, "no valid Unicode"),
    ],
)
def test_what_is_no_mark_is_refused(fields, message):
    with pytest.raises(UserError, match=message):
        Mark("a", **fields)


def test_a_broken_line_is_named(tmp_path):
    (tmp_path / "marks").mkdir()
    (tmp_path / "marks/ben.jsonl").write_text('{"id": "a", "mark": 3}\n')
    with pytest.raises(UserError, match=r"ben.jsonl line 1.mark must be of type str"):
        Marks("ann")


def test_a_persons_name_can_be_a_files():
    assert person("Ann Lee") == "ann-lee"
    assert person("../../etc") == "etc"
    assert person("Zoë") == "zoë"
    assert person(" / ") == getpass.getuser()
