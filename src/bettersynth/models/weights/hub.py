"""Models by folder or hub name: a hub that cannot be reached is told at once, with the way out."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path

from bettersynth.errors import UserError

# What an answer may take; the libraries wait 10 and try again five times, for each file
ANSWER_SECONDS = 3


@contextlib.contextmanager
def loading(what: str, name: str) -> Iterator[None]:
    """Load `name` in the block, a folder or hub name; `what` says in an error what it is.

    Where the hub does not answer, what was fetched before is used.

    Raises:
        UserError: the block raised an error that loading a model may end in.
    """
    is_here = Path(name).exists()
    reached = is_here or hub_answers()
    try:
        yield
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        message = f"cannot load {what}: {reason}"
        if not reached:
            message = (
                f"cannot load {what}: it is no folder here, was not fetched before, and its hub "
                f"cannot be reached; write a folder that holds the model in the place of {name}"
            )
        elif not is_here:
            message += f"; a folder that holds the model may stand in the place of {name}"
        raise UserError(message) from None


@functools.cache
def hub_answers() -> bool:
    """Whether the hub can be asked; where it cannot, its libraries are told not to try.

    Asked once a process, with the libraries' own client, which knows proxies and mirrors.
    """
    import httpx2
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        get_session().head(constants.ENDPOINT, timeout=ANSWER_SECONDS)
    except httpx2.TransportError:
        # read at each request, unlike the environment
        constants.HF_HUB_OFFLINE = True
        return False
    return True
