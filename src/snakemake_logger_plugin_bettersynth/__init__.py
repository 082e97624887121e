"""What Snakemake says, without its chatter: the stages speak for themselves
(`bettersynth.experiments.console`).

Warnings, errors and all that is not known as chatter stay; `-n`, `--verbose` and `--quiet` are as
in Snakemake itself. Its own log under .snakemake/log keeps every word.

Snakemake looks for packages of this prefix before it reads the Snakefile, so nothing of bettersynth
is imported here: the Snakefile takes that from its own `src`.
"""

from __future__ import annotations

import contextlib
import logging
import sys

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

STAGE_LOGS = ".snakemake/log/stages"
OF_EACH_RUN = {
    LogEvent.WORKFLOW_STARTED,
    LogEvent.RESOURCES_INFO,
    LogEvent.JOB_INFO,
    LogEvent.JOB_STARTED,
    LogEvent.SHELLCMD,
    LogEvent.JOB_FINISHED,
    LogEvent.PROGRESS,
}
CHATTER = (
    "Using workflow specific profile",
    "Assuming unrestricted shared filesystem",
    "Building DAG of jobs",
    "Using shell:",
    "Select jobs to execute",
    "Execute ",
    "Complete log(s):",
    "Elapsed time:",
    "Shutting down, this might take some time",
    "Exiting because a job execution failed",
    # which is how it should be: workflow/rules/experiments.smk
    "Warning: the following output files of rule finished_",
    # of the shell command, after what the stage itself said
    "RuleException:\nCalledProcessError",
)


class LogHandler(LogHandlerBase):
    """Snakemake's logger plugin `bettersynth`."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record, or nothing."""
        settings = self.common_settings
        whole = settings.dryrun or settings.verbose or settings.debug_dag
        words = self.format(record) if whole else self._short(record)
        if words and words != "None":
            stream = sys.stdout if settings.dryrun else sys.stderr
            # `| head` has read enough
            with contextlib.suppress(BrokenPipeError):
                print(words, file=stream, flush=True)

    def _short(self, record: logging.LogRecord) -> str:
        event = getattr(record, "event", None)
        if event == LogEvent.RUN_INFO:
            return _number_of_stages(getattr(record, "stats", {}))
        if event == LogEvent.JOB_ERROR:
            return _failed(record)
        words = self.format(record)
        if event in OF_EACH_RUN or words.startswith(CHATTER):
            return ""
        return words

    writes_to_stream = True
    writes_to_file = False
    has_filter = False
    has_formatter = False
    needs_rulegraph = False


def _number_of_stages(counts: dict[str, int]) -> str:
    """Return what stands above the lines of the stages; an experiment says its own."""
    rules = set(counts) - {"total", "all", "experiment"}
    rules = {rule for rule in rules if not rule.startswith("finished_")}
    if not rules:
        return ""
    number = sum(counts[rule] for rule in rules)
    return f"{number} {'stage' if number == 1 else 'stages'}; all their words: {STAGE_LOGS}/"


def _failed(record: logging.LogRecord) -> str:
    """Return a line for a stage whose process may have been killed before it said why."""
    stage = getattr(record, "rule_name", "?")
    return f"{stage} did not finish; what it said: {STAGE_LOGS}/"
