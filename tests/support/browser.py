"""A real browser without a network, for tests of the HTML files: Chromium by Playwright, one that the machine already has.

``COMPFEAT_CHROMIUM`` names another one than those on PATH. ``make browser`` installs one where apt-get and root are there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

ARTIFACTS = Path(__file__).parents[1] / "artifacts"
"""Screenshots and prints, to look at."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ["no-sandbox", "disable-gpu", "disable-background-networking", "disable-component-update"]
FLAGS += ["disable-sync", "no-first-run"]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a browser. Where none can run, the test is skipped and says why: no browser, no Playwright, or neither starts."""
    path = os.environ.get("COMPFEAT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} on PATH and no COMPFEAT_CHROMIUM; run make browser")
    sync_api = pytest.importorskip("playwright.sync_api", reason="no browser: playwright is not installed")
    playwright = started = None
    try:
        playwright = sync_api.sync_playwright().start()
        started = playwright.chromium.launch(executable_path=path, args=[f"--{flag}" for flag in FLAGS])
    except Exception as error:  # a driver without its libraries ends in several kinds, of Playwright's and of asyncio's
        if playwright is not None:
            playwright.stop()
        said = (str(error) or type(error).__name__).strip().splitlines()[0]
        pytest.skip(f"no browser: {path} or Playwright's driver does not start ({said}); run make browser")
    try:
        yield started
    finally:
        started.close()
        playwright.stop()


@dataclass
class Visit:
    """An open page, and what went wrong on it."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """Addresses asked for besides the file itself and data in it."""

    def assert_clean(self) -> None:
        """Fail where the page wrote an error or asked for anything outside its file."""
        assert self.errors == [] and self.requests == []

    def screenshot(self, name: str, **options: bool) -> Path:
        """Keep what is seen as ``tests/artifacts/{name}.png``."""
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        self.page.screenshot(path=path, **options)  # type: ignore[arg-type]
        return path


@contextmanager
def visit(started: Browser, file: Path, viewport: dict[str, int] | None = None) -> Iterator[Visit]:
    """Open a file from disk in a fresh, offline context."""
    context = started.new_context(viewport=viewport or DESKTOP, offline=True)  # type: ignore[arg-type]
    page = context.new_page()
    seen = Visit(page)
    address = file.absolute().as_uri()

    def ask(request: Request) -> None:
        if request.url.partition("#")[0] != address and not request.url.startswith(("data:", "blob:")):
            seen.requests.append(request.url)

    page.on("console", lambda said: seen.errors.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("request", ask)
    try:
        page.goto(address)
        yield seen
    finally:
        context.close()


def sideways(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
