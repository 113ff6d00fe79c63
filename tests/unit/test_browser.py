"""Tests that need a browser are skipped, with a reason, wherever none can run."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

import browser


class Driver:
    """Playwright whose driver does not start: its program lacks a library."""

    def start(self) -> Any:
        raise Exception("Connection closed while reading from the driver\nlibatomic.so.1: cannot open")


def playwright_of(driver: Any) -> ModuleType:
    module = ModuleType("playwright.sync_api")
    module.sync_playwright = lambda: driver  # type: ignore[attr-defined]
    return module


def reason() -> str:
    with pytest.raises(pytest.skip.Exception) as skipped, browser.browser():
        raise AssertionError("started")
    return str(skipped.value)


def test_no_browser_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "executable", lambda: None)
    assert reason().startswith("no browser: none of chromium")


def test_a_driver_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "executable", lambda: "/usr/bin/chromium")
    monkeypatch.setitem(sys.modules, "playwright.sync_api", playwright_of(Driver()))
    assert "does not start (Connection closed while reading from the driver)" in reason()


def test_no_playwright_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "executable", lambda: "/usr/bin/chromium")
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    assert reason() == "no browser: playwright is not installed"
