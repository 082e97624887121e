# The pipeline of dvc.yaml, scheduled: one rule per DVC stage. DVC decides whether a stage's work is needed and records it.
#     snakemake --cores all results/score.json      the score
#     snakemake --cores all                         the score and results/report.html
#     snakemake results/NAME/score.json             conf/experiment/NAME.yaml as the DVC experiment NAME
configfile: "params.yaml"


include: "workflow/rules/stages.smk"
include: "workflow/rules/experiments.smk"


rule all:
    default_target: True
    input:
        "results/score.json",
        "results/report.html",


onsuccess:
    shell("PYTHONPATH=src python -m bettersynth.steps.score --show")
    shell("dvc status -q || echo 'note: files differ from dvc.lock; `dvc status` names them'")
