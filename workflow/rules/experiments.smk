# results/NAME/score.json: conf/experiment/NAME.yaml run as the DVC experiment NAME, in a copy of the tree.
wildcard_constraints:
    experiment=r"[A-Za-z0-9][A-Za-z0-9_-]*",


rule experiment:
    input:
        "conf/experiment/{experiment}.yaml",
    output:
        "results/{experiment}/score.json",
        "results/{experiment}/report.html",
    shell:
        "PYTHONPATH=src python -m bettersynth.experiment {wildcards.experiment}"
