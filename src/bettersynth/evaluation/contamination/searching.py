"""Comparing the training data with the benchmarks: `bettersynth contamination` and its stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.pictures.copies import Originals, find_copies, originals_of, thumbnail_pixels
from bettersynth.data.pictures.decoding import BadImage, decode_image
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.samples.llava import pictures_of
from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.contamination import (
    CONTAMINATION,
    FINDINGS_NAME,
    KINDS,
    write_contamination,
)
from bettersynth.data.tables.instruction import INSTRUCTION_IMAGES, read_instruction
from bettersynth.data.tables.samples import POOL_IMAGES
from bettersynth.errors import UserError
from bettersynth.evaluation.contamination.benchmark_side import (
    Held,
    held_answers,
    held_pictures,
    held_questions,
)
from bettersynth.evaluation.contamination.texts import Phrases, answer_phrases, question_phrases
from bettersynth.settings.contamination import ContaminationSettings

Finding = dict[str, str | int]
PICTURES_AT_ONCE = 512
# findings that are printed
SHOWN = 10


@dataclass(frozen=True)
class Trained:
    """A sample of a training set (`pool`, `instruction`): its words, and its pictures' names.

    `row` is its place in that set, from 0: ids of instruction data may repeat.
    """

    set: str
    row: int
    id: str
    text: str
    pictures: tuple[str, ...]


def search_training_data(
    settings: ContaminationSettings, folder: Path = CONTAMINATION
) -> tuple[list[Finding], dict[str, Any]]:
    """Compare pool and instruction data with both benchmarks; write and return findings and card.

    Raises:
        UserError: a stage has not run, or a picture of a benchmark cannot be decoded.
    """
    trained = [*pool_samples(), *instruction_samples()]
    findings: list[Finding] = []
    pictures = 0
    if settings.pictures != "off":
        held = list(held_pictures())
        pictures = len(held)
        store = ImageStore(POOL_IMAGES, INSTRUCTION_IMAGES)
        findings += picture_findings(trained, store, held)
    if settings.questions != "off":
        findings += text_findings(trained, question_phrases(held_questions()), "question")
    if settings.answers != "off":
        findings += text_findings(trained, answer_phrases(held_answers()), "answer")
    card = card_of(trained, pictures, findings)
    card["looked_for"] = [kind for kind in KINDS if settings.action_of(kind) != "off"]
    card["dropped"] = {}
    for name in card["sets"]:
        card["dropped"][name] = len(rows_to_drop(findings, settings, name))
    write_contamination(folder, findings, card)
    return findings, card


def rows_to_drop(
    findings: Sequence[Finding], settings: ContaminationSettings, name: str
) -> dict[int, str]:
    """Return the rows of the set `name` that the settings drop, each with its id, in order."""
    rows = {}
    for finding in findings:
        if finding["set"] == name and settings.action_of(str(finding["kind"])) == "drop":
            rows[int(finding["row"])] = str(finding["id"])
    return dict(sorted(rows.items()))


def require_clean(findings: Sequence[Finding], settings: ContaminationSettings) -> None:
    """Pass if nothing was found that the settings refuse.

    Raises:
        UserError: something was, with the first of it and how much there is.
    """
    refused = []
    for finding in findings:
        if settings.action_of(str(finding["kind"])) == "refuse":
            refused.append(finding)
    if refused:
        first = refused[0]
        held = f"{first['kind']} of {first['benchmark']} {first['item']} ({first['evidence']})"
        more = f", and {len(refused) - 1:,} more findings" if len(refused) > 1 else ""
        raise UserError(
            f"{first['set']} sample {first['id']} holds the {held}{more}; take them out, "
            f"or set contamination=drop; all of them: {CONTAMINATION / FINDINGS_NAME}"
        )


def pool_samples() -> Iterator[Trained]:
    """Yield the pairs that stage 1 may use."""
    table = read_pool().select(["id", "text", "images"])
    for place, row in enumerate(table.to_pylist()):
        caption = caption_of_text(row["text"])
        yield Trained("pool", place, row["id"], caption, tuple(row["images"]))


def instruction_samples() -> Iterator[Trained]:
    """Yield the conversations of stage 2."""
    for place, item in enumerate(read_instruction()):
        text = "\n".join(str(turn["value"]) for turn in item["conversations"])
        yield Trained("instruction", place, str(item.get("id", "")), text, tuple(pictures_of(item)))


def picture_findings(
    trained: Sequence[Trained], store: ImageStore, held: Sequence[Held]
) -> Iterator[Finding]:
    """Yield the samples whose pictures are a benchmark's, the same bytes or a copy.

    Pictures that cannot be decoded are passed over: no training sees them.
    """
    of_bytes = {sha256_of_bytes(one.content): one for one in held}
    originals = originals_of(np.stack([_pixels_of(one) for one in held]))
    samples_of: dict[str, list[Trained]] = {}
    for sample in trained:
        for name in sample.pictures:
            samples_of.setdefault(name, []).append(sample)
    names: list[str] = []
    pixels: list[np.ndarray] = []
    for name in tqdm(samples_of, desc="pictures", unit="picture", mininterval=1):
        data = store.read(name)
        same = of_bytes.get(sha256_of_bytes(data))
        if same is not None:
            yield from _of_picture(samples_of[name], "same picture", same, "equal bytes")
            continue
        try:
            pixels.append(thumbnail_pixels(decode_image(data)))
        except BadImage:
            continue
        names.append(name)
        if len(names) == PICTURES_AT_ONCE:
            yield from _copies(names, pixels, originals, held, samples_of)
            names, pixels = [], []
    yield from _copies(names, pixels, originals, held, samples_of)


def _pixels_of(held: Held) -> np.ndarray:
    try:
        return thumbnail_pixels(decode_image(held.content))
    except BadImage as error:
        raise UserError(f"{held.benchmark}, picture of {held.item}: {error}") from None


def _copies(
    names: Sequence[str],
    pixels: Sequence[np.ndarray],
    originals: Originals,
    held: Sequence[Held],
    samples_of: dict[str, list[Trained]],
) -> Iterator[Finding]:
    if not names:
        return
    for copy in find_copies(np.stack(pixels), originals):
        evidence = f"correlation {copy.correlation:.3f}"
        samples = samples_of[names[copy.picture]]
        yield from _of_picture(samples, "copied picture", held[copy.original], evidence)


def _of_picture(
    samples: Sequence[Trained], kind: str, held: Held, evidence: str
) -> Iterator[Finding]:
    for sample in samples:
        yield _finding(sample, kind, held.benchmark, held.item, evidence)


def text_findings(trained: Sequence[Trained], phrases: Phrases, kind: str) -> list[Finding]:
    """Return the samples whose words hold one of the phrases, a finding each."""
    findings = []
    for sample in trained:
        for benchmark, item, words in phrases.found_in(sample.text):
            findings.append(_finding(sample, kind, benchmark, item, words))
    return findings


def _finding(sample: Trained, kind: str, benchmark: str, item: str, evidence: str) -> Finding:
    return {
        "set": sample.set,
        "row": sample.row,
        "id": sample.id,
        "kind": kind,
        "benchmark": benchmark,
        "item": item,
        "evidence": evidence,
    }


def card_of(
    trained: Sequence[Trained], pictures: int, findings: Sequence[Finding]
) -> dict[str, Any]:
    """Return how many samples of each set hold what, and what they were compared with."""
    sets = list(dict.fromkeys(sample.set for sample in trained))
    counts = {}
    for name in sets:
        of_set: dict[str, int] = {"samples": sum(sample.set == name for sample in trained)}
        for kind in KINDS:
            of_kind = [row for row in findings if (row["set"], row["kind"]) == (name, kind)]
            of_set[kind] = len({row["row"] for row in of_kind})
        counts[name] = of_set
    return {"benchmark_pictures": pictures, "sets": counts}


def described(findings: Sequence[Finding], card: dict[str, Any]) -> str:
    """Return what is printed: the counts, and the first findings but answers."""
    lines = [f"compared with {card['benchmark_pictures']:,} pictures of the benchmarks"]
    for name, counts in card["sets"].items():
        found = ", ".join(f"{kind} {counts[kind]:,}" for kind in KINDS)
        dropped = card["dropped"][name]
        lines.append(f"{name}: of {counts['samples']:,} samples: {found}; dropped {dropped:,}")
    shown = [row for row in findings if row["kind"] != "answer"][:SHOWN]
    for row in shown:
        lines.append(
            f"  {row['set']} {row['id']}: {row['kind']} of {row['benchmark']} {row['item']}: "
            f"{row['evidence']}"
        )
    return "\n".join(lines)
