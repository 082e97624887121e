"""What every program here starts with: a user's mistake is one line and exit code 1, and what a
stage took is recorded.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping

from bettersynth.errors import UserError
from bettersynth.experiments.history.costs import record_cost


def run_step(main: Callable[[], Mapping[str, int] | None]) -> None:
    """Run `main`; a `UserError`, a full disk or a missing permission ends the process with one line
    and exit code 1.

    What a stage took is recorded (`bettersynth costs`), with the `samples` and `tokens` that `main`
    may return.
    """
    try:
        counts = main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted: what was finished is kept; run the same command again to go on")
    except BrokenPipeError:
        # `| head` has read enough; what is left in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno is None:  # no word of the disk's: a fault of the program
            raise
        place = f": {error.filename}" if error.filename else ""
        sys.exit(f"error: {error.strerror}{place}")
    with contextlib.suppress(OSError):
        record_cost(counts)
