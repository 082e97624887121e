import os
import subprocess
import sys
from pathlib import Path

from bettersynth.experiments.console.stage_log import BAR, last_words, stage_log, words_in


def test_all_words_of_a_process_and_its_children_go_into_the_log(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    log = stage_log("pretrain@0")
    assert log == Path(".snakemake/log/stages/pretrain@0.log")
    with words_in(log) as terminal:
        os.write(1, b"of this process\n")
        subprocess.run([sys.executable, "-c", "print('of a child')"], check=True)
        terminal.write("shown\n")
    os.write(2, b"after\n")
    assert log.read_text() == "of this process\nof a child\n"
    assert capfd.readouterr().err == "shown\nafter\n"
    assert stage_log("pretrain@0").read_bytes() == b""


def test_the_last_words_are_without_bars_and_without_what_dvc_always_says(tmp_path):
    log = tmp_path / "filter.log"
    said = [
        "Running stage 'filter':",
        "> python -m bettersynth.steps.filter",
        "rows:  10%|#  | 1/10 [00:00<00:01]\rrows: 100%|###| 10/10 [00:01<00:00]",
        "error: filter.threshold is 'a'",
        "Updating lock file 'dvc.lock'",
        "",
    ]
    log.write_text("\n".join(said))
    assert last_words(log) == ["error: filter.threshold is 'a'"]
    log.write_text("\n".join(map(str, range(100))))
    assert last_words(log) == [str(number) for number in range(60, 100)]


def test_a_bar_of_tqdm_is_known():
    state = BAR.match("pictures:  12%|█▏        | 1025/8757 [00:12<01:11, 107.90img/s]")
    assert state["what"] == "pictures"
    assert state["percent"] == "12"
    assert state["counts"] == "1025/8757"
    assert state["times"] == "00:12<01:11"
    assert BAR.match("12% of all: 3/4") is None
