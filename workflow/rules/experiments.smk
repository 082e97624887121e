# results/NAME/score.json: conf/experiment/NAME.yaml run as the DVC experiment NAME, in a copy of the tree.
wildcard_constraints:
    experiment=r"[A-Za-z0-9][A-Za-z0-9_-]*",


# Any change to the code or the conf makes an experiment run again; DVC then skips its stages that did not change.
rule experiment:
    input:
        "conf/experiment/{experiment}.yaml",
        "dvc.yaml",
        sorted(str(file) for file in Path("conf").rglob("*.*")),
        sorted(str(file) for file in Path("src").rglob("*.py")),
    output:
        "results/{experiment}/score.json",
        "results/{experiment}/report.html",
    shell:
        "PYTHONPATH=src python -m bettersynth.experiment {wildcards.experiment}"
