"""Write `params.yaml` from `conf/`, exactly as `dvc exp run` does: `python -m bettersynth.experiments.workflow.compose [GROUP=CHOICE | SETTING=VALUE] ...`"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step


def compose(
    output: str | Path, overrides: list[str] | None = None, conf: str | Path = "conf"
) -> None:
    """Compose `conf/config.yaml` with Hydra overrides into `output`.

    Raises:
        UserError: an override or a conf file names something that does not exist; Hydra's own message is kept.
    """
    import yaml
    from dvc.utils.hydra import compose_and_dump
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    try:
        compose_and_dump(
            str(output), str(Path(conf).resolve()), None, "config", "", overrides or []
        )
    except (HydraException, OmegaConfBaseException, yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(" ".join(str(error).split())) from None


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bettersynth.experiments.workflow.compose", description=__doc__
    )
    parser.add_argument(
        "overrides",
        nargs="*",
        help="Hydra overrides, such as filter.threshold=0.28 or source=emoji",
    )
    parser.add_argument("--output", default="params.yaml", help="default: params.yaml")
    arguments = parser.parse_args()
    compose(arguments.output, arguments.overrides)
    print(f"wrote {arguments.output}")


if __name__ == "__main__":
    run_step(main)
