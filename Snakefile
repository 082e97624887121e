# The pipeline of dvc.yaml, scheduled: one rule per DVC stage. DVC decides whether a stage's work is
# needed and records it.
#     snakemake --cores all results/score.json    the score
#     snakemake --cores all                       the score and results/report.html
#     snakemake results/NAME/score.json           the experiment conf/experiment/NAME.yaml
#     snakemake results/search/NAME/best.json     the search conf/search/NAME.yaml
#     snakemake results/pools/NAME/report.html    the pools conf/pools/NAME.yaml
sys.path.insert(0, "src")
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.asked_targets import require_made
from bettersynth.experiments.workflow.experiment import (
    composed_params,
    experiments_among,
    require_asked_experiments,
)
from bettersynth.experiments.workflow.killed_experiments import put_right
from bettersynth.experiments.workflow.killed_runs import begin_run
from bettersynth.experiments.workflow.needed_files import require_files
from bettersynth.experiments.workflow.drift import composition_drift

# not in the processes that Snakemake starts on other machines
if workflow.is_main_process:
    begin_run()
    put_right()

# Files that a run needs from outside are missed before its first step.
try:
    require_asked_experiments(sys.argv)
    for name in experiments_among(sys.argv) or [None]:
        require_files(composed_params(name), name)
    drift = composition_drift()
except UserError as error:
    sys.exit(f"error: {error}")

if drift:
    print(
        f"note: params.yaml differs from conf/ in: {', '.join(drift)}; "
        "`bettersynth compose` goes back to conf/",
        file=sys.stderr,
    )


configfile: "params.yaml"


include: "workflow/rules/stages.smk"
include: "workflow/rules/experiments.smk"
include: "workflow/rules/search.smk"
include: "workflow/rules/pools.smk"


def is_made(target):
    return any(rule.is_producer(target) for rule in workflow.rules)


named = [
    str(output)
    for rule in workflow.rules
    for output in rule.products(include_logfiles=False)
    if not output.contains_wildcard()
]
try:
    require_made(sys.argv[1:], is_made, named)
except UserError as error:
    sys.exit(f"error: {error}")


rule all:
    default_target: True
    input:
        "results/score.json",
        "results/report.html",


# Nothing to do is said by Snakemake itself; after work, the scores stand last.
onsuccess:
    shown = [f"--show {name}" for name in experiments_among(sys.argv)] or ["--show"]
    for words in shown:
        if Path("results", *words.split()[1:], "score.json").is_file():
            shell(f"PYTHONPATH=src python -m bettersynth.steps.score {words}")
    # what was never asked for is no difference
    if names := recorded_names(stages):
        shell(
            "dvc status -q {names:q} "
            "|| echo 'note: files differ from dvc.lock; dvc status names them'"
        )
