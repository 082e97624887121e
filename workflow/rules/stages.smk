# One rule per stage of dvc.yaml; the shell must name the stage through params (an f-string would run the last stage's command).
sys.path.insert(0, "src")
from bettersynth.errors import UserError
from bettersynth.workflow import load_stages

try:
    stages = load_stages()
except UserError as error:
    sys.exit(f"error: {error}")

for stage in stages:

    rule:
        name:
            stage.rule_name
        input:
            list(stage.inputs),
        output:
            [
                directory(path) if path in stage.folders else path
                for path in stage.outputs
            ],
        threads: stage.threads
        resources:
            mem_mb=stage.mem_mb,
            gpu=stage.gpu,
        params:
            stage=stage.name,
            digest=stage.digest,
        shell:
            "BETTERSYNTH_THREADS={threads} dvc --wait-for-lock repro --single-item {params.stage}"
