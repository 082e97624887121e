"""A small corpus for nano's language model, its tokenizer, and the archive that it comes in."""

from __future__ import annotations

import functools
import io
import json
import re
import tarfile
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from bettersynth.models.pretrain_lm.corpus import Concept, Corpus
from bettersynth.models.pretrain_lm.tokenizer import build_tokenizer

LABELS = """
    cat face,dog face,red apple,rocket,grinning face,hot beverage,tiger,horse,bicycle,violin,key
    umbrella,pizza,snail,hammer,lemon,banana,sailboat,camera,balloon,candle,guitar,mushroom,octopus
    penguin,telescope,volcano,cactus
"""


def _concept(position: int, label: str) -> Concept:
    group = "animals" if position % 2 else "objects"
    return Concept(label, group, ("thing", label.split()[-1]))


CORPUS = Corpus(
    tuple(_concept(*numbered) for numbered in enumerate(re.split(r"[,\n] *", LABELS.strip()))),
    ("A small cactus in a pot.", "The tiger can swim."),
    (Concept("Wine Glass", "alcohol", ("food", "beverage")),),
)


@functools.cache
def small_tokenizer() -> PreTrainedTokenizerFast:
    return build_tokenizer(CORPUS, pieces=300, min_count=3)


def write_archives(folder: Path) -> Path:
    """Write the corpus's concepts as the npm package that they come from."""
    folder.mkdir()
    entries = []
    for concept in CORPUS.concepts:
        group = 3 if concept.group == "animals" else 7
        entries.append({"label": concept.label, "group": group, "tags": concept.tags})
    content = json.dumps(entries).encode()
    with tarfile.open(folder / "emojibase-data-17.0.0.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("package/en/data.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return folder
