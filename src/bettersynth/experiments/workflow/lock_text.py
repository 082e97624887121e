"""dvc.lock as text: what DVC writes of a changed stage takes the place of the old, and the rest
stays as it stands.

DVC itself reads the whole file and writes it anew after each stage: two seconds for 400 KB.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable, Mapping
from typing import Any

HEAD = "schema: '2.0'\nstages:\n"
# a line that is indented by two spaces begins the record of a stage; its own lines stand deeper
STAGE = re.compile(r"^(?=  [^ \n])", re.MULTILINE)
# a part that DVC writes once and then refers to; its name counts through the whole file
SHARED_PART = re.compile(r"[&*]id\d")
MOST_STAGES = 2000

Dumper = Callable[[Any, io.StringIO], Any]


def stage_texts(text: str) -> dict[str, str] | None:
    """Return the text of each stage's record by the stage's name, in the file's order.

    None of a file that holds anything else, or that somebody wrote in another form.
    """
    if not text.startswith(HEAD) or SHARED_PART.search(text):
        return None
    texts = {}
    parts = [part for part in STAGE.split(text.removeprefix(HEAD)) if part]
    for part in parts:
        named_record = _parsed(part)
        if len(named_record) != 1:
            return None
        texts.update(dict.fromkeys(named_record, part))
    # a name that stands there twice
    return texts if len(texts) == len(parts) else None


def record_in(stage_text: str) -> Any:
    """Return what the text of one stage's record holds. It is shared: do not change it."""
    return next(iter(_parsed(stage_text).values()))


# after each stage DVC reads all of them again
@functools.lru_cache(maxsize=MOST_STAGES)
def _parsed(stage_text: str) -> dict[str, Any]:
    from dvc.utils.serialize import ParseError, parse_yaml

    try:
        content = parse_yaml(stage_text, "dvc.lock")
    except ParseError:
        return {}
    return content if isinstance(content, dict) else {}


def text_with(texts: Mapping[str, str], stages: Mapping[str, Any], dumper: Dumper) -> str | None:
    """Return the text of a lock with the records `stages`; those that `texts` holds keep theirs.

    None where DVC would write it in another form than stage by stage.
    """
    parts = [HEAD]
    for name, record in stages.items():
        text = texts.get(name)
        if text is None or record_in(text) != record:
            stream = io.StringIO()
            dumper({"schema": "2.0", "stages": {name: record}}, stream)
            written = stream.getvalue()
            if not written.startswith(HEAD) or SHARED_PART.search(written):
                return None
            text = written.removeprefix(HEAD)
        parts.append(text)
    return "".join(parts)
