"""The explorer in a real browser without a network: its controls, its keyboard, a phone, and print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import browser as chromium
from browser import ARTIFACTS, DESKTOP, PHONE, Visit, sideways, visit
from compfeat.__main__ import call
from compfeat.reports.explorer.tables import NEEDS
from compfeat.reports.settings import ExplorerSettings, TableText
from compfeat.reports.showcase import NEEDS as PICTURES
from compfeat.results.tables.base import all_tables
from synthetic_summary import RUNS, summary_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def started() -> Iterator[Browser]:
    with chromium.browser() as one:
        yield one


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for name in RUNS:
        summary = summary_of(name)
        made[name] = tmp_path_factory.mktemp(name) / "explorer.html"
        shown = [spec for spec in all_tables() if spec.title and (summary / spec.file).is_file()]
        texts = tuple(TableText(name=spec.name, title=spec.title, caption=spec.caption) for spec in shown)
        pages = ExplorerSettings(figures=(), pages=texts).model_dump_json()
        argv = ["--settings", pages, "--tables", *[str(summary / file) for file in dict.fromkeys([*NEEDS, *PICTURES])]]
        call("explorer", [*argv, "--pages", *[str(summary / spec.file) for spec in shown], "--html", str(made[name])])
    return made


@pytest.fixture
def seen(request: pytest.FixtureRequest, started: Browser, files: dict[str, Path]) -> Iterator[Visit]:
    """A run's page, by default the default's; whatever a test does to it, it writes no error and asks for nothing."""
    name, size = getattr(request, "param", ("default", DESKTOP))
    with visit(started, files[name], size) as one:
        one.page.wait_for_selector("#chart svg")
        yield one
        one.assert_clean()


def of_runs(*names: str, size: dict[str, int] = DESKTOP) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("seen", [(name, size) for name in names], ids=names, indirect=True)


def marks(page: Page) -> list[str]:
    """Return what each mark of the chart says of itself, once the chart is drawn again."""
    page.wait_for_timeout(150)
    found = page.locator('#chart [aria-roledescription="point"]').all()
    return [str(mark.get_attribute("aria-label")) for mark in found]


def sources(page: Page) -> tuple[list[str], str, str]:
    """Return what the viewer shows: its images, its sentence, its table."""
    images = [str(image.get_attribute("src")) for image in page.locator("#pictures img").all()]
    return images, page.inner_text("#viewer-status"), page.inner_text("#viewer-table")


@of_runs(*RUNS)
def test_every_run_shows_curves_and_pictures(seen: Visit, request: pytest.FixtureRequest) -> None:
    assert marks(seen.page) and sources(seen.page)[0]
    assert len(seen.page.inner_text("#curve-status")) > 20
    seen.screenshot(f"explorer_{request.node.callspec.id}", full_page=True)


CHOICES = {
    "cut": "#curve-choice input[name=cut][value=c512]",
    "metric": "input[name=metric][value=rmse]",
    "method": "#curve-choice input[name=method_0]",
    "rate": "#curve-choice input[name=rate][value=bytes]",
    "codec": "#curve-choice input[name=codec_2]",
    "published": "input[name=published]",
}


@pytest.mark.parametrize("control", CHOICES)
def test_each_control_changes_the_chart_and_its_table(control: str, seen: Visit) -> None:
    page = seen.page
    page.click("#curves summary")
    before = marks(page), page.inner_text("#curve-table")
    page.click(CHOICES[control])
    after = marks(page), page.inner_text("#curve-table")
    assert after[0] != before[0] and after[1] != before[1]
    assert page.locator("#curve-table tbody tr").count() == len(after[0])


def test_nothing_chosen_is_told(seen: Visit) -> None:
    for codec in ("codec_0", "codec_1"):
        seen.page.click(f"#curve-choice input[name={codec}]")
    assert marks(seen.page) == []
    assert "Nothing to draw: choose whose points, a method and a codec." in seen.page.inner_text("#curve-status")
    seen.page.click("#curve-choice input[name=codec_0]")
    assert len(marks(seen.page)) == 2


def test_the_published_points_can_stand_alone_on_their_own_scale(seen: Visit) -> None:
    seen.page.click("input[name=published]")
    both = marks(seen.page)
    seen.page.click("input[name=ours]")
    alone = marks(seen.page)
    assert len(both) == 20 and len(alone) == 10 and set(alone) < set(both)


@of_runs("two_seeds")
def test_the_mean_shows_every_seed_thinly_and_one_seed_itself_with_whiskers(seen: Visit) -> None:
    page = seen.page
    drawn = page.locator('#chart [aria-roledescription="line mark"]')
    whiskers = page.locator("#chart .intervals_marks path, #chart .intervals_marks line")
    mean, lines, of_means = marks(page), drawn.count(), whiskers.count()
    assert "compressible + PNG AND JPEG vs baseline" in page.inner_text("#interval-table .chosen >> nth=0")
    page.click("input[name=seed][value='1']")
    one = marks(page)
    assert lines == 6 and drawn.count() == 2  # two methods: two seeds and their mean
    assert len(mean) == len(one) and mean != one
    assert of_means == 0 and whiskers.count() == len(one), "one for each point of a seed, none of the means"
    place = page.locator('#chart [aria-roledescription="point"]').nth(1)
    before = place.get_attribute("transform")
    page.click("input[name=log]")
    marks(page)
    assert place.get_attribute("transform") != before, "a logarithmic axis moves the marks"


def test_tooltips_tell_the_point(seen: Visit) -> None:
    marks(seen.page)
    seen.page.locator('#chart [aria-roledescription="point"]').nth(2).hover(force=True)
    seen.page.wait_for_selector("#vg-tooltip-element.visible")
    shown_text = seen.page.inner_text("#vg-tooltip-element")
    assert "bits per feature element" in shown_text and "baseline" in shown_text and "mIoU" in shown_text
    assert re.search(r"interval\s+[\d.]+ to [\d.]+", shown_text)
    seen.screenshot("explorer_tooltip")


@pytest.mark.parametrize(
    "control", ["input[name=image][value='1']", "#viewer-choice input[name=cut][value=c512]", "#coarser", "#finer"]
)
def test_each_control_changes_the_viewer(control: str, seen: Visit) -> None:
    before = sources(seen.page)
    seen.page.click(control)
    after = sources(seen.page)
    assert all(new != old for new, old in zip(after, before, strict=True))


def test_what_is_not_coded_costs_nothing_and_is_as_it_was(seen: Visit) -> None:
    seen.page.click("#viewer-choice input[name=codec][value=none]")
    _, shown_text, _ = sources(seen.page)
    assert "nothing is spent" in shown_text and "off by" not in seen.page.inner_text("#pictures")
    assert seen.page.is_disabled("#quality") and seen.page.is_disabled("#coarser")


def test_methods_stand_side_by_side(seen: Visit) -> None:
    boxes = [seen.page.locator("#pictures figure.method").nth(i).bounding_box() for i in (0, 1)]
    assert boxes[0] and boxes[1] and boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] < boxes[1]["x"]
    assert re.search(
        r"baseline [\d\u202f]+ bytes, compressible [\d\u202f]+ bytes \(−\d", seen.page.inner_text("#viewer-status")
    )


def test_the_keyboard_reaches_and_works_everything(seen: Visit) -> None:
    page, reached = seen.page, []
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("(e => e.name || e.id || e.className || e.tagName)(document.activeElement)"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        if reached[-1] == "BODY":
            break
        assert outline != "none", reached[-1]
    wanted = {"cut", "metric", "method_0", "rate", "codec_0", "seed", "ours", "published", "log", "interval-filter"}
    wanted |= {"image", "finer", "quality", "coarser"}
    assert wanted <= set(reached)
    page.focus("input[name=metric]:checked")
    before = marks(page)
    page.keyboard.press("ArrowRight")
    assert marks(page) != before
    page.focus("#quality")
    shown = sources(page)
    page.keyboard.press("ArrowRight")
    assert sources(page) != shown
    assert str(page.get_attribute("#quality", "aria-valuetext")) in page.inner_text("#viewer-status")


def test_everything_has_a_name(seen: Visit) -> None:
    page = seen.page
    for form in page.locator("fieldset").all():
        assert form.locator("legend").inner_text()
    nameless = page.evaluate(
        "[...document.querySelectorAll('input, button, select')].filter(e => !(e.labels && e.labels.length) && !e.textContent"
        " && !e.getAttribute('aria-labelledby')).length"
    )
    assert nameless == 0
    alts = [str(image.get_attribute("alt")) for image in page.locator("#pictures img").all()]
    assert all(len(alt) > 15 for alt in alts) and len(set(alts)) == len(alts)
    for name in ("curve-status", "viewer-status"):
        assert page.get_attribute(f"#{name}", "aria-live") == "polite"
    assert "Chart: 10 points" in str(page.get_attribute("#chart", "aria-label"))


@of_runs("default", "two_seeds", "refused", "nine_methods", size=PHONE)
def test_a_phone_shows_it_without_scrolling_sideways(seen: Visit, request: pytest.FixtureRequest) -> None:
    marks(seen.page)
    assert sideways(seen.page) == 0
    seen.page.click("#curves summary")
    seen.page.click("input[name=published]")
    marks(seen.page)
    assert sideways(seen.page) == 0
    seen.screenshot(f"explorer_phone_{request.node.callspec.id}", full_page=True)


def test_it_prints(seen: Visit) -> None:
    marks(seen.page)
    ARTIFACTS.mkdir(exist_ok=True)
    printed = seen.page.pdf(path=ARTIFACTS / "explorer_print.pdf", format="A4")
    assert printed.startswith(b"%PDF") and 2 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 6
    seen.page.emulate_media(media="print")
    assert seen.page.is_hidden("#curve-choice") and seen.page.is_visible("#chart svg")
    assert seen.page.is_visible("#viewer-status") and sideways(seen.page) == 0


def test_without_a_script_the_tables_can_be_read(started: Browser, files: dict[str, Path]) -> None:
    context = started.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(files["default"].absolute().as_uri())
    assert page.locator("#intervals tbody tr").count() > 12 and "need a script" in page.inner_text("main")
    context.close()


@of_runs("nine_methods")
def test_many_methods_are_drawn_in_panels_of_three_on_the_same_scales(seen: Visit) -> None:
    page = seen.page
    page.wait_for_timeout(1500)
    titles = page.locator("#chart").get_by_text(re.compile("^baseline, "))
    assert titles.count() == 4 and all(text.count(",") <= 2 for text in titles.all_text_contents())
    page.click("#no-methods")
    for name in ("method_0", "method_8"):
        page.click(f"#curve-choice input[name={name}]")
    page.wait_for_timeout(500)
    assert titles.count() == 1
    page.click("#curve-choice input[name=rate][value=bpe]")
    assert "remote inference: no features are sent" in page.inner_text("#curve-status")
    assert page.locator("#pictures figure.method").count() % 3 == 0
    page.click("#viewer-choice input[name=method][value=remote]")
    assert "image, 32 × 64" in page.inner_text("#pictures")


@of_runs("nine_methods")
def test_the_bd_rates_are_filtered_and_tables_are_shown(seen: Visit) -> None:
    page = seen.page
    rows = page.locator("#interval-table tr[data-cut]:not([hidden])")
    every = rows.count()
    page.fill("#interval-filter", "pruned mIoU")
    assert 0 < rows.count() < every / 6
    page.click("#interval-table th:text('BD-rate')")
    shown = [row.locator("td.n").first.inner_text() for row in rows.all()]
    values = [float(text.replace("−", "-")) for text in shown]
    half = len(values) // 2  # this run, then the recorded one
    assert values[:half] == sorted(values[:half]) and values[half:] == sorted(values[half:])
    assert all("pruned" in row.inner_text() for row in rows.all())
    page.click("#more summary:text-is('Table: The claims')")
    assert "about 20 % fewer bits" in page.inner_text("#more details[open] table")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_link_from_the_paper_unfolds_its_table(
    size: dict[str, int], started: Browser, files: dict[str, Path], tmp_path: Path
) -> None:
    paper = tmp_path / "paper.html"
    paper.write_text(f'<a href="{files["default"].as_uri()}#table-headline">a number</a>', encoding="utf-8")
    with visit(started, paper, size) as seen:
        page = seen.page
        page.click("a")
        page.wait_for_selector("#chart svg")
        summary, table = page.locator("#table-headline summary"), page.locator("#table-headline table")
        assert page.locator("#more details[open]").count() == 1 and sideways(page) == 0
        # The page scrolls smoothly.
        page.wait_for_function(
            "document.querySelector('#table-headline table').getBoundingClientRect().y < innerHeight - 100"
        )
        page.wait_for_timeout(500)
        box = summary.bounding_box()
        assert box is not None and box["y"] > -1 and table.is_visible()
        seen.screenshot(f"explorer_linked_{size['width']}")
        assert seen.errors == []
