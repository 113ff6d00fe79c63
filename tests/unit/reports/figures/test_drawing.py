from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.figure import Figure
from matplotlib.text import Text

from compfeat.errors import ConfigError, DataError
from compfeat.experiment.runs import Comparison
from compfeat.io import write_text
from compfeat.reports.figures.base import FIGURES
from compfeat.reports.figures.curves import rate_of
from compfeat.reports.figures.plugins.bd_rate_intervals import COLUMNS
from compfeat.reports.figures.plugins.rate_accuracy import bd_text
from compfeat.reports.figures.style import grouped, theme
from compfeat.reports.looks import looks
from compfeat.reports.summary import Tables, ladders, metrics
from documents import fourth_task
from helpers import PROJECT
from synthetic_summary import Variant, experiment, with_methods, write_summary

NAMES = [f"{name}@hevc" if FIGURES.by_ladder(name) else name for name in FIGURES.names()]
ACROSS = Comparison("compressible", "baseline", "prior", "hevc")
FOUR = ("segmentation", "disparity", "reconstruction", "normals")
VARIANTS = {
    "one_method": Variant(methods=("sparse",), cuts=("c256",), tasks=("segmentation",), codecs=("hevc",), epochs=1),
    "two_seeds": Variant(seeds=(0, 1)),
    "refused": Variant(flat=True, cuts=("c512",), tasks=("segmentation", "reconstruction")),
    "fourth_task": with_methods(3, cuts=("c256",), tasks=FOUR, codecs=("hevc", "prior"), across=(ACROSS,)),
    "nine_methods": with_methods(9),
    "image_sender": Variant(methods=("baseline", "remote"), cuts=("c256",)),
}
OF_PUBLISHED = {"published", "published_image_sizes"}
"""Figures of the authors' numbers: the same in every variant with their tasks."""


@pytest.fixture(autouse=True)
def normals() -> Iterator[None]:
    with fourth_task():
        yield


@pytest.fixture(scope="module")
def summaries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: write_summary(tmp_path_factory.mktemp(name), variant) for name, variant in VARIANTS.items()}


def side_titles(ax: Any) -> tuple[Any, Any]:
    """Return the titles at both sides of a panel, which matplotlib has no public name for."""
    return ax._left_title, ax._right_title


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
            yield from (ax.title, *side_titles(ax), ax.xaxis.label, ax.yaxis.label)


def titles(drawn: Figure) -> list[str]:
    return [text for ax in drawn.axes for loc in ("left", "center", "right") if (text := ax.get_title(loc=loc))]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_figure_of_every_run_fits_its_page(name: str, variant: str, summaries: dict[str, Path]) -> None:
    if name in OF_PUBLISHED and variant != "two_seeds":
        pytest.skip("the same figure in every run")
    drawn = draw(name, summaries[variant])
    assert drawn.get_axes() and drawn.get_figwidth() <= 7.0 and drawn.get_figheight() <= 9.0
    box = drawn.bbox.padded(1.0)
    for text in texts(drawn):
        extent = text.get_window_extent()
        inside = box.contains(extent.x0, extent.y0) and box.contains(extent.x1, extent.y1)
        assert inside or not text.get_text(), text.get_text()


@pytest.mark.parametrize("width", [16, 64, 400])
@pytest.mark.parametrize("methods", [1, 2, 3])
def test_titles_of_wide_tiles_are_not_cut_off(
    width: int, methods: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synthetic_summary.TILES", {"c512": (16, width)})
    folder = write_summary(tmp_path, with_methods(methods, cuts=("c512",), tasks=("segmentation",)))
    drawn = draw("tiled_features", folder)
    for ax in drawn.axes:
        extent = side_titles(ax)[0].get_window_extent()
        assert extent.y1 <= drawn.bbox.y1 and extent.x1 <= drawn.bbox.x1 and extent.y0 >= ax.bbox.y1 - 1


def test_the_config_names_figures_that_are_there() -> None:
    for name in yaml.safe_load((PROJECT / "config/config.yaml").read_text())["figures"]:
        assert FIGURES.get(name).name == name
    for name in NAMES:
        spec = FIGURES.get(name)
        assert (
            spec.name == name
            and spec.needs
            and spec.category
            and spec.caption.endswith(".")
            and "{" not in spec.caption
        )


def test_names_of_ladders() -> None:
    assert (
        FIGURES.get("rate_accuracy@hevc").ladder == "hevc"
        and "ladder hevc" in FIGURES.get("rate_accuracy@hevc").caption
    )
    for wrong, expected in (("rate_accuracy", "rate_accuracy@LADDER"), ("training_curves@hevc", "no single ladder")):
        with pytest.raises(ConfigError, match=f"figure '{wrong}' is unknown; expected .*{expected}"):
            FIGURES.get(wrong)
    with pytest.raises(ConfigError, match="figure 'pie' is unknown"):
        FIGURES.get("pie@hevc")


def test_a_ladder_that_is_not_configured_is_reported(summaries: dict[str, Path]) -> None:
    with pytest.raises(DataError, match=r"no ladder 'jpegxl', found published, hevc.*take this figure out"):
        draw("rate_accuracy@jpegxl", summaries["refused"])


def test_bd_rates_stand_above_the_curves(summaries: dict[str, Path]) -> None:
    assert titles(draw("rate_accuracy@hevc", summaries["refused"])) == ["BD-rate refused"] * 2
    assert "BD-rate −21.2 % (−22.0 to −20.5)" in titles(draw("rate_accuracy@hevc", summaries["two_seeds"]))[0].replace(
        "\n", " "
    )
    across = " ".join(titles(draw("rate_accuracy@prior", summaries["fourth_task"]))).replace("\u00a0", " ")
    assert "■ vs ●" in across and "■ vs ○ −22.0 %" in across


def test_bd_text() -> None:
    row = {"n_ok": 1, "n_seeds": 1, "bd_rate_percent": -12.34, "bd_rate_min_percent": -14, "bd_rate_max_percent": -10}
    assert bd_text(row) == "−12.3 %" and bd_text(row | {"n_ok": 0}) == "refused"
    assert bd_text(row | {"n_ok": 2, "n_seeds": 3}) == "−12.3 % (−14.0 to −10.0; 2 of 3 seeds)"
    assert bd_text(row | {"n_ok": 2, "n_seeds": 3}, brief=True) == "−12.3 %"


def test_many_methods_stand_in_several_rows(summaries: dict[str, Path]) -> None:
    drawn = draw("rate_accuracy@hevc", summaries["nine_methods"])
    assert len(drawn.axes) == 8 * 3  # two cuts, four groups of the anchor and two others
    for ax in drawn.axes:
        full = {line.get_color() for line in ax.lines if line.get_marker() not in ("", "None")}
        assert len(full) == 3 and looks(["baseline"])["baseline"].colour in full


def test_groups() -> None:
    assert grouped(["a"], ["b", "c"]) == [["a", "b", "c"]]
    assert grouped(["a"], list("bcdef")) == [["a", "b"], ["a", "c", "d"], ["a", "e", "f"]]
    assert max(map(len, grouped([], list("abcdefghi"), rows=3))) == 3
    assert len(grouped(["a"], list("bcdefghi"), rows=4)) * 4 <= 9


def test_rate_is_in_bytes_where_an_image_is_sent(summaries: dict[str, Path]) -> None:
    for variant, column in (("image_sender", "bytes_per_image"), ("two_seeds", "rate_bpe")):
        points = Tables.of([summaries[variant] / "points.csv"]).csv("points.csv")
        assert rate_of(points[points["codec"] == "hevc"])[0] == column


def test_a_decoded_image_has_a_line_of_its_own_that_does_not_squeeze_the_others(summaries: dict[str, Path]) -> None:
    drawn = draw("rate_accuracy@hevc", summaries["image_sender"])
    legend = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert legend.count("remote inference: the decoded image itself") == 1
    plain = {ax.get_ylabel().split("\n")[-1]: len(ax.lines) for ax in drawn.axes}
    assert plain["PSNR (dB)"] == plain["mIoU"] + 1
    legend = [text.get_text() for text in draw("rate_accuracy@hevc", summaries["two_seeds"]).legends[0].get_texts()]
    assert not [label for label in legend if "decoded" in label]


def test_names_and_order_are_the_tables(summaries: dict[str, Path]) -> None:
    tables = Tables.of([summaries["fourth_task"] / "experiment.json"])
    assert [metric.title for metric in metrics(tables)] == ["mIoU", "RMSE (px, ↓)", "PSNR (dB)", "angular error (°, ↓)"]
    assert [ladder.label for ladder in ladders(tables).values()] == ["HEVC", "PRIOR"]
    drawn = draw("rate_accuracy@hevc", summaries["fourth_task"])
    assert [ax.get_ylabel().split("\n")[-1] for ax in drawn.axes] == [metric.title for metric in metrics(tables)]
    for ax, metric in zip(drawn.axes, metrics(tables), strict=True):
        low, high = ax.get_ylim()
        assert (low < high) == metric.higher_is_better
    legend = [text.get_text() for text in draw("rate_accuracy@hevc", summaries["nine_methods"]).legends[0].get_texts()]
    assert legend[4] == "low rank" and legend[8] == "remote inference"


def test_training_curves_pair_each_task_with_its_own_metric(tmp_path: Path) -> None:
    folder = write_summary(tmp_path, Variant(tasks=("reconstruction", "segmentation"), cuts=("c256",)))
    drawn = draw("training_curves", folder)
    columns = {ax.get_title(): drawn.axes[k + 6].get_ylabel() for k, ax in enumerate(drawn.axes[:3])}
    assert columns == {"reconstruction": "PSNR (dB)", "segmentation": "mIoU", "features": "strength λ"}


def test_bd_rates_stand_at_the_epochs_of_the_trainings(tmp_path: Path) -> None:
    cells = [(4, "", -3), (12, "", -9), (12, "klt", -40)]
    rows = [("c256", 0, "new", "base", "hevc", "hevc", "miou", x, x - 1, x + 2, t, n) for n, t, x in cells]
    rows.append(("c256", 0, "new", "base", "laplace", "hevc", "miou", -99, -99, -99, "klt", 4))
    written = {
        "training_length.csv": pd.DataFrame(rows, columns=[*COLUMNS, "transform", "epochs"]),
        "published_intervals.csv": pd.DataFrame(
            [("c256", "miou", -20.7), ("c512", "miou", -7.8)], columns=["cut", "metric", "bd_rate_percent"]
        ),
    }
    write_text(tmp_path / "experiment.json", json.dumps(experiment(Variant(tasks=("segmentation",)))))
    for name, table in written.items():
        table.to_csv(tmp_path / name, index=False)
    ax = draw("training_length@hevc", tmp_path).axes[0]
    bars: list[Any] = list(ax.containers)
    lines = {bar.get_label(): bar.lines[0].get_xydata().tolist() for bar in bars}
    assert lines == {"no transform": [[4, -3], [12, -9]], "klt": [[12, -40]]}
    assert [line.get_ydata() for line in ax.lines if line.get_label() == "published"] == [[-20.7, -20.7]]
    ends = bars[0].lines[2][0].get_segments()
    assert [segment[:, 1].tolist() for segment in ends] == [[-4, -1], [-10, -7]]


@pytest.mark.parametrize("name", ["bd_rate_intervals", "tradeoff@hevc", "training_length@hevc"])
def test_without_an_interval_there_is_no_bar(name: str, tmp_path: Path) -> None:
    folder = write_summary(tmp_path, Variant(cuts=("c256",)))
    for path in folder.glob("*.csv"):
        table = pd.read_csv(path)
        if "low_percent" in table:
            table.assign(low_percent=float("nan"), high_percent=float("nan")).to_csv(path, index=False)
    bars: list[Any] = [bar for ax in draw(name, folder).axes for bar in ax.containers]
    assert any(len(bar.lines[0].get_xdata()) for bar in bars)
    ends = [end for bar in bars for lines in bar.lines[2] for end in lines.get_segments()]
    caps = [cap.get_xydata() for bar in bars for cap in bar.lines[1]]
    assert not [points for points in (*ends, *caps) if len(points) and np.isfinite(points).all()]


def test_published_bd_rates_are_those_of_the_table(summaries: dict[str, Path]) -> None:
    assert "BD-rate −20.7 % (authors' cubic)\n−21.1 % (PCHIP)" in titles(draw("published", summaries["two_seeds"]))


@pytest.mark.parametrize("name", NAMES)
def test_missing_files_are_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"(csv|npz|json): not found; run the stage that makes it"):
        draw(name, tmp_path)


def test_undeclared_files_are_not_read(summaries: dict[str, Path]) -> None:
    with pytest.raises(DataError, match=r"points.csv: not among the declared inputs \(epochs.csv\)"):
        Tables.of([summaries["refused"] / "epochs.csv"]).csv("points.csv")


def test_damaged_archive_is_reported(tmp_path: Path) -> None:
    (tmp_path / "pictures.npz").write_bytes(b"PK\x03\x04 not an archive")
    with pytest.raises(DataError, match=r"pictures.npz: no archive of arrays"):
        Tables.of([tmp_path / "pictures.npz"]).arrays("pictures.npz")


def test_nine_methods_differ_in_colour_mark_dash() -> None:
    names = [f"method{i}" for i in range(30)]
    styles = list(looks(names).values())
    for trait in ("colour", "marker", "dash"):
        assert len({getattr(look, trait) for look in styles[:9]}) == 9
    assert len(set(styles)) == 30


def test_declaring_figures_loads_no_plotting_library() -> None:
    code = (
        "import sys; from compfeat.reports.figures.base import FIGURES;"
        "[FIGURES.get(n + '@x' * FIGURES.by_ladder(n)).needs for n in FIGURES.names()];"
        "print(sorted({'matplotlib', 'seaborn', 'scipy', 'torch'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert shown.strip() == "[]"
