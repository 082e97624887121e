"""Addresses such as s3://BUCKET/FOLDER, which fsspec opens: what goes wrong there is one line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bettersynth.data.files.shown_address import without_login
from bettersynth.errors import UserError


def is_remote(place: object) -> bool:
    """Return whether fsspec opens it, where a path is opened as a path."""
    return "://" in str(place)


@contextlib.contextmanager
def failing_in_one_line(address: str) -> Iterator[None]:
    """Turn any failure of the block into one line that names the address, without the password
    that it may hold.

    Raises:
        UserError: the block failed.
    """
    shown = without_login(address)
    try:
        yield
    # it says more by itself
    except UserError:
        raise
    except ImportError as error:
        hint = "; pip install 'bettersynth[s3]'" if shown.startswith("s3:") else ""
        raise UserError(f"{shown}: {without_login(str(error))}{hint}") from None
    # every system that fsspec opens has errors of its own
    except Exception as error:
        words = without_login(" ".join(str(error).split())) or type(error).__name__
        raise UserError(
            f"{shown} cannot be used: {words}; name a folder, or an address that fsspec "
            "opens such as s3://BUCKET/FOLDER"
        ) from None
