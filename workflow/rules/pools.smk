# results/pools/NAME/report.html: the pools of conf/pools/NAME.yaml, each a DVC experiment in a copy
# of the tree, as many at once as there are cores. What is finished is not run again.
rule pools:
    input:
        "conf/pools/{pools}.yaml",
    output:
        touch(temp("results/pools/{pools}/.finished")),
    wildcard_constraints:
        pools=r"[A-Za-z0-9][A-Za-z0-9_-]*",
    threads: workflow.cores
    shell:
        "PYTHONPATH=src python -m bettersynth.experiments.studies.pools_command "
        "{wildcards.pools} --workers {threads}"


# as finished_experiment
rule finished_pools:
    input:
        "results/pools/{pools}/.finished",
    output:
        "results/pools/{pools}/report.html",


# the page lies where an experiment's report would
ruleorder: pools > experiment
ruleorder: finished_pools > finished_experiment
