# One rule per stage of dvc.yaml; the shell must name the stage through params (an f-string would
# run the last stage's command). DVC says what is out of date, never a file's time: a stage that is
# not stale has ancient() inputs, a stale one gets a file newer than its outputs (with new content:
# Snakemake passes over a newer file whose checksum it knows).
import time

from bettersynth.experiments.workflow.dvc_stages import checked_stages, recorded_names
from bettersynth.experiments.workflow.file_times import take_back_from_future
from bettersynth.experiments.workflow.planned_run import params_digest

# Every stage works from the params.yaml that is planned here, or refuses.
planned = params_digest(Path("params.yaml").read_bytes())

# Where there is work, all settings are checked before the first step.
try:
    stages = checked_stages()
except UserError as error:
    sys.exit(f"error: {error}")

# Snakemake takes an output for old whose input has a time in the future, and removes it.
for stage in stages:
    take_back_from_future([*stage.inputs, *stage.outputs])

# What `snakemake --report report.zip` shows besides the run's statistics.
REPORTED = {
    "results/report.html": "Report",
    "results/score.json": "Scores",
    "data/mix/card.json": "Data",
}

for stage in stages:
    stale_mark = Path(".snakemake/stale", stage.rule_name)
    if stage.stale:
        stale_mark.parent.mkdir(parents=True, exist_ok=True)
        stale_mark.write_text(str(time.time_ns()))

    rule:
        name:
            stage.rule_name
        input:
            [path if stage.stale else ancient(path) for path in stage.inputs],
            [str(stale_mark)] if stage.stale else [],
        output:
            [
                (
                    report(path, category=REPORTED[path])
                    if path in REPORTED
                    else directory(path) if path in stage.folders else path
                )
                for path in stage.outputs
            ],
        threads: stage.needs.threads
        resources:
            mem_mb=stage.needs.mem_mb,
            gpu=stage.needs.gpu,
        params:
            stage=stage.name,
        shell:
            "BETTERSYNTH_THREADS={threads} BETTERSYNTH_PLANNED={planned} PYTHONPATH=src "
            "python -m bettersynth.experiments.workflow.stage_run {params.stage:q}"
