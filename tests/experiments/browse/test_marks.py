import errno
import getpass
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bettersynth.data.tables.marks import Mark
from bettersynth.errors import UserError
from bettersynth.experiments.browse import marks as marks_module
from bettersynth.experiments.browse.marks import Marks, NotKept, person


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


def test_two_processes_of_one_person_keep_each_others_marks():
    first = Marks("ann")
    second = Marks("ann")
    first.set(Mark("a", "good"))
    second.set(Mark("b", "bad"))
    first.set(Mark("c", "good"))
    second.set(Mark("a"))
    assert set(Marks("ann").by_person["ann"]) == {"b", "c"}
    assert second.counts() == {"good": 1, "bad": 1, "disputed": 0}


def test_what_git_brought_meanwhile_stays_and_is_known_after_the_next_mark():
    marks = Marks("ann")
    marks.set(Mark("a", "good"))
    with open("marks/ann.jsonl", "a", encoding="utf-8") as stream:
        stream.write('{"id": "b", "mark": "bad"}\n')
    Path("marks/ben.jsonl").write_text('{"id": "a", "mark": "bad"}\n')
    marks.set(Mark("c", "good"))
    assert Marks("ann").of_all() == {"a", "b", "c"}
    assert marks.with_mark("disputed") == {"a"}
    assert marks.with_mark("bad") == {"a", "b"}


def test_marks_set_at_the_same_time_are_all_kept():
    ids = [f"s{number:02}" for number in range(24)]
    several = [Marks("ann"), Marks("ann"), Marks("ann")]
    with ThreadPoolExecutor(6) as pool:
        for number, sample in enumerate(ids):
            pool.submit(several[number % 3].set, Mark(sample, "good"))
    assert set(Marks("ann").by_person["ann"]) == set(ids)


def test_only_marks_lie_in_the_folder_that_git_has():
    Marks("ann").set(Mark("a", "good"))
    assert os.listdir("marks") == ["ann.jsonl"]


def test_the_last_mark_taken_away_brings_no_saved_one_back():
    Path("marks").mkdir()
    Path("marks/saved.jsonl").write_text('{"id": "a", "mark": "bad", "by": "ann"}\n')
    marks = Marks("ann")
    marks.set(Mark("a"))
    marks.set(Mark("b", "good"))
    assert Marks("ann").of_all() == {"b"}


def _marks_is_a_file():
    Path("marks").write_text("")


def _the_persons_file_is_a_folder():
    Path("marks/ann.jsonl").mkdir(parents=True)


def _no_place_for_the_lock():
    Path(".cache").write_text("")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_marks_is_a_file, "the mark is not kept: File exists: marks$"),
        (_the_persons_file_is_a_folder, "the mark is not kept: Is a directory: marks/ann.jsonl$"),
        (_no_place_for_the_lock, r"the mark is not kept: .*\.cache"),
    ],
)
def test_a_mark_that_cannot_be_written_is_told_and_does_not_count(damage, message):
    marks = Marks("ann")
    damage()
    with pytest.raises(NotKept, match=message):
        marks.set(Mark("a", "good"))
    assert marks.of_all() == set()
    assert marks.counts()["good"] == 0


def test_a_full_disk_is_told_with_the_file(monkeypatch):
    def full(file, own):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(marks_module, "write_marks", full)
    with pytest.raises(NotKept, match=r"No space left on device: marks/ann.jsonl$"):
        Marks("ann").set(Mark("a", "good"))


def test_a_file_that_was_damaged_meanwhile_is_left_as_it_is():
    marks = Marks("ann")
    marks.set(Mark("a", "good"))
    Path("marks/ann.jsonl").write_text("<<<<<<< HEAD\n")
    with pytest.raises(UserError, match=r"marks/ann.jsonl line 1 is not valid JSON"):
        marks.set(Mark("b", "good"))
    assert Path("marks/ann.jsonl").read_text() == "<<<<<<< HEAD\n"


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
