"""Snakemake's report of the tiny run, in a real browser without a network."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from browser import Visit, visit
from compfeat.reports.figures.base import FIGURES
from compfeat.results.tables.base import all_tables
from project_copy import snakemake

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame

pytestmark = pytest.mark.slow

KNOWN = "cdn.tailwindcss.com should not be used in production"
"""What a library that the report carries says of itself; it asks for nothing."""


@pytest.fixture(scope="module")
def report(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a copy of the tiny run."""
    project = tmp_path_factory.mktemp("report") / "run"
    shutil.copytree(finished, project, symlinks=True)
    snakemake(project, "--report", "report.html")
    return project / "report.html"


def assert_clean(seen: Visit) -> None:
    assert [error for error in seen.errors if KNOWN not in error] == [] and seen.requests == []


def opened(seen: Visit, category: str, label: str) -> Frame:
    """Open a page of the report; return its frame."""
    page = seen.page
    page.get_by_text(category, exact=True).first.click()
    page.locator("tr", has_text=label).first.locator("a").first.click()
    page.wait_for_selector("iframe")
    page.wait_for_timeout(500)
    return page.frames[-1]


def test_all_figures_tables_and_documents_are_in_it(report: Path, started: Browser) -> None:
    config = yaml.safe_load((report.parent / "config/config.yaml").read_text())
    wanted = {"Documents": {"explorer (HTML)", "paper (HTML)", "paper (PDF)", "supplement (PDF)"}}
    for spec in all_tables():
        if spec.title:
            wanted.setdefault(spec.category, set()).add(f"table: {spec.title}")
    for name in config["figures"]:
        wanted.setdefault(FIGURES.get(name).category, set()).add("figure: " + name.replace("_", " "))
    for category, labels in wanted.items():
        with visit(started, report) as seen:
            seen.page.get_by_text(category, exact=True).first.click()
            seen.page.wait_for_selector("tr")
            shown = {text.strip() for text in seen.page.locator("tr td:first-child").all_inner_texts() if text.strip()}
            assert labels == shown, category
            assert_clean(seen)


def test_the_explorer_opens_in_it_and_captions_are_told(report: Path, started: Browser) -> None:
    with visit(started, report) as seen:
        assert ", reproduced: networks" in seen.page.inner_text("body")
        seen.page.get_by_text("How certain it is", exact=True).first.click()
        seen.page.locator("tr", has_text="The claims").first.locator("a").nth(1).click()
        seen.page.get_by_text("by rules that the config states").first.wait_for()
        seen.screenshot("report_table")
        assert_clean(seen)
    with visit(started, report) as seen:
        page = opened(seen, "Documents", "explorer (HTML)")
        page.wait_for_selector("#chart svg")
        before = page.inner_text("#viewer-status")
        page.click("#viewer-choice input[name=codec][value=jpeg]")
        assert page.inner_text("#viewer-status") != before
        seen.screenshot("report_explorer")
        assert_clean(seen)
