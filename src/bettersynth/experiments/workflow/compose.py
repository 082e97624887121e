"""Composing `conf/` into `params.yaml`, exactly as `dvc exp run` does (`bettersynth compose`)."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError, did_you_mean
from bettersynth.settings.reading import settings_in
from bettersynth.settings.regular_files import read_regular
from bettersynth.settings.yaml_limits import check_size

MAX_BRACKETS = 64


def compose(output: str | Path, overrides: Sequence[str] = (), conf: str | Path = "conf") -> None:
    """Compose `conf/config.yaml` with Hydra overrides into `output`; the values are not checked.

    Raises:
        UserError: an override or a conf file names something that does not exist; Hydra's own
            message is kept. Or one is nested too deeply, or too long (`yaml_limits`).
    """
    # DVC and Hydra take half a second to import; what only reads params.yaml does without them.
    import yaml
    from dvc.utils.hydra import compose_and_dump
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    for override in overrides:
        # Hydra would look at it for hours
        if sum(map(override.count, "[{(")) > MAX_BRACKETS:
            raise UserError(f"{override[:40]}...: more than {MAX_BRACKETS} brackets in an override")
    for file in sorted(Path(conf).rglob("*.yaml")):
        # Hydra tells it better
        with contextlib.suppress(yaml.YAMLError, UnicodeDecodeError):
            check_size(read_regular(file), str(file))
    folder = str(Path(conf).resolve())
    # Hydra finds `hydra_plugins` below it: the resolvers that conf/ uses
    plugins = str(Path(conf).resolve().parent / "workflow")
    try:
        with tempfile.TemporaryDirectory() as scratch:
            # it writes as another library does under a name that does not end in .yaml
            made = Path(scratch, "params.yaml")
            compose_and_dump(str(made), folder, None, "config", plugins, list(overrides))
            Path(output).write_bytes(made.read_bytes())
    # Hydra's own of an override such as `=3` is a ValueError, as UnicodeDecodeError is
    except (HydraException, OmegaConfBaseException, yaml.YAMLError, ValueError) as error:
        raise told(error, overrides, conf) from None


def told(error: Exception, overrides: Sequence[str], conf: str | Path) -> UserError:
    """Return in one line what Hydra found wrong while it composed `conf`, and the nearest name."""
    # of a key that is none, Hydra's message is empty
    words = str(error) or str(error.__cause__)
    # what follows are places inside Hydra
    message = re.split(r" Config search path:| full_key:", " ".join(words.split()))[0]
    return UserError(message + _hint(message, overrides, conf))


def _hint(message: str, overrides: Sequence[str], conf: str | Path) -> str:
    """Return what was perhaps meant by the override that Hydra does not know."""
    if chosen := re.search(r"Could not find '(.+?)'", message):
        group, _, choice = chosen[1].rpartition("/")
        return did_you_mean(choice, [path.stem for path in Path(conf, group).glob("*.yaml")])
    unknown = re.search(r"Could not override '(.+?)'", message)
    if unknown is None or not overrides:
        return ""
    groups = [path.name for path in Path(conf).iterdir() if path.is_dir()]
    return did_you_mean(unknown[1], [*groups, *_dotted(composed(conf=conf))])


def _dotted(params: dict[str, Any], before: str = "") -> list[str]:
    """Return the dotted name of every setting."""
    names = []
    for name, value in params.items():
        names.append(before + name)
        if isinstance(value, dict):
            names += _dotted(value, f"{before}{name}.")
    return names


def composed(overrides: Sequence[str] = (), conf: str | Path = "conf") -> dict[str, Any]:
    """Return what `conf/config.yaml` composes to with these overrides.

    Raises:
        UserError: as `compose`.
    """
    with tempfile.TemporaryDirectory() as folder:
        compose(Path(folder) / "params.yaml", overrides, conf)
        # a message names no file that is gone when it is read
        return settings_in((Path(folder) / "params.yaml").read_bytes(), "params.yaml")
