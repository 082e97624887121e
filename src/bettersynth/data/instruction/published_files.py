"""Taking published instruction data (LLaVA json and a folder of pictures) in place of built one."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from bettersynth.data.files.compressed import ending
from bettersynth.data.files.processes import WorkerDied, map_in_processes
from bettersynth.data.files.rejects import Reject, counted, require_few
from bettersynth.data.pictures.decoding import BadImage, decode_image, read_picture
from bettersynth.data.pictures.images import image_name
from bettersynth.data.row_files.reading import TABLE_ENDINGS, TAR_ENDINGS
from bettersynth.data.samples.llava import (
    llava_entries,
    nothing_to_learn,
    pictures_of,
    require_a_token_a_picture,
    require_few_masked,
    trained_turns,
    turns_of,
)
from bettersynth.data.samples.text_form import invalid_unicode
from bettersynth.data.sources.source_rows import described
from bettersynth.data.tables.instruction import write_instruction
from bettersynth.errors import UserError, require_present

# of the names in data/instruction/images: none is called like a picture of the pool
PREFIX = "instruction/"
Item = dict[str, Any]


class Conversation(NamedTuple):
    """An entry of a LLaVA json as it stands, where, and its pictures' names in their folder.

    `fault` says why it cannot be used, whatever its pictures are; "" if it can.
    """

    place: str
    item: dict[str, Any]
    images: list[str]
    fault: str = ""


def as_they_are(parts: Mapping[str, list[Item]]) -> list[Item]:
    """Return the items of all parts, one after the other."""
    return list(itertools.chain.from_iterable(parts.values()))


def take_instruction(
    file: Path,
    folder: Path,
    processes: int,
    max_reject_share: float,
    arrange: Callable[[Mapping[str, list[Item]]], list[Item]] = as_they_are,
) -> tuple[int, int]:
    """Write the instruction data of published files, every picture decoded once.

    `arrange` makes the list of items of the part `published`, with others beside it.

    Returns how many conversations there are, and how many were set aside because a picture cannot
    be used or the text is no valid Unicode. Each of those is named on the standard output.

    Raises:
        UserError: as `read_conversations`, or too many were set aside.
    """
    require_present(folder, "instruction.images")
    conversations = read_conversations(file, folder)
    shown: set[str] = set()
    for conversation in conversations:
        shown.update(conversation.images)
    bad = unusable_pictures(folder, sorted(shown), processes)

    rejects = []
    kept = []
    for conversation in conversations:
        reject = _reject(conversation, bad)
        if reject:
            rejects.append(reject)
        else:
            kept.append(conversation)
    if not kept:
        raise UserError(f"{file}: no conversation is usable{counted(rejects)}")
    setting, what = "instruction.max_reject_share", "conversations are unusable"
    require_few(rejects, len(conversations), max_reject_share, setting, what)
    for reject in rejects:
        print(f"set aside: {reject.place}: {reject.reason}")
    items = [_stored_item(conversation) for conversation in kept]
    write_instruction(arrange({"published": items}), _pictures(kept, folder))
    return len(kept), len(rejects)


def read_conversations(file: Path, folder: Path) -> list[Conversation]:
    """Return the entries of a LLaVA json, each with the names of its pictures under `folder`.

    Nothing that training would refuse passes; whether the pictures exist is not looked at.

    Raises:
        UserError: no such file, an entry whose turns do not alternate between human and gpt,
            another number of `<image>` than pictures, a picture outside the folder, or more than
            1 % of entries with nothing to learn from.
    """
    conversations: list[Conversation] = []
    masked: Counter[str] = Counter()
    require_llava_file(file)
    for place, entry in llava_entries(file):
        # any field, names too: the whole entry is written to a UTF-8 file
        if invalid_unicode(json.dumps(entry, ensure_ascii=False)):
            conversations.append(Conversation(place, entry, [], "text is no valid Unicode"))
            continue
        turns = trained_turns(turns_of(entry, place), place)
        images = pictures_of(entry)
        require_a_token_a_picture(turns, len(images), place)
        names = [image_name(image, nth, folder, place) for nth, image in enumerate(images)]
        conversations.append(Conversation(place, entry, names))
        if reason := nothing_to_learn(turns):
            masked[reason] += 1
    require_few_masked(masked, len(conversations), str(file))
    return conversations


def require_llava_file(file: Path) -> None:
    """Pass if a path may be a LLaVA json by its kind; it is not read.

    Raises:
        UserError: there is nothing, or a folder, table or tar.
    """
    require_present(file, "instruction.file")
    if file.is_dir() or ending(file) in TABLE_ENDINGS + TAR_ENDINGS:
        raise UserError(
            f"instruction.file {file} is {described(file)}; it must be LLaVA json: a list of "
            "entries with conversations and image"
        )


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


def _reject(conversation: Conversation, bad: Mapping[str, str]) -> Reject | None:
    """Return why a conversation is set aside: itself, or the first bad picture that it shows."""
    if conversation.fault:
        return Reject(conversation.place, conversation.fault, conversation.fault)
    for name in conversation.images:
        if name in bad:
            kind = bad[name].split(":")[0]
            return Reject(conversation.place, f"{name}: {bad[name]}", kind)
    return None


def _stored_item(conversation: Conversation) -> dict[str, Any]:
    """Return the entry with the names that its pictures have in the shards."""
    stored = [PREFIX + name for name in conversation.images]
    if not stored:
        return conversation.item
    return {**conversation.item, "image": stored[0] if len(stored) == 1 else stored}


def _pictures(conversations: Sequence[Conversation], folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (member name, file bytes) of each picture once, in the order of its first use."""
    names: dict[str, None] = {}
    for conversation in conversations:
        names.update(dict.fromkeys(conversation.images))
    for name in tqdm(names, desc="images", unit="img", mininterval=1):
        yield PREFIX + name, read_picture(folder / name)
