"""Filling the pages' templates: one HTML file each, complete in itself, with the style and script
of all pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup


def filled(template: str, content: Mapping[str, Any]) -> str:
    """Return the page of `template` (a file beside this one) with `content`.

    The template may also use `style` and `script`, and the filter `breakable` for names.

    Raises:
        jinja2.UndefinedError: the template names something that `content` lacks.
    """
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters["breakable"] = breakable
    page = environment.from_string(_text(template))
    # style and script stand in the page itself, so that one file can be mailed
    style = Markup(_text("style.css"))
    script = Markup(_text("sort.js"))
    return page.render(**content, style=style, script=script)


def breakable(name: str) -> Markup:
    """Return a name that a browser may break after each underscore, and nowhere else."""
    return Markup("_<wbr>").join(name.split("_"))


def _text(name: str) -> str:
    folder = files("bettersynth.experiments.report")
    return folder.joinpath(name).read_text(encoding="utf-8")
