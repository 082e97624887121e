"""Taking published instruction data (LLaVA json and a folder of pictures) in place of built one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from bettersynth.data.files.processes import WorkerDied, map_in_processes
from bettersynth.data.files.rejects import Reject, counted, require_few
from bettersynth.data.pictures.decoding import BadImage, decode_image, read_picture
from bettersynth.data.pictures.images import image_name
from bettersynth.data.samples.llava import (
    llava_entries,
    pictures_of,
    require_a_token_a_picture,
    require_roles,
    turns_of,
)
from bettersynth.data.tables.instruction import write_instruction
from bettersynth.errors import UserError, require_present

PREFIX = "instruction/"  # of the members of images.zip: none is called like a picture of the pool


class Conversation(NamedTuple):
    """An entry of a LLaVA json as it stands, and its pictures' names relative to their folder."""

    item: dict[str, Any]
    images: list[str]


def take_instruction(
    file: Path, folder: Path, processes: int, max_reject_share: float
) -> tuple[int, int]:
    """Write the instruction data of published files, every picture decoded once.

    Returns how many conversations there are, and how many were set aside because a picture cannot
    be decoded.

    Raises:
        UserError: as `read_conversations`, or too many were set aside.
    """
    require_present(folder, "instruction.images")
    conversations = read_conversations(file, folder)
    shown: set[str] = set()
    for conversation in conversations:
        shown.update(conversation.images)
    bad = unusable_pictures(folder, sorted(shown), processes)

    kept = [entry for entry in conversations if not bad.keys() & set(entry.images)]
    aside = len(conversations) - len(kept)
    rejects = _rejects(conversations, bad, folder)
    if not kept:
        raise UserError(f"{file}: no conversation has usable pictures{counted(rejects)}")
    setting, what = "instruction.max_reject_share", "conversations have unusable pictures"
    require_few(rejects, len(conversations), max_reject_share, setting, what)
    items = [_stored_item(conversation) for conversation in kept]
    write_instruction(items, _pictures(kept, folder))
    return len(kept), aside


def read_conversations(file: Path, folder: Path) -> list[Conversation]:
    """Return the entries of a LLaVA json, each with the names of its pictures under `folder`.

    Raises:
        UserError: no such file, an entry that is no conversation of human and gpt, a missing
            picture, or another number of `<image>`.
    """
    conversations: list[Conversation] = []
    for place, entry in llava_entries(require_present(file, "instruction.file")):
        turns = turns_of(entry, place)
        require_roles(turns, place)
        images = pictures_of(entry)
        require_a_token_a_picture(turns, len(images), place)
        names = [image_name(image, nth, folder, place) for nth, image in enumerate(images)]
        conversations.append(Conversation(entry, names))
    return conversations


def unusable_pictures(folder: Path, names: Sequence[str], processes: int) -> dict[str, str]:
    """Return the reason for each picture that cannot be decoded."""
    paths = [folder / name for name in names]
    progress = tqdm(total=len(names), desc="instruction pictures", unit="img", mininterval=1)
    reasons = {}
    with progress:
        for name, reason in zip(names, _problems(paths, processes), strict=True):
            progress.update()
            if reason:
                reasons[name] = reason
    return reasons


def _problems(paths: list[Path], processes: int) -> Iterator[str]:
    for problem in map_in_processes(_problem, paths, processes, chunk=64):
        yield problem.reason if isinstance(problem, WorkerDied) else problem


def _problem(path: Path) -> str:
    """Return why a picture cannot be used, "" if it can."""
    try:
        decode_image(read_picture(path))
    except BadImage as error:
        return str(error)
    return ""


def _rejects(
    conversations: Sequence[Conversation], bad: Mapping[str, str], folder: Path
) -> list[Reject]:
    """Return a reject for each conversation that shows a bad picture, for the first such one."""
    rejects = []
    for conversation in conversations:
        for name in conversation.images:
            if name in bad:
                rejects.append(Reject(str(folder / name), bad[name], bad[name].split(":")[0]))
                break
    return rejects


def _stored_item(conversation: Conversation) -> dict[str, Any]:
    """Return the entry with the names that its pictures have in the zip file."""
    stored = [PREFIX + name for name in conversation.images]
    if not stored:
        return conversation.item
    return {**conversation.item, "image": stored[0] if len(stored) == 1 else stored}


def _pictures(conversations: Sequence[Conversation], folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (member name, file bytes) of each picture once, in the order of its first use."""
    names: dict[str, None] = {}
    for conversation in conversations:
        names.update(dict.fromkeys(conversation.images))
    for name in tqdm(names, desc="images.zip", unit="img", mininterval=1):
        yield PREFIX + name, read_picture(folder / name)
