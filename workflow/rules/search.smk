# results/search/NAME/best.json: the search of conf/search/NAME.yaml, its trials as DVC experiments in
# copies of the tree, as many at once as there are cores. What is finished is not run again.
rule search:
    input:
        "conf/search/{search}.yaml",
    output:
        touch(temp("results/search/{search}/.finished")),
    wildcard_constraints:
        search=r"[A-Za-z0-9][A-Za-z0-9_-]*",
    threads: workflow.cores
    shell:
        "PYTHONPATH=src python -m bettersynth.experiments.search.command {wildcards.search} "
        "--workers {threads}"


# it ends where an experiment would
ruleorder: search > experiment
