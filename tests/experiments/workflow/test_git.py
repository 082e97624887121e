"""What git prints, and what is told where it fails."""

import os
import subprocess

import pytest

from bettersynth.experiments.workflow.git import git_bytes, git_succeeds, git_text


@pytest.fixture(autouse=True)
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)


def test_what_git_prints_comes_as_bytes_and_as_text():
    assert git_bytes("rev-parse", "--is-inside-work-tree") == b"true\n"
    assert git_text("rev-parse", "--is-inside-work-tree") == "true\n"
    assert git_succeeds("status")


def test_a_command_that_fails_prints_nothing():
    assert git_bytes("rev-parse", "--verify", "--quiet", "HEAD") is None
    assert git_text("rev-parse", "--verify", "--quiet", "HEAD") == ""
    assert not git_succeeds("no-such-command")


def test_a_name_that_is_no_utf8_comes_back_as_the_file_system_has_it(tmp_path):
    name = b"caf\xe9"
    (tmp_path / os.fsdecode(name)).touch()
    (found,) = git_text("ls-files", "--others", "-z").strip("\0").split("\0")
    assert os.fsencode(found) == name
