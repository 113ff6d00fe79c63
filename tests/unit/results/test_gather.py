"""The stage gather and what is true of every table, whoever adds one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest

from compfeat.__main__ import call
from compfeat.arrays import read_arrays, write_arrays
from compfeat.errors import CompfeatError, ConfigError, DataError
from compfeat.io import write_csv, write_json
from compfeat.results import TABLES, Kind
from compfeat.results.plan import Plan
from compfeat.transport.ledger import read_ledger, write_ledger
from tiny_results import FOLDED, OLD, REMOTE

COLUMNS = {
    "points.csv": "dataset,cut,method,seed,codec,quality,n_images,total_bytes,payload_bytes,header_bytes,side_info_bytes,"
    "rate_bpe,rate_bpe_authors,rate_bpp,bytes_per_image,miou,rmse,rmse_authors,psnr_db",
    "per_image.csv": "cut,method,seed,codec,quality,image_id,payload_bytes,header_bytes,side_info_bytes,"
    "n_disparity,n_authors_disparity,sse_disparity,sse_authors_disparity,n_reconstruction,sse_reconstruction",
    "crossovers.csv": "cut,split,remote,seed,ladder,remote_ladder,metric,remote_metric,crossing,crossing_bytes,crossing_value,"
    "better_below,better_above,from_bytes,to_bytes,verdict",
    "epochs.csv": "cut,training,seed,epoch,total",
    "bd_rate.csv": "cut,method,against,seed,ladder,against_ladder,metric,fit,rate,bd_rate_percent,overlap,monotone,"
    "n_anchor,n_test,dropped,verdict",
    "headline.csv": "cut,method,against,ladder,against_ladder,metric,bd_rate_percent,bd_rate_min_percent,"
    "bd_rate_max_percent,n_seeds,n_ok,verdict,float_metric,float_anchor,float_test,float_difference",
    "intervals.csv": "cut,method,against,seed,ladder,against_ladder,metric,fit,rate,bd_rate_percent,low_percent,"
    "high_percent,confidence,n_resamples,n_refused,verdict",
    "float_intervals.csv": "cut,method,against,seed,metric,difference,low,high,confidence,n_resamples",
    "point_intervals.csv": "cut,method,seed,codec,quality,metric,value,low,high,confidence,n_resamples",
    "claims.csv": "group,claim,text,source,cut,method,against,seed,ladder,against_ladder,metric,"
    "statistic,value,low,high,unit,rule,verdict,reason",
    "feature_statistics.csv": "cut,method,seed,statistic,x,value",
    "metrics.csv": "task,metric,curve_metric,label,curve_label,unit,digits,higher_is_better,compared,of_image",
    "methods.csv": "method,label,training,transform,sends,position",
    "comparisons.csv": "method,against,ladder,against_ladder",
    "ladders.csv": "ladder,label,codec,position",
    "codecs.csv": "codec,quality,position,lossless",
}
"""What other packages and users read; the tables of a run of three tasks in this order of tasks."""


def contents(run: Any) -> dict[str, bytes]:
    return {str(path.relative_to(run.folder)): path.read_bytes() for path in run.table("").rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", TABLES.names())
def test_a_table_declares_what_it_is_made_of(name: str) -> None:
    spec = TABLES.get(name)
    made_elsewhere = {file for other in TABLES.names() if other != name for file in TABLES.get(other).makes}
    assert spec.name == name and spec.makes and not set(spec.makes) & made_elsewhere
    assert set(spec.tables) <= made_elsewhere, "another computation makes what it reads"
    assert set(spec.uses) <= set(Plan.model_fields) and set(spec.needs) <= set(get_args(Kind))
    assert set(spec.pages) <= set(spec.makes)


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
    "kind", ["scores", "ledgers", "epochs", "descriptions", "features", "pictures", "val", "published"]
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


@pytest.mark.parametrize(
    "change", [lambda argv: argv[:-1], lambda argv: [*argv, "x/other.csv"], lambda argv: [*argv, argv[-1]]]
)
def test_outputs_that_are_not_the_tables(run: Any, change: Callable[[list[str]], list[str]]) -> None:
    with pytest.raises(ConfigError, match=r"--outputs: found .*; points makes per_image.csv, points.csv"):
        call("gather", change(run.argv(TABLES.get("points"))))


def test_columns_of_the_run_in_the_epochs_are_refused(run: Any) -> None:
    write_csv(run.inputs["epochs"]["c512/train_old/seed0"], pd.DataFrame({"epoch": [1], "training": [2.0]}))
    with pytest.raises(DataError, match="column 'training' would clash"):
        run.gather("epochs")


def test_damaged_files_are_named(run: Any) -> None:
    scores = run.inputs["scores"]["c512/old/seed0/a"]
    arrays = read_arrays(scores)
    write_arrays(scores, arrays | {"qp10/disparity/n": arrays["qp10/disparity/n"][:2]})
    with pytest.raises(DataError, match=r"scores.npz: lacks scores of disparity at qp10 for 3 images"):
        run.gather("points")
    scores.write_bytes(b"nonsense")
    with pytest.raises(DataError, match="no archive of arrays"):
        run.gather("points")
    write_arrays(scores, arrays)
    write_json(run.inputs["descriptions"]["c512/train_old/seed0"], {"channels": 4})
    with pytest.raises(DataError, match="lacks key 'feature_height'"):
        run.gather("points")


def test_scores_and_ledger_of_other_images(run: Any) -> None:
    path = run.inputs["ledgers"]["c512/old/seed0/a"]
    ledgers = read_ledger(path)
    for changed in (ledgers["qp10"][:1], ledgers["qp10"][::-1]):
        write_ledger(path, ledgers | {"qp10": changed})
        with pytest.raises(
            DataError, match=r"ledger\.csv: \d images at qp10, the scores have 3, or their ids or order differ"
        ):
            run.gather("points")


def test_names_say_how_things_are_shown(run: Any) -> None:
    run.gather("names")
    assert run.read("methods.csv")[["method", "label", "position"]].to_numpy().tolist() == [
        ["old", "Old", 0],
        ["new", "New", 1],
    ]
    codecs = run.read("codecs.csv")
    assert codecs[codecs["lossless"]].to_numpy().tolist() == [["a", "fine", 0, True], ["b", "fine", 0, True]]
    metrics = run.read("metrics.csv").set_index("metric")
    assert metrics.loc["rmse", ["curve_metric", "curve_label", "unit"]].tolist() == ["inv_rmse", "1/RMSE", "px"]
    assert metrics["compared"].to_dict() == {"miou": True, "rmse": True, "rmse_authors": False, "psnr_db": True}
    assert metrics["of_image"].dropna().to_dict() == {"psnr_db": "image_psnr_db"}


def test_comparisons_are_tracked_in_files_of_their_own(run: Any) -> None:
    made = run.gather("points", "bd_rates")
    files = sorted(name for name in made if name.startswith("metrics/"))
    assert files == ["metrics/c512/new-old-on a.json", "metrics/c512/new-old-on b.json"]
    found = json.loads(made[files[0]].read_text())
    assert sorted(found) == ["inv_rmse", "miou", "psnr_db"] and all(-20 <= value <= -14 for value in found.values())


def test_a_method_that_sends_the_image_compares_in_bytes_an_image(tiny_run: Callable[..., Any]) -> None:
    pairs = [("remote", "old", "on a", "on a"), ("folded", "remote", "on a", "on b")]
    run = tiny_run([OLD, FOLDED, REMOTE], pairs, claims=())
    run.gather()
    points = run.read("points.csv")
    remote = points[(points["method"] == "remote") & (points["codec"] == "a")]
    assert (
        remote["rate_bpe"].isna().all() and remote["rate_bpe_authors"].isna().all() and remote["rate_bpp"].notna().all()
    )
    headline = run.read("headline.csv").set_index(["method", "against", "ladder", "against_ladder", "metric"])
    assert 85 < headline["bd_rate_percent"]["remote", "old", "on a", "on a", "miou"] < 100, (
        "twice the payload, equal headers"
    )
    assert headline["bd_rate_percent"]["folded", "remote", "on a", "on b", "psnr_db"] < -75
    assert len(run.read("claims.csv")) == 0
    details = run.read("bd_details.csv").set_index(["method", "against", "metric"])
    assert "anchor: has no rate per feature element" in details["verdict_at_1_percent_loss"]["folded", "remote", "miou"]
    statistics = run.read("feature_statistics.csv")
    assert statistics["method"].unique().tolist() == ["old"], "one row of what the network gives, none of transforms"


def test_fewer_tasks_make_fewer_rows(tiny_run: Callable[..., Any]) -> None:
    run = tiny_run(tasks=("reconstruction",))
    run.gather()
    assert run.read("points.csv").columns.tolist()[-2:] == ["bytes_per_image", "psnr_db"]
    assert set(run.read("bd_rate.csv")["metric"]) == {"psnr_db"}
    assert set(run.read("claims.csv").query("source == 'this run'")["claim"]) == {"fewer_bits", "several_tasks"}


@pytest.mark.parametrize("name", ["bd_rates", "statistics"])
def test_a_comparison_without_its_runs_is_one_line(tiny_run: Callable[..., Any], name: str) -> None:
    run = tiny_run(seeds=(0, 1))
    for kind in ("scores", "ledgers"):
        run.inputs[kind] = {key: path for key, path in run.inputs[kind].items() if "old/seed1" not in key}
    run.gather("points", "published")
    with pytest.raises(CompfeatError, match="comparison of new with old: cut c512, seed 1 has one of them only"):
        run.gather(name)


@pytest.mark.parametrize("name", ["bd_rates", "statistics"])
def test_a_run_without_float_features_is_one_line(run: Any, name: str) -> None:
    path = run.inputs["scores"]["c512/old/seed0/none"]
    write_arrays(path, {key: array for key, array in read_arrays(path).items() if not key.startswith("float/")})
    run.gather("points", "published")
    with pytest.raises(DataError, match="none/float"):
        run.gather(name)


def test_tables_are_made_without_heavy_imports() -> None:
    heavy = ("torch", "matplotlib", "seaborn", "scipy", "bjontegaard", "imageio_ffmpeg")
    code = "import sys; from compfeat.results import TABLES; import compfeat.cli.pipeline.gather; "
    code += "[TABLES.get(name) for name in TABLES.names()]; "
    code += f"print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"


def test_a_record_of_several_seeds_is_shown_where_it_is_about_the_same(
    tiny_run: Callable[..., Any], tmp_path: Path
) -> None:
    run = tiny_run(seeds=(0, 1, 2))
    run.gather("points", "published", "statistics")
    assert len(run.read("seeds_intervals.csv")) == 0, "no record"
    assert json.loads(run.table("experiment.json").read_text()) == run.plan.experiment
    recorded = tmp_path / "recorded"
    intervals, claims = run.read("intervals.csv"), run.read("claims.csv")
    other = intervals.assign(method="third")
    write_csv(recorded / "intervals.csv", pd.concat([intervals, other, intervals.assign(cut="c128")]))
    write_csv(recorded / "claims.csv", pd.concat([claims, claims.assign(method="third"), claims.assign(cut="c128")]))
    run.inputs["seeds_record"] = {name: recorded / f"{name}.csv" for name in ("intervals", "claims")}
    run.gather("statistics")
    pd.testing.assert_frame_equal(run.read("seeds_intervals.csv"), intervals)
    found = run.read("claims.csv").query("source == 'recorded seeds'")
    expected = claims.query("source == 'this run' and seed == 'all'")
    assert len(found) == len(expected) > 0 and set(found["cut"]) == {"c512"} and set(found["method"]) == {"new"}


def test_a_record_that_lacks_a_column_is_one_line(run: Any, tmp_path: Path) -> None:
    write_csv(tmp_path / "intervals.csv", pd.DataFrame({"cut": ["c512"]}))
    run.inputs["seeds_record"] = dict.fromkeys(("intervals", "claims"), tmp_path / "intervals.csv")
    run.gather("points", "published")
    with pytest.raises(DataError, match=r"intervals\.csv: lacks column 'against'"):
        run.gather("statistics")
