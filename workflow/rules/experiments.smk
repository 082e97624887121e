# results/NAME/score.json: conf/experiment/NAME.yaml run as the DVC experiment NAME, in a copy of
# the tree.
import functools

from bettersynth.experiments.workflow.drift import tree_digest
from bettersynth.experiments.workflow.experiment import TWINS_PAGE, twin_names
from bettersynth.experiments.workflow.needs import experiment_needs


wildcard_constraints:
    experiment=r"[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_-]*)*",


# One file that is newer after any change to the code or the conf: the experiment runs again, and
# DVC skips its stages that did not change.
code_and_conf = Path(".snakemake/code_and_conf")
digest = tree_digest(["dvc.yaml", "conf", "src"])
changed = not code_and_conf.is_file() or code_and_conf.read_text() != digest
wanted = [
    name
    for name in experiments_among(sys.argv)
    if changed or not Path("results", name, "score.json").exists()
]
if wanted:
    from bettersynth.experiments.workflow.settings_check import require_valid_experiments

    try:
        require_valid_experiments(wanted)
    except UserError as error:
        sys.exit(f"error: {error}")
if changed:
    code_and_conf.parent.mkdir(exist_ok=True)
    code_and_conf.write_text(digest)


@functools.cache
def needs_of(experiment):
    return experiment_needs(composed_params(experiment))


rule experiment:
    input:
        "conf/experiment/{experiment}.yaml",
        str(code_and_conf),
    output:
        touch(temp("results/{experiment}/.finished")),
    threads: lambda wildcards: needs_of(wildcards.experiment).threads
    resources:
        mem_mb=lambda wildcards: needs_of(wildcards.experiment).mem_mb,
        gpu=lambda wildcards: needs_of(wildcards.experiment).gpu,
    shell:
        "PYTHONPATH=src python -m bettersynth.experiments.workflow.experiment "
        "{wildcards.experiment}"


# The published recipes on nano's pool beside what was published: runs the twins that lack a score.
rule published_report:
    input:
        [f"results/{name}/score.json" for name in twin_names()],
    output:
        str(TWINS_PAGE),
    shell:
        "PYTHONPATH=src python -m bettersynth.experiments.report.twins_page"


# What an experiment leaves is no output of the job that runs it: Snakemake removes those before the
# job, and one that is refused or killed would lose the earlier results. Nothing runs here: these
# files count as made when that job has succeeded.
rule finished_experiment:
    input:
        "results/{experiment}/.finished",
    output:
        "results/{experiment}/score.json",
        "results/{experiment}/report.html",


# `published` is no experiment, though the page lies where an experiment's report would
ruleorder: published_report > finished_experiment


# A twin that failed does not keep the page from showing those that were trained.
onerror:
    if str(TWINS_PAGE) in sys.argv:
        shell("PYTHONPATH=src python -m bettersynth.experiments.report.twins_page || true")
