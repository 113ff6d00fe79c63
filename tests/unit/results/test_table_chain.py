"""The chain of tables from scores and ledgers to BD-rates, intervals and claims, on numbers that can be checked by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from compfeat.arrays import write_arrays
from compfeat.cli.pipeline.gather import write
from compfeat.errors import DataError
from compfeat.experiment.config import Experiment, part_of
from compfeat.io import write_json
from compfeat.results.tables import TABLES, Inputs
from compfeat.transport.ledger import write_ledger
from tiny_results import CONFIG, in_order, published_inputs

N = 12
QUALITIES = ("lossless", "qp10", "qp20", "qp30", "qp40")
ERRORS = {"float": 1.0, "u8": 1.1, "lossless": 1.1, "qp10": 1.4, "qp20": 1.9, "qp30": 2.6, "qp40": 4.0}
"""Mean squared error of every image (px^2) by quality."""
BYTES = {"lossless": 4000, "qp10": 2000, "qp20": 1000, "qp30": 500, "qp40": 250}
"""Payload of every image by the first method; the second takes 0.8 times as much, the third sends images of twice the size."""
METHODS = {"plain": 1.0, "short": 0.8, "picture": 2.0}
EXPERIMENT = part_of(
    {
        "dataset": CONFIG["dataset"],
        "tasks": ["disparity"],
        "cuts": Experiment.of(CONFIG).model_dump()["cuts"],
        "methods": {
            name: {"training": "only", "sends": "image" if name == "picture" else "features"} for name in METHODS
        },
        "codecs": {"coder": {"codec": "hevc", "qualities": QUALITIES}},
        "ladders": {"one": {"codecs": ["coder"]}},
        "comparisons": [{"method": name, "against": "plain"} for name in ("short", "picture")],
        "bd_rate": {"frontier": True},
        "statistics": {"resamples": 40, "confidence": 0.95, "seed": 0},
        "claims": {
            "paper": {
                "text": "about 20 % fewer bits",
                "method": "short",
                "against": "plain",
                "published": True,
                "bd_rate_percent": -15,
                "float_loss": {"rmse": 1},
                "least_tasks": 1,
            }
        },
    }
)


def scores_of(qualities: tuple[str, ...], **changes: float) -> dict[str, Any]:
    """Return the arrays of a ``scores.npz``: every image has the same error."""
    arrays: dict[str, Any] = {"image_id": np.array([f"{i:06d}" for i in range(N)])}
    for quality in qualities:
        error = changes.get(quality, ERRORS[quality])
        for kind in ("", "_authors"):
            arrays |= {f"{quality}/disparity/sse{kind}": np.full(N, 10 * error)}
            arrays |= {f"{quality}/disparity/n{kind}": np.full(N, 10)}
    return arrays


@pytest.fixture
def inputs(tmp_path: Path) -> Callable[..., Inputs]:
    """Write what the stages leave of one cut and seed; return what a computation is given of it."""

    def write(**changes: float) -> Inputs:
        paths: dict[str, dict[str, Path]] = {"scores": {}, "ledgers": {}, "descriptions": {}, "table": {}}
        network = {"channels": 8, "feature_height": 5, "feature_width": 10, "input_height": 40, "input_width": 80}
        write_json(tmp_path / "network.json", network)
        paths["descriptions"]["c/only/seed0"] = tmp_path / "network.json"
        for method, factor in METHODS.items():
            run = f"c/{method}/seed0"
            uncoded = ("float",) if method == "picture" else ("float", "u8")
            for codec, qualities in (("none", uncoded), ("coder", QUALITIES)):
                path = tmp_path / f"{method}-{codec}.npz"
                write_arrays(path, scores_of(qualities, **(changes if method == "short" else {})))
                paths["scores"][f"{run}/{codec}"] = path
            ledgers = {}
            for quality in QUALITIES:
                payload = int(BYTES[quality] * factor)
                ledger = pd.DataFrame({"image_id": [f"{i:06d}" for i in range(N)], "payload_bytes": payload})
                side = np.zeros(N, int) if method == "picture" else 7 + 2 * (np.arange(N) % 2)
                ledgers[quality] = ledger.assign(header_bytes=int(20 * factor), side_info_bytes=side)
            write_ledger(tmp_path / f"{method}.csv", ledgers)
            paths["ledgers"][f"{run}/coder"] = tmp_path / f"{method}.csv"
        return Inputs(EXPERIMENT, paths)

    return write


def tables(inputs: Inputs, folder: Path, *names: str) -> list[pd.DataFrame]:
    """Make tables and those that they are made from; return those that are named."""
    paths = {kind: dict(files) for kind, files in inputs.paths.items()} | {"table": {}}
    made: dict[str, Any] = {}
    for spec in in_order(names):
        made[spec.name] = spec.make(Inputs(inputs.experiment, paths))
        paths["table"][spec.file] = folder / spec.file
        write(folder / spec.file, made[spec.name])
    return [made[name] for name in names]


def test_points_are_what_ledgers_and_scores_add_up_to(inputs: Callable[..., Inputs], tmp_path: Path) -> None:
    points, per_image = tables(inputs(), tmp_path, "points", "per_image")
    cells = points.set_index(["method", "codec", "quality"]).to_dict("index")
    point = cells[("plain", "coder", "qp20")]
    assert (point["n_images"], point["total_bytes"], point["bytes_per_image"]) == (N, N * 1028, 1028)
    assert point["rate_bpe"] == pytest.approx(8 * 1028 / 400)
    assert point["rate_bpe_authors"] == pytest.approx(8 * 1020 / 400)
    assert point["rate_bpp"] == pytest.approx(8 * 1028 / 3200)
    assert point["rmse"] == pytest.approx(1.9**0.5)
    assert np.isnan(cells[("picture", "coder", "qp20")]["rate_bpe"])
    assert pd.isna(cells[("plain", "none", "float")]["total_bytes"])
    assert per_image["image_id"].iloc[3] == "000003" and len(per_image) == N * (7 + 7 + 6)
    assert {"sse_disparity", "n_authors_disparity"} <= set(per_image)


def test_a_lossless_point_that_changed_something_is_found(inputs: Callable[..., Inputs]) -> None:
    with pytest.raises(
        DataError, match=r"c/short/seed0/coder/lossless: rmse is .* as at none/u8, because a lossless codec"
    ):
        TABLES.get("points").make(inputs(lossless=1.2))


def test_a_run_without_its_scores_is_found(inputs: Callable[..., Inputs], tmp_path: Path) -> None:
    given = inputs()
    write_arrays(
        given.paths["scores"]["c/short/seed0/coder"], scores_of(QUALITIES) | {"qp20/disparity/sse": np.ones(2)}
    )
    with pytest.raises(DataError, match=r"short-coder\.npz: lacks scores of disparity at qp20 for 12 images"):
        TABLES.get("points").make(given)


def test_bd_rates_of_all_comparisons(inputs: Callable[..., Inputs], tmp_path: Path) -> None:
    bd_rates, headline, details = tables(inputs(), tmp_path, "bd_rate", "headline", "bd_details")
    rates = bd_rates.set_index(["method", "fit", "rate"])["bd_rate_percent"]
    assert rates[("short", "pchip", "payload")] == pytest.approx(-20)
    assert -20 < rates[("short", "pchip", "total")] < -18  # 8 bytes of side information do not shrink
    assert rates[("picture", "pchip", "payload")] == pytest.approx(100)
    headline = headline.set_index("method")
    assert headline.loc["short", "float_difference"] == 0 and headline.loc["short", "float_metric"] == "rmse"
    details = details.set_index("method")
    assert str(details.loc["picture", "verdict_at_1_percent_loss"]).endswith("test: has no rate per feature element")


def test_intervals_and_claims(inputs: Callable[..., Inputs], tmp_path: Path) -> None:
    given = inputs()
    given.paths["published"] = published_inputs().of("published")  # type: ignore[index]
    intervals, claims = tables(given, tmp_path, "intervals", "claims")
    row = intervals.set_index("method").loc["short"]
    # Images differ in their side information alone, and little.
    assert row["low_percent"] <= row["bd_rate_percent"] <= row["high_percent"] < row["low_percent"] + 0.1
    own = claims[claims["source"] == "this run"].set_index("claim")
    assert own.loc["fewer_bits", "verdict"] == "supported" and own.loc["no_loss", "verdict"] == "supported"
    assert set(claims["method"]) == {"short", "compressible"}
    published = claims[claims["source"] == "published"]
    assert len(published[published["claim"] == "fewer_bits"]) == 6
