"""Addresses on the network, such as s3://BUCKET/FOLDER: how they are known and shown, and what goes
wrong there as one line.
"""

from __future__ import annotations

import contextlib
import re
import urllib.parse
from collections.abc import Iterator

from bettersynth.errors import UserError

# USER:PASSWORD@ of an address
_LOGIN = re.compile(r"//[^/\s]+@")


def is_address(name: str) -> bool:
    """Whether a name is an address on the network, as `https://...`, rather than a path."""
    return "://" in name and urllib.parse.urlsplit(name).scheme != ""


def without_login(words: str) -> str:
    """Return words with the user and password taken out of each address in them."""
    return _LOGIN.sub("//", words)


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
