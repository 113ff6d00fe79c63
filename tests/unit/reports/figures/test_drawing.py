from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml
from matplotlib.figure import Figure

from compfeat.errors import ConfigError, DataError
from compfeat.figures import FIGURES, Tables
from compfeat.figures._curves import bd_text
from compfeat.figures._style import looks, theme
from helpers import PROJECT
from synthetic_summary import Variant, write_summary

NAMES = FIGURES.names()
VARIANTS = {
    "two_seeds": Variant(seeds=(0, 1)),
    "camvid_like": Variant(cuts=("c256",), tasks=("segmentation", "reconstruction"), epochs=1),
    "refused": Variant(flat=True, cuts=("c512",)),
    "three_losses": Variant(losses=("baseline", "compressible", "sparse"), cuts=("c256",)),
    "baseline_alone": Variant(losses=("baseline",), cuts=("c256",), tasks=("segmentation",)),
}
OF_PUBLISHED = {"published", "published_image_sizes"}
"""Figures of the authors' numbers: the same in every variant."""
NOT_IN = {"rate_accuracy_published_ladder": {"camvid_like", "three_losses"}}
"""Variants that would draw nothing new: this figure shares its code with rate_accuracy."""


@pytest.fixture(scope="module")
def summaries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: write_summary(tmp_path_factory.mktemp(name), variant) for name, variant in VARIANTS.items()}


def _draw(name: str, folder: Path, laid_out: bool = False) -> Figure:
    spec = FIGURES.get(name)
    with theme():
        drawn = spec.draw(spec.tables(folder))
        if laid_out:
            drawn.draw_without_rendering()
    return drawn


def _texts(drawn: Figure) -> list[str]:
    return [text for ax in drawn.axes for loc in ("left", "center", "right") if (text := ax.get_title(loc=loc))]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_draws_every_variant(name: str, variant: str, summaries: dict[str, Path]) -> None:
    if (name in OF_PUBLISHED and variant != "two_seeds") or variant in NOT_IN.get(name, ()):
        pytest.skip("draws nothing new")
    drawn = _draw(name, summaries[variant], laid_out=variant == "two_seeds")
    assert drawn.get_axes() and drawn.get_figwidth() <= 7.0 and drawn.get_figheight() <= 9.0


def test_registry_and_schema_name_the_same_figures() -> None:
    schema = yaml.safe_load((PROJECT / "workflow/schemas/config.schema.yaml").read_text())
    assert sorted(schema["properties"]["figures"]["items"]["enum"]) == NAMES
    assert sorted(yaml.safe_load((PROJECT / "config/config.yaml").read_text())["figures"]) == NAMES
    for name in NAMES:
        spec = FIGURES.get(name)
        assert spec.name == name and spec.needs and spec.category and spec.caption.endswith(".")


def test_bd_rates_are_written_above_the_curves(summaries: dict[str, Path]) -> None:
    refused = _texts(_draw("rate_accuracy", summaries["refused"]))
    assert refused.count("BD-rate refused") == 3 and "cut c512" in refused
    two = _texts(_draw("rate_accuracy", summaries["two_seeds"]))
    assert sum("2 of 2 seeds" in text for text in two) == 6
    three = "\n".join(_texts(_draw("rate_accuracy", summaries["three_losses"])))
    assert "BD-rate compressible −" in three and "BD-rate sparse −" in three


def test_published_bd_rates_are_those_of_the_table(summaries: dict[str, Path]) -> None:
    texts = _texts(_draw("published", summaries["refused"]))
    assert "BD-rate −20.7 % (authors' cubic)\n−21.1 % (PCHIP)" in texts


def test_missing_tasks_leave_no_panels(summaries: dict[str, Path]) -> None:
    drawn = _draw("rate_accuracy", summaries["camvid_like"])
    assert [ax.get_ylabel() for ax in drawn.axes] == ["mIoU (%)", "PSNR (dB)"]


def test_lower_is_better_points_down(summaries: dict[str, Path]) -> None:
    rmse = next(ax for ax in _draw("rate_accuracy", summaries["refused"]).axes if "RMSE" in ax.get_ylabel())
    low, high = rmse.get_ylim()
    assert low > high


def test_a_ladder_that_is_not_configured_is_told(summaries: dict[str, Path], tmp_path: Path) -> None:
    for name in ("points.csv", "bd_rate.csv"):
        (tmp_path / name).write_bytes((summaries["refused"] / name).read_bytes())
    (tmp_path / "ladders.csv").write_text("ladder,codec\npublished,png\n")
    with pytest.raises(DataError, match=r"no points on a ladder 'hevc', found published.*take this figure out"):
        _draw("rate_accuracy", tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_missing_files_are_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"(csv|npz): not found; run the stage that makes it"):
        _draw(name, tmp_path)


def test_undeclared_files_are_not_read(summaries: dict[str, Path]) -> None:
    with pytest.raises(DataError, match=r"points.csv: not among the figure's needs \(epochs.csv\)"):
        Tables(summaries["refused"], ("epochs.csv",)).csv("points.csv")


def test_damaged_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "showcase.npz").write_bytes(b"PK\x03\x04 not an archive")
    with pytest.raises(DataError, match=r"showcase.npz: no archive of arrays"):
        Tables(tmp_path, ("showcase.npz",)).arrays("showcase.npz")


def test_unknown_figure() -> None:
    with pytest.raises(ConfigError, match="figure 'pie' is unknown"):
        FIGURES.get("pie")


def test_looks_differ_in_more_than_colour() -> None:
    styles = looks(["sparse", "baseline", "compressible"])
    assert list(styles) == ["baseline", "compressible", "sparse"]
    for trait in ("color", "marker", "linestyle"):
        assert len({str(getattr(look, trait)) for look in styles.values()}) == 3
    assert looks(["compressible"])["compressible"] == styles["compressible"]


def test_bd_text() -> None:
    assert bd_text(pd.Series([float("nan")])) == "refused"
    assert bd_text(pd.Series([-12.34])) == "−12.3 %"
    assert bd_text(pd.Series([-10.0, float("nan"), 4.0])) == "−3.0 % (2 of 3 seeds)\n−10.0 to +4.0"
