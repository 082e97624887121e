"""One exception for what a user can mend, and the wrapper that turns it into one line and exit code 1."""

from __future__ import annotations

import sys
from collections.abc import Callable


class UserError(Exception):
    """A mistake the user can mend. The message says what was found, where, and what is allowed or next."""


def run_step(main: Callable[[], None]) -> None:
    """Run `main`; a `UserError`, a full disk or a missing permission ends the process with one line and exit code 1."""
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted: what was finished is kept; run the same command again to go on")
    except OSError as error:
        if error.errno is None:
            raise
        place = f": {error.filename}" if error.filename else ""
        sys.exit(f"error: {error.strerror}{place}")
