"""Run `conf/experiment/NAME.yaml` as the DVC experiment NAME and bring its score and report back.

    python -m bettersynth.experiment NAME

The run happens in a copy of the tree (`dvc exp run --temp`), so that two experiments do not fight over `data/` and
`results/`; what is already in the DVC cache is not computed again.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from bettersynth.errors import UserError, run_step
from bettersynth.files import complete_or_absent

RESULTS = ("results/score.json", "results/report.html", "results/items.parquet", "data/mix/mix.parquet", "params.yaml", "dvc.lock")


def experiment_names(conf: str | Path = "conf") -> list[str]:
    return sorted(path.stem for path in Path(conf, "experiment").glob("*.yaml"))


def run_experiment(name: str) -> None:
    """Run the experiment and write `results/NAME/`.

    Raises:
        UserError: no such experiment, or one of its stages failed (its own message stands above).
    """
    if name not in experiment_names():
        raise UserError(f"conf/experiment/{name}.yaml does not exist; experiments: {', '.join(experiment_names())}")
    subprocess.run(["dvc", "--wait-for-lock", "exp", "remove", "--quiet", name], check=False, capture_output=True)
    done = subprocess.run(
        ["dvc", "--wait-for-lock", "exp", "run", "--temp", "--name", name, "--set-param", f"experiment={name}"], check=False
    )
    if done.returncode:
        raise UserError(f"experiment {name} did not finish; the message of the stage that failed stands above")
    for result in RESULTS:
        target = Path("results", name, Path(result).name)
        with complete_or_absent(target) as temporary:
            temporary.write_bytes(read_at_revision(name, result))


def read_at_revision(revision: str, path: str) -> bytes:
    """Return a tracked file or a DVC output as it is at an experiment or commit."""
    import dvc.api

    with dvc.api.open(path, rev=revision, mode="rb") as stream:
        return stream.read()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bettersynth.experiment", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("name", help=f"one of: {', '.join(experiment_names())}")
    run_experiment(parser.parse_args().name)


if __name__ == "__main__":
    run_step(main)
