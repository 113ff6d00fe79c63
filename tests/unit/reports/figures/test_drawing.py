"""Every figure of runs of many kinds, drawn from their tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from compfeat.__main__ import call
from compfeat.errors import ConfigError, DataError
from compfeat.io import read_json, write_csv
from compfeat.reports.figures.base import FIGURES
from compfeat.reports.figures.curves import rate_of
from compfeat.reports.figures.intervals import HIGHEST
from compfeat.reports.figures.sides import bd_text
from compfeat.reports.figures.style import grouped, theme
from compfeat.reports.looks import looks
from compfeat.reports.summary import Tables, metrics
from documents import fourth_task
from helpers import PROJECT
from synthetic_summary import RUNS, summary_of, synthetic_experiment, write_summary
from tiny_results import TASKS

NAMES = [f"{name}@hevc" if FIGURES.by_ladder(name) else name for name in FIGURES.names()]
OF_PUBLISHED = {"published", "published_image_sizes"}
"""Figures of the authors' numbers: the same in every run with their tasks."""


def tables_of(name: str, folder: Path) -> Tables:
    return Tables.of(folder / needed for needed in FIGURES.get(name).needs)


@cache
def draw(name: str, folder: Path) -> Figure:
    """Draw a figure once for all tests."""
    with theme():
        drawn = FIGURES.get(name).draw(tables_of(name, folder))
        drawn.draw_without_rendering()
    return drawn


def texts(drawn: Figure) -> Iterator[Text]:
    """Yield all texts but those of ticks, of which matplotlib keeps some that it does not draw."""
    yield from (text for legend in drawn.legends for text in legend.get_texts())
    for ax in drawn.axes:
        yield from ax.texts
        if ax.axison:
            yield from (ax.title, ax.xaxis.label, ax.yaxis.label)


def notes(drawn: Figure) -> list[str]:
    return [text.get_text() for ax in drawn.axes for text in ax.texts]


def changed(folder: Path, to: Path, **tables: dict[str, Any]) -> Path:
    """Return a copy of a summary with other values in columns of some tables."""
    to.mkdir(exist_ok=True)
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    for name, columns in tables.items():
        write_csv(to / f"{name}.csv", pd.read_csv(to / f"{name}.csv").assign(**columns))
    return to


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("run", RUNS)
def test_every_figure_of_every_run_fits_its_page(name: str, run: str) -> None:
    if name in OF_PUBLISHED and run != "default":
        pytest.skip("the same figure in every run")
    drawn = draw(name, summary_of(run))
    assert drawn.get_axes() and drawn.get_figwidth() <= 7.0 and drawn.get_figheight() <= 9.0
    box = drawn.bbox.padded(1.0)
    for text in texts(drawn):
        extent = text.get_window_extent()
        inside = box.contains(extent.x0, extent.y0) and box.contains(extent.x1, extent.y1)
        assert inside or not text.get_text(), text.get_text()


def test_the_overview_has_the_sides_of_the_claimed_comparisons(tmp_path: Path) -> None:
    experiment = read_json(summary_of("three_methods") / "experiment.json")
    main, ladder = next(iter(experiment["ladders"].items()))
    claim: dict[str, Any] = {"text": "fewer bits", "method": "compressible", "against": "baseline", "ladders": [main]}

    def legend(name: str, claims: dict[str, Any] | None) -> set[str]:
        folder = changed(summary_of("three_methods"), tmp_path / name)
        (folder / "experiment.json").write_text(json.dumps(experiment | {"claims": claims}))
        return {text.get_text() for text in draw("overview", folder).legends[0].get_texts()} - {"not coded"}

    claimed = legend("claimed", {"one": claim | {"bd_rate_percent": -1, "least_tasks": 1}})
    assert claimed == {f"{method} + {ladder['label']}" for method in ("baseline", "compressible")}
    assert claimed < legend("unclaimed", None)


def test_the_overview_has_the_curves_of_a_recorded_run_of_further_codecs(tmp_path: Path) -> None:
    folder = changed(summary_of("three_methods"), tmp_path / "run")
    points = pd.read_csv(folder / "points.csv", keep_default_na=False).query("codec == 'hevc' and method == 'sparse'")
    write_csv(folder / "recorded_points.csv", points.assign(codec="better", ladder="Better"))
    drawn = draw("overview", folder)
    (line,) = (text.get_text() for text in drawn.legends[0].get_texts() if "(recorded)" in text.get_text())
    assert line == "sparse + Better (recorded)"
    colour = looks([text.get_text() for text in drawn.legends[0].get_texts()])[line].colour
    assert all(colour in {own.get_color() for own in ax.lines} for ax in drawn.axes)


def test_image_sizes_are_those_of_the_finest_quality_of_the_first_method(tmp_path: Path) -> None:
    folder = changed(summary_of("three_methods"), tmp_path / "run")
    sizes = pd.read_csv(folder / "per_image.csv", keep_default_na=False)
    finest = (sizes["codec"] == "jpeg") & (sizes["quality"] == "q95") & (sizes["method"] == "baseline")
    write_csv(folder / "per_image.csv", sizes[~finest])
    assert "JPEG q90" in {ax.get_title() for ax in draw("image_sizes", folder).axes}


def test_names_and_captions() -> None:
    for name in [*yaml.safe_load((PROJECT / "config/config.yaml").read_text())["figures"], *NAMES]:
        spec = FIGURES.get(name)
        assert spec.name == name and spec.needs and spec.category
        assert spec.caption.endswith(".") and "{" not in spec.caption
    assert FIGURES.get("rate_accuracy@hevc").ladder == "hevc"
    for wrong, expected in (("rate_accuracy", "rate_accuracy@LADDER"), ("training_curves@hevc", "no single ladder")):
        with pytest.raises(ConfigError, match=f"figure '{wrong}' is unknown; expected .*{expected}"):
            FIGURES.get(wrong)
    with pytest.raises(ConfigError, match="figure 'pie' is unknown"):
        FIGURES.get("pie@hevc")


def test_bd_rates_stand_above_the_curves() -> None:
    row = {"n_ok": 1, "n_seeds": 1, "bd_rate_percent": -12.34, "bd_rate_min_percent": -14, "bd_rate_max_percent": -10}
    assert bd_text(row) == "−12.3 %" and bd_text(row | {"n_ok": 0}) == "refused"
    assert bd_text(row | {"n_ok": 2, "n_seeds": 3}) == "−12.3 % (−14.0 to −10.0; 2 of 3 seeds)"
    assert bd_text(row | {"n_ok": 2, "n_seeds": 3}, brief=True) == "−12.3 %"
    assert "compressible refused" in notes(draw("rate_accuracy@hevc", summary_of("refused")))
    rate = pd.read_csv(summary_of("three_methods") / "headline.csv").query(
        "ladder == 'laplace' and method == 'baseline' and metric == 'miou'"
    )
    wanted = f"baseline vs baseline (HEVC) {rate['bd_rate_percent'].iloc[0]:+.1f} %".replace("-", "−")
    shown = notes(draw("rate_accuracy@laplace", summary_of("three_methods")))
    assert wanted in [text.replace("\n", " ") for text in shown]


def test_many_methods_stand_in_several_rows_beside_their_anchor() -> None:
    drawn = draw("rate_accuracy@hevc", summary_of("nine_methods"))
    assert len(drawn.axes) == 2 * 3  # two groups of the anchor and four others
    for ax in drawn.axes:
        full = {line.get_color() for line in ax.lines if line.get_marker() not in ("", "None")}
        assert len(full) == 5 and looks(["baseline"])["baseline"].colour in full
    assert grouped(["a"], ["b", "c"]) == [["a", "b", "c"]]
    assert grouped(["a"], list("bcdefghi")) == [["a", "b", "c", "d", "e"], ["a", "f", "g", "h", "i"]]
    assert len(grouped(["a"], list("bcdefghijkl"), rows=5)) * 5 <= 9


def test_the_decoded_image_has_a_line_that_does_not_squeeze_the_others() -> None:
    folder = summary_of("image")
    points = Tables.of([folder / "points.csv"]).csv("points.csv")
    for method, column in (("baseline", "rate_bpe"), ("remote", "bytes_per_image")):
        assert rate_of(points[(points["method"] == method) & (points["codec"] == "hevc")])[0] == column
    drawn = draw("rate_accuracy@hevc", folder)
    legend = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert legend.count("remote inference: decoded picture") == 1
    (ax,) = (ax for ax in drawn.axes if "PSNR" in ax.get_ylabel())
    assert ax.get_ylim()[1] < points["image_psnr_db"].min()
    assert "decoded picture:\n24.59 to 33.05 dB" in notes(drawn)


def test_names_order_and_directions_are_the_experiments() -> None:
    drawn, shown = (
        draw("rate_accuracy@hevc", summary_of("default")),
        metrics(tables_of("bd_rate_intervals", summary_of("default"))),
    )
    assert [metric.title for metric in shown] == ["mIoU", "RMSE (px, ↓)", "PSNR (dB)"]
    for ax, metric in zip(drawn.axes, [*shown, *shown], strict=True):
        low, high = ax.get_ylim()
        assert ax.get_ylabel().split("\n")[-1] == metric.title and (low < high) == metric.higher_is_better
    legend = [text.get_text() for text in draw("rate_accuracy@hevc", summary_of("nine_methods")).legends[0].get_texts()]
    assert legend[4] == "low rank" and legend[8] == "remote inference"


def test_training_curves_pair_each_task_with_its_own_metric() -> None:
    drawn = draw("training_curves", summary_of("like_camvid"))
    columns = {ax.get_title(): drawn.axes[k + 6].get_ylabel() for k, ax in enumerate(drawn.axes[:3])}
    assert columns == {"segmentation": "mIoU", "reconstruction": "PSNR (dB)", "features": "strength λ"}


@pytest.mark.slow
def test_a_fourth_task_has_its_panels(tmp_path: Path) -> None:
    with fourth_task():
        folder = write_summary(tmp_path, synthetic_experiment(tasks=(*TASKS, "normals"), codecs=("hevc",)))
        for name in NAMES:
            drawn = draw(name, folder)
            if name == "rate_accuracy@hevc":
                assert drawn.axes[3].get_ylabel() == "angular error (°, ↓)"


def test_a_comparison_is_a_row_with_both_sides_and_outliers_stand_at_the_border(tmp_path: Path) -> None:
    folder = summary_of("three_methods")
    drawn = draw("bd_rate_intervals", folder)
    rows = [label.get_text().replace("\n", " ") for label in drawn.axes[0].get_yticklabels()]
    assert {"baseline + LAPLACE vs baseline + HEVC", "sparse + HEVC vs baseline + HEVC", "published"} < set(rows)
    assert len({ax.get_xlim() for ax in drawn.axes}) == 1 and len(set(rows)) == len(rows)
    far = changed(folder, tmp_path / "far", intervals={"bd_rate_percent": 300.0, "high_percent": 400.0})
    for name in ("bd_rate_intervals", "tradeoff@hevc"):
        drawn = draw(name, far)
        assert all(ax.get_xlim()[1] < 2 * HIGHEST for ax in drawn.axes)
        assert [text for text in notes(drawn) if text.startswith("+300.0 %")]


def test_bd_rates_stand_at_the_epochs_of_the_trainings(tmp_path: Path) -> None:
    folder = changed(summary_of("like_camvid"), tmp_path / "run")
    lengths = pd.read_csv(folder / "training_length.csv", keep_default_na=False).query("ladder == 'hevc'")
    lengths = lengths.assign(bd_rate_percent=-lengths["epochs"], low_percent=-20.0, high_percent=-1.0)
    write_csv(folder / "training_length.csv", pd.concat([lengths, lengths.assign(transform="klt", ladder="laplace")]))
    ax = draw("training_length@hevc", folder).axes[0]
    (line,) = (line for line in ax.lines if line.get_marker() == "o")
    assert np.asarray(line.get_xydata()).tolist() == [[4, -4], [12, -12]]
    (published,) = (line for line in ax.lines if line.get_label() == "published")
    assert np.asarray(published.get_ydata()).tolist() == pytest.approx([-20.6837] * 2)


@pytest.mark.parametrize("name", ["bd_rate_intervals", "tradeoff@hevc", "training_length@hevc"])
def test_without_an_interval_there_is_no_bar(name: str, tmp_path: Path) -> None:
    nothing = {"low_percent": float("nan"), "high_percent": float("nan")}
    tables = ("intervals", "seeds_intervals", "training_length", "published_intervals")
    folder = changed(summary_of("like_camvid"), tmp_path / "run", **dict.fromkeys(tables, nothing))
    bars = [bar for ax in draw(name, folder).axes for bars in ax.collections for bar in bars.get_paths()]
    ends = [np.asarray(bar.vertices) for bar in bars]
    assert not [points for points in ends if len(points) == 2 and np.isfinite(points).all()]


def test_published_bd_rates_are_those_of_the_table() -> None:
    shown = notes(draw("published", summary_of("default")))
    assert shown[:3] == ["−21.1 % (PCHIP)", "−20.7 % (authors' cubic)", "BD-rate"]


@pytest.mark.parametrize("name", NAMES)
def test_missing_files_are_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"(csv|npz|json): not found; (re)?run the stage that makes it"):
        draw(name, tmp_path)


def test_what_cannot_be_drawn_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no ladder 'jpegxl', found hevc.*take this figure out"):
        draw("rate_accuracy@jpegxl", summary_of("refused"))
    with pytest.raises(DataError, match=r"points.csv: not among the declared inputs \(epochs.csv\)"):
        Tables.of([tmp_path / "epochs.csv"]).csv("points.csv")
    (tmp_path / "pictures.npz").write_bytes(b"PK\x03\x04 not an archive")
    with pytest.raises(DataError, match=r"pictures.npz: no archive of arrays"):
        Tables.of([tmp_path / "pictures.npz"]).arrays("pictures.npz")


def test_nine_methods_differ_in_colour_mark_dash() -> None:
    styles = list(looks(f"method{i}" for i in range(30)).values())
    for trait in ("colour", "marker", "dash"):
        assert len({getattr(look, trait) for look in styles[:9]}) == 9
    assert len(set(styles)) == 30


def stage(name: str, summary: Path, folder: Path) -> tuple[bytes, bytes]:
    pdf, png = folder / f"{name}.pdf", folder / f"{name}.png"
    tables = [str(summary / needed) for needed in FIGURES.get(name).needs]
    call("draw", ["--figure", name, "--tables", *tables, "--pdf", str(pdf), "--png", str(png)])
    return pdf.read_bytes(), png.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rate_accuracy@hevc", "task_outputs", "bd_rate_intervals"])
def test_redrawing_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    first = stage(name, summary_of("two_seeds"), tmp_path / "first")
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        assert stage(name, summary_of("two_seeds"), tmp_path / "second") == first
    assert sorted(p.name for p in (tmp_path / "first").iterdir()) == [f"{name}.pdf", f"{name}.png"]
    assert b"CreationDate" not in first[0] and b"/Type3" not in first[0]
    with Image.open(tmp_path / "first" / f"{name}.png") as image:
        assert image.size[0] == 1400  # 7 inches at 200 dpi


def test_failing_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"epochs\.csv: not found"):
        stage("training_curves", tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
