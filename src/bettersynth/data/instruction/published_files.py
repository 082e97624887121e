"""Taking published instruction data (LLaVA json and a folder of pictures) in place of built one, every picture decoded once."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import write_json
from bettersynth.data.pictures.images import BadImage, decode_image, image_name, write_images
from bettersynth.errors import UserError, require_present

LLAVA_TOKEN = "<image>"
PREFIX = "instruction/"  # of the members of images.zip, so that none is called like a picture of the pool


def read_conversations(file: Path, folder: Path) -> list[tuple[dict[str, Any], list[str]]]:
    """Return the entries of a LLaVA json, each with the names of its pictures relative to `folder`.

    Raises:
        UserError: no such file, an entry that is no conversation of human and gpt, a missing picture, or another number of `<image>`.
    """
    rows = read_json(require_present(file, "instruction.file"))
    if not isinstance(rows, list) or not rows:
        raise UserError(f"{file} must be a non-empty list of conversations (LLaVA json)")
    found = []
    for number, row in enumerate(rows, 1):
        place = f"{file} entry {number}"
        turns = row.get("conversations") if isinstance(row, dict) else None
        if not isinstance(turns, list) or not all(
            isinstance(t, dict) and isinstance(t.get("value"), str) for t in turns
        ):
            raise UserError(
                f'{place}: conversations must be a list of {{"from": ..., "value": "..."}}'
            )
        if wrong := sorted({str(t.get("from")) for t in turns} - {"human", "gpt"}):
            raise UserError(f"{place}: a turn is from {wrong[0]!r}; allowed: human, gpt")
        images = row.get("image")
        listed = [] if images is None else images if isinstance(images, list) else [images]
        places = sum(t["value"].count(LLAVA_TOKEN) for t in turns)
        if places != len(listed):
            raise UserError(f"{place}: {places} {LLAVA_TOKEN} in the text for {len(listed)} images")
        found.append((row, [image_name(name, k, folder, place) for k, name in enumerate(listed)]))
    return found


def _problem(path: Path) -> str:
    """Return why a picture cannot be used, "" if it can."""
    try:
        decode_image(path.read_bytes())
    except BadImage as error:
        return str(error)
    return ""


def problems(folder: Path, names: list[str], processes: int) -> dict[str, str]:
    """Return the reason for each picture that cannot be decoded."""
    paths = [folder / name for name in names]
    bar = {"total": len(names), "desc": "instruction pictures", "unit": "img", "mininterval": 1}
    if processes == 1:
        reasons = list(tqdm(map(_problem, paths), **bar))
    else:
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            reasons = list(tqdm(pool.imap(_problem, paths, chunksize=64), **bar))
    return {name: reason for name, reason in zip(names, reasons, strict=True) if reason}


def take_instruction(
    file: Path, folder: Path, target: Path, processes: int, max_reject_share: float
) -> tuple[int, int]:
    """Write `train.json` and `images.zip` to `target`; return how many conversations there are, and how many were set aside.

    A conversation with a picture that cannot be decoded is set aside; too many end the step.

    Raises:
        UserError: as `read_conversations`, or more unusable conversations than `max_reject_share` allows.
    """
    require_present(folder, "instruction.images")
    rows = read_conversations(file, folder)
    bad = problems(folder, sorted({name for _, names in rows for name in names}), processes)
    kept, used = [], dict[str, None]()
    for row, names in rows:
        if any(name in bad for name in names):
            continue
        used.update(dict.fromkeys(names))
        stored = [PREFIX + name for name in names]
        kept.append({**row, "image": stored[0] if len(stored) == 1 else stored} if stored else row)
    aside = len(rows) - len(kept)
    if aside > max_reject_share * len(rows) or not kept:
        reasons = ", ".join(
            f"{count} {reason}"
            for reason, count in Counter(r.split(":")[0] for r in bad.values()).most_common()
        )
        first = min(bad)
        raise UserError(
            f"{file}: {aside} of {len(rows)} conversations have unusable pictures ({reasons}), the first {folder / first}; "
            f"instruction.max_reject_share allows {max_reject_share:.0%}"
        )

    def pictures() -> Iterator[tuple[str, bytes]]:
        for name in tqdm(used, desc="images.zip", unit="img", mininterval=1):
            yield PREFIX + name, (folder / name).read_bytes()

    write_images(target / "images.zip", pictures())
    write_json(target / "train.json", kept)
    return len(kept), aside
