"""Three sources of three types in the current folder, from files to the training set of stage 1."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from bettersynth.data.files.writing import write_json
from bettersynth.data.tables.archives import ARCHIVES, MANIFEST
from bettersynth.steps import filter as filter_step
from bettersynth.steps import mix, pool, rewrite, stats
from support.clean_data import write_clean
from support.small_archives import picture_bytes
from support.small_pool import write_params

CAPTIONS = 12
QUESTIONS = 5
TEXTS = 3
SOURCES: dict[str, Any] = {
    "web": {"source": "jsonl", "file": "web.jsonl", "images": "web"},
    "asked": {
        "source": "jsonl",
        "file": "asked.json",
        "images": "asked",
        "type": "instruction",
        "judged": False,
    },
    "words": {"source": "jsonl", "file": "words.jsonl", "type": "text", "judged": False},
}


def turns(question: str, answer: str) -> list[dict[str, str]]:
    return [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]


def write_sources() -> None:
    """Write the files of `SOURCES`: every third caption is of one word."""
    for number, folder in enumerate(("web", "asked")):
        Path(folder).mkdir()
        # both folders name their pictures alike
        for picture in range(CAPTIONS):
            data = picture_bytes(100 * number + picture)
            Path(folder, f"{picture}.png").write_bytes(data)
    rows: list[dict[str, Any]] = []
    for number in range(CAPTIONS):
        text = "dog" if number % 3 == 0 else f"a dog beside {number} cats"
        rows.append({"id": f"w{number:02d}", "text": text, "images": [f"{number}.png"]})
    _write_lines("web.jsonl", rows)
    asked = []
    for number in range(QUESTIONS):
        said = turns("<image>\nHow many?", str(number)) + turns("And dogs?", "none")
        asked.append({"id": f"a{number}", "image": f"{number}.png", "conversations": said})
    Path("asked.json").write_text(json.dumps(asked))
    words = [{"conversations": turns(f"What is {number} + 1?", "more")} for number in range(TEXTS)]
    _write_lines("words.jsonl", words)


def _write_lines(name: str, rows: list[dict[str, Any]]) -> None:
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def run_to_the_mix(sources: dict[str, Any] = SOURCES, **settings: Any) -> dict[str, Any]:
    """Run pool, stats, filter and mix on the files; return the parameters."""
    ARCHIVES.mkdir(parents=True, exist_ok=True)
    write_json(MANIFEST, {"source": "several", "files": []})
    params = write_params(
        source={"name": "several", "embedded": False, "sources": sources},
        pool={},
        # of questions, which no conversation may lose
        rewrite={"recipe": [{"remove_specific_chars_mapper": {"chars_to_remove": "?"}}]},
        stats={"words_num_filter": {}, "image_shape_filter": {}},
        # 2 for the special tokens
        filter={"recipe": [{"words_num_filter": {"min_num": 4}}, {"image_shape_filter": {}}]},
        mix={"exchange": False, **settings},
        caption={},
    )
    pool.main()
    rewrite.main()
    write_clean()
    for name in ("words_num_filter", "image_shape_filter"):
        sys.argv = ["stats", name]
        stats.main()
    filter_step.main()
    mix.main()
    return params
