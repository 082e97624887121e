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


# as finished_experiment
rule finished_search:
    input:
        "results/search/{search}/.finished",
    output:
        "results/search/{search}/best.json",
        "results/search/{search}/report.html",


# the page lies where an experiment's report would
ruleorder: search > experiment
ruleorder: finished_search > finished_experiment
