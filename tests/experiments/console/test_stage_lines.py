import io
import re
from pathlib import Path

import pytest

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import write_json
from bettersynth.experiments.console.stage_lines import StageLines, followed


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BETTERSYNTH_CACHE", raising=False)
    stages = "{filter: {desc: Which samples stay}, train: {do: {desc: 'Long words ' }}}"
    Path("dvc.yaml").write_text(f"stages: {stages}\n")


def test_a_stage_that_ended_is_one_line_with_what_it_does_seconds_and_samples():
    terminal = io.StringIO()
    lines = StageLines(terminal)
    lines.read("Running stage 'filter':\n> python -m x\nmany words\n")
    write_json(scratch_folder("costs", "filter") / "a.json", {"samples": 1234})
    lines.end()
    [line] = terminal.getvalue().splitlines()
    assert line.startswith("filter  ")
    assert "Which samples stay" in line
    # a machine with other work takes its time
    assert re.search(r"\d\.\d s     1,234 samples$", line)


def test_the_next_stage_ends_the_one_before_and_another_runs_samples_are_not_its_own():
    write_json(scratch_folder("costs", "filter") / "a.json", {"samples": 1234})
    terminal = io.StringIO()
    lines = StageLines(terminal)
    # the record is older
    lines.read("Running stage 'filter':\n")
    lines.began += 5
    lines.read("Running stage 'train@0':\n")
    assert "filter" in terminal.getvalue()
    assert "samples" not in terminal.getvalue().replace("samples stay", "")
    lines.end(failed=True)
    assert "train@0" in terminal.getvalue()
    assert "failed after 0.0 s" in terminal.getvalue()


def test_warnings_are_shown_with_their_stage_and_the_chatter_of_libraries_is_not():
    terminal = io.StringIO()
    lines = StageLines(terminal)
    lines.read("Running stage 'filter':\nLoading weights: done\nwarning: scores are not kept\n")
    assert terminal.getvalue() == "filter: warning: scores are not kept\n"


def test_a_warning_before_the_first_stage_names_none():
    terminal = io.StringIO()
    StageLines(terminal).read("warning: params.yaml: mix.exchange is false\n")
    assert terminal.getvalue() == "warning: params.yaml: mix.exchange is false\n"


def test_what_dvc_takes_from_its_cache_says_so():
    terminal = io.StringIO()
    lines = StageLines(terminal)
    lines.read("Stage 'filter' is cached - skipping run, checking out outputs\n")
    lines.end()
    assert terminal.getvalue().rstrip().endswith("from DVC's cache")
    assert len(terminal.getvalue().splitlines()) == 1


def test_the_bar_is_drawn_on_a_terminal_by_one_process_at_a_time():
    first = StageLines(Terminal())
    second = StageLines(Terminal())
    for lines in (first, second):
        lines.read("Running stage 'train@0':\nwords:  50%|###   | 5/10 [00:01<00:02, 3it/s]\r")
        lines.draw()
    assert "train@0  words [##########..........] 5/10, 00:01<00:02" in first.terminal.getvalue()
    assert second.terminal.getvalue() == ""
    first.close()
    second.draw()
    assert "5/10" in second.terminal.getvalue()
    second.close()


def test_no_bar_is_drawn_where_no_terminal_is():
    lines = StageLines(io.StringIO())
    lines.read("Running stage 'filter':\nwords:  50%|###   | 5/10 [00:01<00:02, 3it/s]\r")
    lines.draw()
    assert lines.terminal.getvalue() == ""


def test_a_growing_log_is_followed_to_its_end(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"")
    lines = StageLines(io.StringIO())
    with followed(log, lines), log.open("a") as stream:
        stream.write("Running stage 'filter':\nnote: by the way\n")
    assert lines.terminal.getvalue() == "filter: note: by the way\n"
    assert lines.stage == "filter"


def test_what_dvc_says_of_each_output_of_a_new_clone_is_not_shown():
    terminal = io.StringIO()
    new = "WARNING: No file hash info found for '/x/models/towers'. It won't be created.\n"
    StageLines(terminal).read(new + "warning: params.yaml: mix.exchange is false\n")
    assert terminal.getvalue() == "warning: params.yaml: mix.exchange is false\n"
