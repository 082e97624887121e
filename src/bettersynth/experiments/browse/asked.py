"""The JSON that the page sends, before anything is made of it."""

from __future__ import annotations

import json
from typing import Any

from bettersynth.data.files.reading import parse_json
from bettersynth.data.samples.text_form import invalid_unicode
from bettersynth.errors import UserError


def parse_asked(content: str | bytes, where: str) -> Any:
    """Return the value of JSON that is called `where` in errors.

    Raises:
        UserError: as `parse_json`, or a text or a name in it is no valid Unicode. Neither a column
            nor the answer's JSON could hold it.
    """
    value = parse_json(content, where)
    if broken := invalid_unicode(json.dumps(value, ensure_ascii=False)):
        raise UserError(f"{where} is {broken}")
    return value
