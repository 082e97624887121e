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


# it ends where an experiment would
ruleorder: pools > experiment
