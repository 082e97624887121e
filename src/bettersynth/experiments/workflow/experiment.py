"""Run `conf/experiment/NAME.yaml` as a DVC experiment and bring its score and report back.

    python -m bettersynth.experiments.workflow.experiment NAME

The run happens in a copy of the tree (`dvc exp run --temp`), so that two experiments do not fight
over `data/` and `results/`; what is already in the DVC cache is not computed again.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError, did_you_mean, nearest_first
from bettersynth.experiments.console.stage_lines import StageLines, followed
from bettersynth.experiments.console.stage_log import experiment_log, last_words
from bettersynth.experiments.workflow.compose import composed
from bettersynth.experiments.workflow.git import git_text
from bettersynth.experiments.workflow.needed_files import require_files
from bettersynth.experiments.workflow.place import (
    is_tracked,
    require_place_for_experiments,
)
from bettersynth.experiments.workflow.revisions import read_at_revision
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.experiments.workflow.stage_inputs import declared_outputs, value_at
from bettersynth.experiments.workflow.watched_files import (
    source_paths,
    stat_paths,
    watched_paths,
)
from bettersynth.settings.pretrain_lm import text_paths
from bettersynth.settings.reading import load_params
from bettersynth.settings.regular_files import is_there

# conf/experiment/published/nano: the published recipes on nano's pool, and the page of them all
TWINS = "published/nano"
TWINS_PAGE = Path("results/published/report.html")
# groups of conf/ whose files are run with a page each, as results/GROUP/NAME/report.html
STUDIES = ("search", "pools")
RESULTS = (
    "results/score.json",
    "results/report.html",
    "results/items.parquet",
    "data/mix/mix.parquet",
    "params.yaml",
    "dvc.lock",
)


def experiment_names(conf: str | Path = "conf") -> list[str]:
    """Return the names of the files of `conf/experiment` and its folders, such as `tiny` and
    `published/words_num`, sorted.
    """
    folder = Path(conf, "experiment")
    files = [path.relative_to(folder).with_suffix("") for path in folder.rglob("*.yaml")]
    return sorted(map(Path.as_posix, files))


def twin_names(conf: str | Path = "conf") -> list[str]:
    """Return the names of the twins of published experiments, sorted."""
    return [name for name in experiment_names(conf) if name.startswith(f"{TWINS}/")]


def dvc_name(name: str) -> str:
    """Return the DVC experiment's name of `conf/experiment/NAME.yaml`: DVC takes no folders."""
    return name.replace("/", "-")


def experiments_among(targets: Sequence[str]) -> list[str]:
    """Return the experiments whose results/NAME/... are among Snakemake's targets.

    The page of the twins asks for all of them.
    """
    names = []
    for target in targets:
        if target == str(TWINS_PAGE):
            names += twin_names()
        match = re.fullmatch(r"results/(.+)/[^/]+", target)
        if match and match[1] in experiment_names():
            names.append(match[1])
    return names


def require_asked_experiments(targets: Sequence[str]) -> None:
    """Pass if all experiments and studies that Snakemake's targets name are there.

    Raises:
        UserError: one is not; Snakemake itself would miss a file of conf/.
    """
    for target in targets:
        match = re.fullmatch(r"results/(.+)/(best\.json|score\.json|report\.html)", target)
        if match is None or target == str(TWINS_PAGE):
            continue
        group, _, study = match[1].partition("/")
        if group in STUDIES and study:
            study_file(Path("conf", group), study)
        else:
            require_experiment(match[1])


def study_file(conf: Path, name: str) -> Path:
    """Return `conf/NAME.yaml`; `conf` is the folder of a group of `STUDIES`.

    Raises:
        UserError: there is no such file; those that there are are named.
    """
    path = conf / f"{name}.yaml"
    if not is_there(path):
        names = sorted(file.stem for file in conf.glob("*.yaml"))
        raise UserError(
            f"{path} does not exist{did_you_mean(name, names)}; there are: "
            f"{nearest_first(name, names)}"
        )
    return path


def require_experiment(name: str) -> None:
    """Pass if there is such an experiment.

    Raises:
        UserError: there is none; those that there are are named.
    """
    names = experiment_names()
    if name not in names:
        raise UserError(
            f"conf/experiment/{name}.yaml does not exist{did_you_mean(name, names)}; experiments: "
            f"{nearest_first(name, names)}"
        )


def composed_params(name: str | None) -> dict[str, Any]:
    """Return the parameters of `conf/experiment/NAME.yaml`, those of `params.yaml` without a name.

    Raises:
        UserError: no such experiment.
    """
    if name is None:
        return load_params()
    require_experiment(name)
    return composed([f"experiment={name}"])


def run_experiment(name: str) -> None:
    """Run the experiment and write `results/NAME/`.

    Raises:
        UserError: no such experiment, or one of its stages failed (its own message stands above).
    """
    params = composed_params(name)
    require_place_for_experiments()
    require_files(params, name)
    settings = ["--set-param", f"experiment={name}"]
    for setting, path in own_inputs(params).items():
        settings += ["--set-param", f"{setting}={path}"]
    # DVC refuses a second experiment of one name, and the earlier one stays until there is another
    running = f"{dvc_name(name)}.running"
    for left in _references(running):
        git_text("update-ref", "-d", left)
    dvc = ["dvc", "--wait-for-lock", "exp", "run", "--temp", "--name", running]
    _run_logged(name, [*dvc, *settings])
    _rename(running, dvc_name(name))
    for result in RESULTS:
        target = Path("results", name, Path(result).name)
        with complete_or_absent(target) as temporary:
            temporary.write_bytes(read_at_revision(dvc_name(name), result))


def _rename(experiment: str, name: str) -> None:
    """Rename a DVC experiment, in place of all of the new name, also those beside other commits.

    Raises:
        UserError: git could not.
    """
    [reference] = _references(experiment)
    renamed = reference.removesuffix(experiment) + name
    others = {reference, *_references(name)} - {renamed}
    # all or nothing; killed within, git has written the new name and not removed others yet
    changes = [f"update {renamed} {reference}\n", *map("delete {}\n".format, others)]
    command = ["git", "update-ref", "--stdin"]
    done = subprocess.run(
        command, input="".join(changes), check=False, text=True, capture_output=True
    )
    if done.returncode:
        raise UserError(f"{' '.join(done.stderr.split())}; run the same command again")


def _references(experiment: str) -> list[str]:
    """Return what git calls the DVC experiments of this name: one beside each commit."""
    pattern = f"refs/exps/*/*/{experiment}"
    return git_text("for-each-ref", "--format=%(refname)", pattern).split()


def _run_logged(name: str, command: Sequence[str]) -> None:
    """Run DVC's command with a line a stage; all words go to the experiment's log.

    Raises:
        UserError: it failed, after its last words were printed.
    """
    log = experiment_log(name)
    print(f"experiment {name}; all its words: {log}", file=sys.stderr, flush=True)
    lines = StageLines(sys.stderr)
    with log.open("ab") as stream, followed(log, lines):
        done = subprocess.run(command, check=False, stdout=stream, stderr=subprocess.STDOUT)
    lines.end(failed=done.returncode != 0)
    if done.returncode:
        print(*last_words(log), sep="\n", file=sys.stderr)
        raise UserError(
            f"experiment {name} did not finish; the message of the stage that failed stands above"
        )


def own_inputs(params: dict[str, Any]) -> dict[str, Path]:
    """Return the settings that name a user's files beside the project's own, with whole paths.

    Neither git nor DVC carries those into the copy of the tree, where they would be missing.
    """
    inputs = {}
    for setting, path in named_inputs(params).items():
        if not path.is_absolute() and not is_tracked(str(path)):
            inputs[setting] = path.resolve()
    return inputs


def named_inputs(params: dict[str, Any]) -> dict[str, Path]:
    """Return the settings that name files which exist here and no stage makes, with their paths."""
    source = params.get("source") or {}
    names = ["challenge"]
    # the user's own pairs
    if source.get("name") == "jsonl":
        names.append("source.file")
    names += [setting for setting, _ in watched_paths(params)]
    paths = [(setting, value_at(params, setting)) for setting in names]
    paths += [*source_paths(params), *text_paths(params)]
    for stat in params.get("stats") or {}:
        paths += stat_paths(params, stat)
    outputs = _outputs_of_stages()
    inputs = {}
    for setting, path in paths:
        if isinstance(path, str) and path and _is_input(Path(path), outputs):
            inputs[setting] = Path(path)
    return inputs


def _is_input(path: Path, outputs: Sequence[Path]) -> bool:
    """Whether a path exists and no stage makes it, what holds it, or a part of it."""
    if not path.exists():
        return False
    whole = Path(os.path.abspath(path))
    for output in outputs:
        if whole.is_relative_to(output) or output.is_relative_to(whole):
            return False
    return True


def _outputs_of_stages() -> list[Path]:
    """Return the whole paths of what the stages of dvc.yaml make, as far as a key's place."""
    outputs = []
    for stage in load_params("dvc.yaml")["stages"].values():
        for path in declared_outputs(stage.get("do", stage)):
            outputs.append(Path(os.path.abspath(path.partition("${")[0])))
    return outputs


def main() -> None:
    """Run the experiment that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m bettersynth.experiments.workflow.experiment",
        description=__doc__.splitlines()[0] if __doc__ else None,
    )
    parser.add_argument("name", help=f"one of: {', '.join(experiment_names())}")
    run_experiment(parser.parse_args().name)


if __name__ == "__main__":
    run_step(main)
