"""The page of `bettersynth browse` over a small pool, open in a browser, and waiting for what it
shows: nothing here goes by a time, since a browser has little of a busy machine.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bettersynth.experiments.browse.difference import difference_columns
from support.browser import opened_page
from support.small_looks import TOKEN, small_looks, write_other

# by view: what stands there once its data has come
DRAWN = {
    "pairs": "#gallery .card >> nth=7",
    "bounds": ".chart svg",
    "scatter": "#scatter >> text=8 pairs.",
}
# the page waits so long for the next letter, in milliseconds
LATER = 250


@contextlib.contextmanager
def opened_pool(folder: Path) -> Iterator[Any]:
    """Yield the page over a pool of eight pairs in `folder`, which is the current folder meanwhile.

    `looks` is what it asks; `faults` are the errors and alerts that it had, of which `expected` may
    be a part. Any other fault fails the last test.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        looks = small_looks()
        write_other([("s00", "original", -1, 4), ("s01", "tiny", 0, 2), ("s03", "original", -1, 4)])
        shutil.copy("data/caption/candidates.parquet", "other")
        looks.pairs.columns.update(difference_columns(looks.pairs, "other"))
        with opened_page(looks, TOKEN) as (page, address):
            page.looks = looks
            page.faults = []
            page.expected = None
            page.on("pageerror", lambda error: page.faults.append(str(error)))
            page.on("console", lambda said: said.type == "error" and page.faults.append(said.text))
            page.on("dialog", lambda dialog: page.faults.append(f"alert: {dialog.message}"))
            page.goto(address)
            require_cards(page, 8)
            yield page
            faults = [one for one in page.faults if not (page.expected and page.expected in one)]
            assert faults == []


def require_cards(page: Any, number: int) -> None:
    """Wait until the gallery shows so many pairs, and no more are to come."""
    page.wait_for_function(
        "wanted => document.querySelectorAll('#gallery .card').length === wanted"
        " && document.querySelector('#end').textContent !== '…'",
        arg=number,
    )


def show_view(page: Any, view: str) -> None:
    """Go to a view, and wait until its data is drawn."""
    page.click(f"button[data-view={view}]")
    page.wait_for_selector(DRAWN[view])
    # what follows from the data is laid out in the next frame
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


def let_timers_run(page: Any) -> None:
    """Wait until what the page has put off for `LATER` has run: its timers end in their order."""
    page.evaluate("wait => new Promise(done => setTimeout(done, wait))", LATER + 50)
