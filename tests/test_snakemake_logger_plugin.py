import logging
import subprocess
import sys
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from bettersynth.experiments.console.stage_log import STAGE_LOGS as STAGE_LOGS_OF_THE_STAGES
from snakemake_logger_plugin_bettersynth import STAGE_LOGS, LogHandler


def said(capsys, words, event=None, level=logging.INFO, dryrun=False, **fields):
    settings = SimpleNamespace(dryrun=dryrun, verbose=False, debug_dag=False)
    record = logging.LogRecord("snakemake", level, "", 0, words, (), None)
    record.__dict__.update(event=event, **fields)
    LogHandler(settings, None).emit(record)
    shown = capsys.readouterr()
    return shown.out + shown.err


@pytest.mark.parametrize(
    ("words", "event"),
    [
        ("Building DAG of jobs...", None),
        ("Execute 2 jobs...", None),
        ("Warning: the following output files of rule finished_search were not", None),
        ("RuleException:\nCalledProcessError in file Snakefile", LogEvent.ERROR),
        ("Provided cores: 2", LogEvent.RESOURCES_INFO),
        ("rule filter:", LogEvent.JOB_INFO),
        ("python -m x", LogEvent.SHELLCMD),
    ],
)
def test_chatter_is_kept_out_and_stays_in_a_dry_run(words, event, capsys):
    assert said(capsys, words, event) == ""
    assert said(capsys, words, event, dryrun=True) == f"{words}\n"


@pytest.mark.parametrize(
    "words",
    [
        "Nothing to be done (all requested files are present and up to date).",
        "Directory cannot be locked.",
        "Words of a newer Snakemake",
    ],
)
def test_all_that_is_not_known_as_chatter_stays(words, capsys):
    assert said(capsys, words) == f"{words}\n"
    assert said(capsys, words, LogEvent.ERROR, logging.ERROR) == f"{words}\n"


def test_a_run_begins_with_the_number_of_its_stages(capsys):
    counts = {"pool": 1, "predict_0": 1, "all": 1, "total": 3}
    shown = said(capsys, "Job stats: ...", LogEvent.RUN_INFO, stats=counts)
    assert shown == "2 stages; all their words: .snakemake/log/stages/\n"
    # an experiment says its own
    counts = {"experiment": 1, "finished_experiment": 1, "total": 2}
    assert said(capsys, "Job stats", LogEvent.RUN_INFO, stats=counts) == ""


def test_a_stage_that_was_killed_is_named(capsys):
    shown = said(capsys, "", LogEvent.JOB_ERROR, logging.ERROR, rule_name="pretrain_0")
    assert shown.startswith("pretrain_0 did not finish")


def test_snakemake_finds_the_plugin():
    snakemake = [sys.executable, "-m", "snakemake", "--help"]
    shown = subprocess.run(snakemake, capture_output=True, text=True, check=True).stdout
    assert "--logger {bettersynth}" in shown


def test_the_plugin_names_the_logs_of_the_stages_and_imports_none_of_their_code():
    assert STAGE_LOGS == str(STAGE_LOGS_OF_THE_STAGES)
    program = (
        "import sys, snakemake_logger_plugin_bettersynth; "
        "print([name for name in sys.modules if name.startswith('bettersynth')])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert shown.strip() == "[]"
