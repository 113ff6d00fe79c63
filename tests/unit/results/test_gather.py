"""The stage gather and what is true of every table, whoever adds one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from compfeat.__main__ import call
from compfeat.arrays import read_arrays, write_arrays
from compfeat.errors import ConfigError, DataError
from compfeat.experiment.config import Experiment, part_of
from compfeat.io import write_csv, write_json
from compfeat.results.inputs import Inputs, Kind
from compfeat.results.resolved import SECTIONS, Resolved
from compfeat.results.tables.base import TABLES, TableSpec, all_tables
from compfeat.tasks.base import metrics_of
from compfeat.transport.ledger import read_ledger, write_ledger
from tiny_results import FOLDED, OLD, REMOTE

COLUMNS = {
    "points.csv": "dataset,cut,method,seed,codec,quality,n_images,total_bytes,payload_bytes,header_bytes,side_info_bytes,"
    "rate_bpe,rate_bpe_authors,rate_bpp,bytes_per_image,miou,miou_calibrated,rmse,rmse_authors,psnr_db",
    "per_image.csv": "cut,method,seed,codec,quality,image_id,payload_bytes,header_bytes,side_info_bytes,"
    "n_disparity,n_authors_disparity,sse_disparity,sse_authors_disparity,n_reconstruction,sse_reconstruction",
    "crossovers.csv": "cut,split,remote,seed,ladder,remote_ladder,metric,remote_metric,crossing,crossing_bytes,crossing_value,"
    "better_below,better_above,from_bytes,to_bytes,verdict",
    "epochs.csv": "cut,training,seed,epoch,total",
    "bd_rate.csv": "cut,method,against,seed,ladder,against_ladder,metric,fit,rate,bd_rate_percent,"
    "equal_loss_percent,overlap,monotone,n_anchor,n_test,dropped,verdict,verdict_equal_loss",
    "headline.csv": "cut,method,against,ladder,against_ladder,metric,bd_rate_percent,bd_rate_min_percent,"
    "bd_rate_max_percent,equal_loss_percent,payload_percent,at_1_rate_change_percent,at_1_low_percent,at_1_high_percent,"
    "at_5_rate_change_percent,at_5_low_percent,at_5_high_percent,n_seeds,n_ok,verdict,"
    "float_metric,float_anchor,float_test,float_difference",
    "intervals.csv": "cut,method,against,seed,ladder,against_ladder,metric,fit,rate,bd_rate_percent,low_percent,"
    "high_percent,confidence,n_resamples,n_refused,verdict,equal_loss_percent,equal_loss_low_percent,"
    "equal_loss_high_percent,verdict_equal_loss",
    "operating_points.csv": "cut,method,seed,ladder,metric,uncoded,loss,loss_unit,bytes_per_image,rate_bpe,verdict",
    "operating_savings.csv": "cut,method,against,seed,ladder,against_ladder,metric,loss_percent,rate_change_percent,"
    "low_percent,high_percent,confidence,n_resamples,n_refused,verdict",
    "seed_noise.csv": "cut,method,ladder,metric,n_seeds,n_pairs,bd_rate_mean_percent,bd_rate_std_percent,"
    "bd_rate_max_percent,equal_loss_mean_percent,equal_loss_std_percent,equal_loss_max_percent",
    "float_intervals.csv": "cut,method,against,seed,metric,difference,low,high,confidence,n_resamples",
    "point_intervals.csv": "cut,method,seed,codec,quality,metric,value,low,high,confidence,n_resamples",
    "claims.csv": "group,claim,text,source,cut,method,against,seed,ladder,against_ladder,metric,"
    "statistic,value,low,high,unit,rule,verdict,reason",
    "feature_statistics.csv": "cut,method,seed,statistic,x,value",
}
"""What other packages and users read; the tables of a run of three tasks in this order of tasks."""


def contents(run: Any) -> dict[str, bytes]:
    return {str(path.relative_to(run.folder)): path.read_bytes() for path in run.table("").rglob("*") if path.is_file()}


@pytest.mark.parametrize("spec", all_tables(), ids=TABLES.names())
def test_a_table_declares_what_it_is_made_of(spec: TableSpec) -> None:
    assert spec.name in TABLES.names() and spec.file.removeprefix(spec.name) in (".csv", ".npz", ".json")
    assert set(spec.tables) <= {other.file for other in all_tables()} - {spec.file}, "another table"
    assert set(spec.uses) <= set(Experiment.model_fields) and set(spec.needs) <= set(get_args(Kind))
    assert bool(spec.title) == bool(spec.caption)


def test_a_section_that_is_not_declared_cannot_be_read(run: Any) -> None:
    part = part_of(run.experiment.model_dump(mode="json", include={"tasks", "bd_rate"}))
    assert part.tasks == run.experiment.tasks and part.bd_rate == run.experiment.bd_rate
    for name in ("methods", "claims", "keep_features"):
        with pytest.raises(ConfigError, match=f"section '{name}' of the experiment is read, but not given"):
            getattr(part, name)
    with pytest.raises(ConfigError, match="section 'comparisons'"):
        TABLES.get("bd_rate").make(Inputs(part, {"table": {"points.csv": run.gather("points")["points.csv"]}}))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("{", "--settings: not JSON"),
        ("[]", "expected sections by name"),
        ('{"task": []}', "key 'task' is unknown"),
        ('{"statistics": {"resamples": 0, "confidence": 0.9, "seed": 0}}', "statistics.resamples"),
    ],
)
def test_settings_that_are_no_sections(run: Any, settings: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        call("gather", ["--settings", settings, "--output", str(run.table("epochs.csv"))])


@pytest.mark.slow
def test_all_tables_have_their_columns_and_repeat_in_any_order_of_files(run: Any) -> None:
    run.gather()
    for name, columns in COLUMNS.items():
        assert ",".join(run.read(name)) == columns, name
    first = contents(run)
    run.inputs = {kind: dict(reversed(files.items())) for kind, files in run.inputs.items()}
    run.gather()
    assert contents(run) == first


@pytest.mark.parametrize(
    "kind", ["scores", "ledgers", "epochs", "descriptions", "features", "pictures", "scenes", "published"]
)
def test_a_missing_file_is_named(run: Any, kind: str) -> None:
    name, path = next(iter(run.inputs[kind].items()))
    run.inputs[kind][name] = path.with_name("lost.csv")
    readers = [spec for spec in map(TABLES.get, TABLES.names()) if kind in spec.needs and not spec.tables]
    assert readers
    for spec in readers:
        with pytest.raises(DataError, match=r"lost\.csv"):
            call("gather", run.argv(spec))


@pytest.mark.parametrize("text", ["=x", "scores=x", "scores:c512/old/seed0/a"])
def test_inputs_of_another_form(run: Any, text: str) -> None:
    argv = run.argv(TABLES.get("points"))
    argv[argv.index("--inputs") + 1] = text
    with pytest.raises(ConfigError, match="expected KIND:ID=PATH"):
        call("gather", argv)


def test_outputs_that_are_not_the_table(run: Any) -> None:
    for name, expected in (("points.json", "expected points.csv"), ("pints.csv", "table 'pints' is unknown")):
        with pytest.raises(ConfigError, match=expected):
            call("gather", ["--settings", "{}", "--output", str(run.table(name))])


def test_columns_of_the_run_in_the_epochs_are_refused(run: Any) -> None:
    write_csv(run.inputs["epochs"]["c512/train_old/seed0"], pd.DataFrame({"epoch": [1], "training": [2.0]}))
    with pytest.raises(DataError, match="column 'training' would clash"):
        run.gather("epochs")


SCORES = "c512/old/seed0/a"


@pytest.mark.parametrize(
    ("kind", "name", "change", "message"),
    [
        ("scores", SCORES, {"qp10/disparity/n": np.ones(2)}, r"npz: lacks scores of disparity at qp10 for 3 images"),
        ("scores", SCORES, {"image_id": None}, "scores.npz: lacks image_id"),
        ("scores", SCORES, {"image_id": np.array([])}, "scores.npz: no images; expected at least one"),
        (
            *("scores", "c512/old/seed0/none", {"image_id": np.array(["009", "008", "007"])}),
            "3 images, those of the first run 3, or their ids or order differ",
        ),
        ("descriptions", "c512/train_old/seed0", {"channels": 4}, "lacks key 'feature_height'"),
        (
            "ledgers",
            SCORES,
            slice(0, 1),
            r"ledger\.csv: 1 images at qp10, the scores have 3, or their ids or order differ",
        ),
        ("ledgers", SCORES, slice(None, None, -1), r"ledger\.csv: 3 images at qp10, the scores have 3, or their ids"),
        ("scores", SCORES, b"nonsense", "no archive of arrays"),
    ],
)
@pytest.mark.parametrize("table", ["points", "per_image", "resamples"])
def test_damaged_files_and_those_of_other_images_are_named(
    run: Any, table: str, kind: str, name: str, change: Any, message: str
) -> None:
    path = run.inputs[kind][name]
    if isinstance(change, bytes):
        path.write_bytes(change)
    elif kind == "scores":
        write_arrays(path, {key: own for key, own in (read_arrays(path) | change).items() if own is not None})
    elif kind == "descriptions":
        write_json(path, change)
    else:
        ledgers = read_ledger(path)
        write_ledger(path, ledgers | {"qp10": ledgers["qp10"][change]})
    with pytest.raises(DataError, match=message):
        run.gather(table)


def test_the_experiment_says_how_things_are_shown(run: Any) -> None:
    path = run.gather("experiment")["experiment.json"]
    values = json.loads(path.read_text())
    assert set(values) == {*SECTIONS, "resolved"} and list(values["methods"]) == ["old", "new"]
    resolved = Resolved.read(values, "experiment.json")
    assert [resolved.experiment.label(name) for name in resolved.experiment.methods] == ["Old", "New"]
    assert list(resolved.comparisons) == run.experiment.resolved_comparisons()
    lossless = [point for point, is_lossless in resolved.lossless.items() if is_lossless]
    assert lossless == [("a", "lossless"), ("b", "lossless")]
    assert resolved.metrics == tuple(metrics_of(run.experiment.tasks))
    with pytest.raises(DataError, match=r"x\.json: not the experiment of this run"):
        Resolved.read({name: section for name, section in values.items() if name != "resolved"}, "x.json")


def test_a_method_that_sends_the_image_compares_in_bytes_an_image(tiny_run: Callable[..., Any]) -> None:
    pairs = [("remote", "old", "on_a", "on_a"), ("folded", "remote", "on_a", "on_b")]
    run = tiny_run([OLD, FOLDED, REMOTE], pairs, claims=None)
    run.gather()
    points = run.read("points.csv")
    remote = points[(points["method"] == "remote") & (points["codec"] == "a")]
    assert remote[["rate_bpe", "rate_bpe_authors"]].isna().all(axis=None) and remote["rate_bpp"].notna().all()
    headline = run.read("headline.csv").set_index(["method", "against", "ladder", "against_ladder", "metric"])
    assert 85 < headline["bd_rate_percent"]["remote", "old", "on_a", "on_a", "miou"] < 100, (
        "twice the payload, equal headers"
    )
    assert headline["bd_rate_percent"]["folded", "remote", "on_a", "on_b", "psnr_db"] < -75
    assert len(run.read("claims.csv")) == 0
    statistics = run.read("feature_statistics.csv")
    assert statistics["method"].unique().tolist() == ["old"], "one row of what the network gives, none of transforms"


def test_fewer_tasks_make_fewer_rows(tiny_run: Callable[..., Any]) -> None:
    run = tiny_run(tasks=("reconstruction",))
    run.gather()
    assert run.read("points.csv").columns.tolist()[-2:] == ["bytes_per_image", "psnr_db"]
    assert set(run.read("bd_rate.csv")["metric"]) == {"psnr_db"}
    assert set(run.read("claims.csv").query("source == 'this run'")["claim"]) == {"fewer_bits", "several_tasks"}


def test_tables_are_made_without_heavy_imports() -> None:
    heavy = ("torch", "matplotlib", "seaborn", "scipy", "bjontegaard", "imageio_ffmpeg")
    code = "import sys; from compfeat.results.tables.base import all_tables; import compfeat.cli.pipeline.gather; "
    code += f"all_tables(); print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"


def test_a_record_of_several_seeds_is_shown_where_it_is_about_the_same(
    tiny_run: Callable[..., Any], tmp_path: Path
) -> None:
    run = tiny_run(seeds=(0, 1, 2))
    run.gather("seeds_intervals", "claims")
    assert len(run.read("seeds_intervals.csv")) == 0, "no record"
    recorded = tmp_path / "recorded"
    intervals, claims = run.read("intervals.csv"), run.read("claims.csv")
    other = intervals.assign(method="third")
    write_csv(recorded / "intervals.csv", pd.concat([intervals, other, intervals.assign(cut="c128")]))
    write_csv(recorded / "claims.csv", pd.concat([claims, claims.assign(method="third"), claims.assign(cut="c128")]))
    run.inputs["seeds_record"] = {name: recorded / f"{name}.csv" for name in ("intervals", "claims")}
    run.gather("seeds_intervals", "claims")
    pd.testing.assert_frame_equal(run.read("seeds_intervals.csv"), intervals)
    found = run.read("claims.csv").query("source == 'recorded seeds'")
    expected = claims.query("source == 'this run' and seed == 'all'")
    assert len(found) == len(expected) > 0 and set(found["cut"]) == {"c512"} and set(found["method"]) == {"new"}


@pytest.mark.parametrize(("kind", "table"), [("seeds_record", "seeds_intervals"), ("length_record", "training_length")])
def test_a_record_that_lacks_a_column_is_one_line(run: Any, tmp_path: Path, kind: str, table: str) -> None:
    write_csv(tmp_path / "intervals.csv", pd.DataFrame({"cut": ["c512"]}))
    run.inputs[kind] = dict.fromkeys(("intervals", "claims"), tmp_path / "intervals.csv")
    with pytest.raises(DataError, match=r"intervals\.csv: lacks column 'against'"):
        run.gather(table)
