"""A headless Chromium for tests of pages, where Playwright and a browser are; else the test is
skipped, with the word why.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from bettersynth.experiments.browse.looks import Looks
from bettersynth.experiments.browse.server import _listening, application

# milliseconds that a browser may take for a step: other jobs may leave it little of the machine
PATIENCE = 180_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@contextlib.contextmanager
def opened_browser() -> Iterator[Any]:
    """Yield an empty page of a browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser is installed: {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as driver:
        # CI's containers run as root, where Chromium's own sandbox can't
        browser = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox"], timeout=PATIENCE
        )
        page = browser.new_page()
        page.context.set_default_timeout(PATIENCE)
        yield page
        browser.close()


@contextlib.contextmanager
def opened_page(looks: Looks, token: str) -> Iterator[tuple[Any, str]]:
    """Yield a page of a browser and the address of a running server over `looks`."""
    with opened_browser() as page:
        listening = _listening(0)
        port = listening.getsockname()[1]
        settings = uvicorn.Config(application(looks, token, port), log_level="error")
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield page, f"http://127.0.0.1:{port}/{token}/"
        finally:
            server.should_exit = True
            thread.join()
            listening.close()


def serious_faults(page: Any) -> list[str]:
    """Return what axe-core finds serious or critical on an open page, a line each."""
    module = "axe_playwright_python.sync_playwright"
    axe = pytest.importorskip(module, reason="axe-playwright-python is not installed")
    faults: list[str] = []
    for fault in axe.Axe().run(page).response["violations"]:
        if fault["impact"] in ("serious", "critical"):
            places = [node["html"][:120] for node in fault["nodes"][:3]]
            faults.append(f"{fault['id']}: {fault['help']}: {places}")
    return faults
