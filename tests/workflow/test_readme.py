"""What README and docs say of recorded runs is what was recorded."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from compfeat.results.delta_rate import HEADLINE_FIT
from compfeat.results.tables import published_bd_rate
from helpers import PROJECT
from tiny_results import published_inputs

RECORDS = {"default": "## What comes out", "camvid": "On photographs"}
"""Recorded runs, and where their table stands in the README."""
METRICS = {"mIoU": "miou", "PSNR (dB)": "psnr_db", "disparity RMSE (px)": "inv_rmse"}
COLUMNS = {"miou": "miou", "psnr_db": "psnr_db", "inv_rmse": "rmse"}
LADDERS = ("hevc", "published")


def table_below(page: Path, title: str) -> list[list[str]]:
    """Return the cells of the first table below a title, without its head."""
    text = page.read_text(encoding="utf-8").partition(title)[2]
    lines = re.search(r"(?:^\|.*\n)+", text, re.M)
    assert lines is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[0].splitlines()[2:]]


ROWS = {run: table_below(PROJECT / "README.md", title) for run, title in RECORDS.items()}


def recorded_table(run: str, name: str) -> pd.DataFrame:
    table = pd.read_csv(PROJECT / "data/reference" / run / name)
    return table[table["rate"] == "total"] if "rate" in table else table


@pytest.mark.parametrize("run", RECORDS)
def test_the_table_has_every_cell(run: str) -> None:
    cells = recorded_table(run, "bd_rate.csv")[["cut", "metric", "verdict"]]
    trained = cells[~cells["verdict"].str.contains("task not trained")][["cut", "metric"]].drop_duplicates()
    assert {(cut, METRICS[metric]) for cut, metric, *_ in ROWS[run]} == set(trained.itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("run", "row"),
    [pytest.param(run, row, id=f"{run}-{row[0]}-{METRICS[row[1]]}") for run, rows in ROWS.items() for row in rows],
)
def test_the_headline_is_the_recorded_runs(run: str, row: list[str]) -> None:
    cut, metric = row[0], METRICS[row[1]]
    table, points = recorded_table(run, "bd_rate.csv"), recorded_table(run, "points.csv")
    table = table[(table["cut"] == cut) & (table["metric"] == metric) & (table["fit"] == HEADLINE_FIT)]
    for ladder, cell in zip(LADDERS, row[2:4], strict=True):
        own = table[(table["method"] == "compressible") & (table["ladder"] == ladder)]
        assert started(cell) == told(float(own["bd_rate_percent"].iloc[0]))
    floats = points[(points["cut"] == cut) & (points["codec"] == "none") & (points["quality"] == "float")]
    for method, cell in zip(("baseline", "compressible"), row[4:6], strict=True):
        recorded = float(floats.loc[floats["method"] == method, COLUMNS[metric]].iloc[0])
        assert cell == f"{recorded:.{len(cell.partition('.')[2])}f}"


def told(bd_rate_percent: float) -> str:
    """Return how a cell of a table begins."""
    return "refused:" if pd.isna(bd_rate_percent) else f"{bd_rate_percent:+.1f}"


def started(cell: str) -> str:
    """Return how a cell begins, with a plain minus."""
    return cell.replace("−", "-").partition(" ")[0]


BEYOND = {
    run: table_below(PROJECT / "README.md", title)
    for run, title in {"default": "## Beyond the paper", "camvid": "Beyond the paper, on the same photographs"}.items()
}
BEYOND_COLUMNS = (
    ("task_klt", "hevc", "hevc"),
    ("task_klt", "published", "published"),
    ("baseline", "laplace", "hevc"),
    ("task_klt", "laplace", "hevc"),
)


@pytest.mark.parametrize(
    ("run", "row"),
    [pytest.param(run, row, id=f"{run}-{row[0]}-{METRICS[row[1]]}") for run, rows in BEYOND.items() for row in rows],
)
def test_what_goes_beyond_the_paper_is_the_recorded_runs(run: str, row: list[str]) -> None:
    """Every cell has the BD-rate and its interval, where there is one."""
    table = pd.read_csv(PROJECT / "data/reference" / run / "intervals.csv")
    table = table[(table["cut"] == row[0]) & (table["metric"] == METRICS[row[1]]) & (table["against"] == "baseline")]
    for (method, ladder, against_ladder), cell in zip(BEYOND_COLUMNS, row[2:], strict=True):
        pair = (table["method"] == method) & (table["ladder"] == ladder) & (table["against_ladder"] == against_ladder)
        rate, *ends = (float(table.loc[pair, f"{name}_percent"].iloc[0]) for name in ("bd_rate", "low", "high"))
        assert started(cell) == told(rate)
        there = [f"{end:+.1f}" for end in ends if not pd.isna(end)]
        assert re.findall(r"[+-][\d.]+", cell.replace("−", "-"))[1:] == there


def test_the_tables_beyond_the_paper_have_every_cell() -> None:
    for run, rows in BEYOND.items():
        assert {tuple(row[:2]) for row in rows} == {tuple(row[:2]) for row in ROWS[run]}


SEEDS = PROJECT / "data/reference/seeds/intervals.csv"
SEED_TABLES = {
    "**The paper's loss**": (("compressible", "hevc", "hevc"), ("compressible", "published", "published")),
    "**Beyond the paper**": (
        *(("task_klt", "hevc", "hevc"), ("task_klt", "published", "published")),
        ("task_klt", "laplace", "hevc"),
    ),
}
"""Tables of docs/statistics.md by what stands above them, with the method and ladders of each pair of columns."""
SEED_ROWS = {title: table_below(PROJECT / "docs/statistics.md", title) for title in SEED_TABLES}
SEED_METRICS = {"mIoU": "miou", "PSNR": "psnr_db", "1/RMSE": "inv_rmse"}


@pytest.mark.parametrize(
    ("title", "row"),
    [
        pytest.param(title, row, id=f"{title.strip('*')}-{row[0]}-{SEED_METRICS[row[1]]}")
        for title, rows in SEED_ROWS.items()
        for row in rows
    ],
)
def test_what_the_seeds_say_is_what_was_recorded(title: str, row: list[str]) -> None:
    table = pd.read_csv(SEEDS)
    table = table[
        (table["cut"] == row[0]) & (table["metric"] == SEED_METRICS[row[1]]) & (table["against"] == "baseline")
    ]
    for (method, ladder, against_ladder), mean, spread in zip(SEED_TABLES[title], row[2::2], row[3::2], strict=True):
        pair = (table["method"] == method) & (table["ladder"] == ladder) & (table["against_ladder"] == against_ladder)
        own = table[pair]
        all_, single = own[own["seed"] == "all"].iloc[0], own.loc[own["seed"] != "all", "bd_rate_percent"]
        low, high = (f"{value:+.1f}" for value in (single.min(), single.max()))
        assert spread.replace("−", "-") == f"{low} to {high}"
        if pd.isna(all_["bd_rate_percent"]):
            assert mean == f"none: refused for {single.isna().sum()} of {len(single)} seeds"
        else:
            numbers = [f"{all_[name]:+.1f}" for name in ("bd_rate_percent", "low_percent", "high_percent")]
            assert mean.replace("−", "-") == "{} % ({} to {})".format(*numbers)


@pytest.mark.parametrize("title", SEED_TABLES)
def test_the_seeds_tables_have_every_cell(title: str) -> None:
    cells = pd.read_csv(SEEDS)[["cut", "metric"]].drop_duplicates()
    found = {(row[0], SEED_METRICS[row[1]]) for row in SEED_ROWS[title]}
    assert found == set(cells.itertuples(index=False, name=None))


GRIDS = {
    "methods": ("### What every transform gave", 2, ("hevc", "hevc"), ("published", "published"), ("laplace", "hevc")),
    "ratelog": (
        "**It adds next to nothing here.**",
        1,
        ("hevc", "hevc"),
        ("published", "published"),
        ("laplace", "laplace"),
    ),
}
"""Recorded grids: where their table stands in docs/method.md, its columns before the numbers, and the ladders of the others."""
LABELS = {
    "none": "baseline",
    "the paper's loss, none": "compressible",
    "`klt`": "klt",
    "`task_klt`, plain (1)": "plain_1",
    "`task_klt`, plain (3)": "plain_3",
    "`task_klt`, balanced (1)": "balanced_1",
    "`task_klt`, balanced (3)": "balanced_3",
    "balanced (3), floor 0.01": "floor_001",
    "balanced (3), floor 0.3": "floor_03",
    "balanced (3), four bands": "bands_4",
    "**balanced (3), four bands, floor 0.2, Z-order**": "task_klt",
    "the paper's loss, `klt`": "compressible_klt",
    "the paper's loss, **balanced (3), four bands, floor 0.2, Z-order**": "compressible_task_klt",
    "0.05": "ratelog_005",
    "0.2": "ratelog_020",
    "0.4": "ratelog_040",
    "0.8": "ratelog_080",
}
GRID_ROWS = {run: table_below(PROJECT / "docs/method.md", grid[0]) for run, grid in GRIDS.items()}


def recorded_rates(run: str, cut: str, method: str, against: str, ladder: str, against_ladder: str) -> str:
    """Return the BD-rates of one comparison as a cell of docs/method.md; empty where it was not made."""
    table = pd.read_csv(PROJECT / "data/reference" / run / "intervals.csv")
    own = table[(table["cut"] == cut) & (table["method"] == method) & (table["against"] == against)]
    own = own[(own["ladder"] == ladder) & (own["against_ladder"] == against_ladder)].set_index("metric")
    rates = [own["bd_rate_percent"][metric] for metric in METRICS.values()] if len(own) else []
    return " / ".join("refused" if pd.isna(rate) else f"{rate:+.1f}" for rate in rates)


def written(cell: str) -> str:
    """Return a cell with plain minus signs and without emphasis."""
    return cell.replace("−", "-").replace("*", "")


@pytest.mark.parametrize(
    ("run", "row"),
    [pytest.param(run, row, id=f"{run}-{'-'.join(row[:2])}") for run, rows in GRID_ROWS.items() for row in rows],
)
def test_the_grids_of_the_method_are_the_recorded_runs(run: str, row: list[str]) -> None:
    _, head, *ladders = GRIDS[run]
    cut, method = (row[0] if head == 2 else "c256"), LABELS[row[head - 1]]
    against = "task_klt" if run == "ratelog" else "baseline"
    for pair, cell in zip(ladders, row[head:], strict=False):
        assert written(cell) == recorded_rates(run, cut, method, against, *pair)


ABLATIONS = table_below(PROJECT / "docs/method.md", "### Ablations of packing, range and receiver")
LADDER_OF = {
    "`order`": "hevc",
    "Z-order": "z_order",
    "`order` and Z-order": "z_order",
    "range without 0.1 %": "clip_0001",
    "range without 1 %": "clip_001",
    "restored, each channel": "restored",
    "restored jointly": "restored_jointly",
}
COLUMNS_OF_ABLATIONS = [(cut, method) for cut in ("c256", "c512") for method in ("baseline", "balanced_3")]


@pytest.mark.parametrize("row", ABLATIONS, ids=lambda row: row[0])
def test_the_ablations_are_the_recorded_run(row: list[str]) -> None:
    for (cut, anchor), cell in zip(COLUMNS_OF_ABLATIONS, row[1:], strict=True):
        method = "ordered" if "order`" in row[0] and anchor == "baseline" else anchor
        rates = recorded_rates("ablations", cut, method, anchor, LADDER_OF[row[0]], "hevc")
        assert written(cell) == (rates if cell else "")


def test_what_random_weights_gave_is_the_recorded_run() -> None:
    table = pd.read_csv(PROJECT / "data/reference/scratch/intervals.csv")
    own = table[table["against"] == "baseline"].groupby(["method", "ladder"])["bd_rate_percent"]
    means = own.mean()
    assert (own.count() == 6).all()
    text = " ".join((PROJECT / "README.md").read_text().split())
    numbers = [means["compressible", "hevc"], means["task_klt", "hevc"], means["task_klt", "laplace"]]
    loss, matrices, codec = (f"{number:+.1f} %".replace("-", "−") for number in numbers)
    assert f"by HEVC are {loss} for the loss" in text
    assert f"and {matrices} for the matrices below, {codec} with their codec." in text


LENGTHS = table_below(PROJECT / "docs/method.md", "### What longer training gives")


@pytest.mark.parametrize("row", LENGTHS, ids=lambda row: row[0])
def test_what_longer_training_gives_is_the_recorded_run(row: list[str]) -> None:
    ending = "" if row[0] == "4" else f"_{row[0]}"
    pairs = [(method, ladder) for method in ("compressible", "task_klt") for ladder in LADDERS]
    for (method, ladder), cell in zip(pairs, row[1:5], strict=True):
        assert written(cell) == recorded_rates("length", "c256", method + ending, f"baseline{ending}", ladder, ladder)
    floats = pd.read_csv(PROJECT / "data/reference/length/points.csv").query("codec == 'none' and quality == 'float'")
    for method, cell in zip(("baseline", "compressible"), row[5:], strict=True):
        own = floats.set_index("method").loc[method + ending]
        assert cell == f"{own['miou']:.4f} / {own['psnr_db']:.2f} / {own['rmse']:.4f}"


def test_the_means_by_length_are_the_recorded_ones() -> None:
    table = pd.read_csv(PROJECT / "data/reference/length/intervals.csv").query("ladder == 'hevc'")
    means = table.groupby("method")["bd_rate_percent"].mean()
    released = published_bd_rate.make(published_inputs()).query("cut == 'c256' and fit == 'authors_cubic'")
    published = released["bd_rate_percent"].mean()
    readme, method = (" ".join((PROJECT / page).read_text().split()) for page in ("README.md", "docs/method.md"))
    loss = [means[f"compressible{ending}"] for ending in ("", "_12", "_36")]
    matrices = [means[f"task_klt{ending}"] for ending in ("", "_12", "_36")]
    sentence = "is {:+.1f} % after these 4 epochs, {:+.1f} % after 12 and {:+.1f} % after 36 (published: {:+.1f} %)"
    assert sentence.format(*loss, published).replace("-", "−") in readme
    sentence = (
        "the mean of the three is {:+.1f}, {:+.1f} and {:+.1f} %, "
        "that is {:.0f}, {:.0f} and {:.0f} % of the published mean ({:+.1f} %"
    )
    shares = [100 * mean / published for mean in loss]
    assert sentence.format(*loss, *shares, published).replace("-", "−") in method
    assert "{:+.1f}, {:+.1f} and {:+.1f} % by HEVC".format(*matrices).replace("-", "−") in method


REMOTE = table_below(PROJECT / "docs/method.md", "### What sending the picture gives")
SENT = {
    "baseline": "baseline",
    "the paper's loss": "compressible",
    "`task_klt`": "task_klt",
    "the picture, network trained on coded pictures": "remote_trained",
}
CODED = {"HEVC": "hevc", "PNG and JPEG": "published", "JPEG": "published", "AV1": "av1", "Laplace": "laplace"}


@pytest.mark.parametrize("row", REMOTE, ids=lambda row: "-".join(row[:3]))
def test_what_sending_the_picture_gives_is_the_recorded_run(row: list[str]) -> None:
    sent, by, picture = row[:3]
    picture, _, trained = picture.partition(", ")
    against = "remote_trained" if trained else "remote"
    for cut, cell in zip(("c256", "c512"), row[3:], strict=True):
        assert written(cell) == recorded_rates("remote", cut, SENT[sent], against, CODED[by], CODED[picture]) != ""


def test_where_features_and_pictures_cross_is_the_recorded_run() -> None:
    table = pd.read_csv(PROJECT / "data/reference/remote/crossovers.csv")
    text = " ".join((PROJECT / "docs/method.md").read_text().split())

    def crossings_kb(split: str, ladder: str, cut: str, metric: str) -> list[str]:
        chosen = (table["split"] == split) & (table["ladder"] == ladder) & (table["cut"] == cut)
        own = table[chosen & (table["remote"] == "remote") & (table["remote_metric"] == metric)]
        return [f"{value / 1000:.2f}" for value in own["crossing_bytes"].dropna()]

    found = [crossings_kb("baseline", "hevc", cut, m) for cut in ("c256", "c512") for m in ("miou", "inv_rmse")]
    (a,), (b,), (c,), (d,) = found
    assert f"{a} (mIoU) and {b} kB (RMSE) an image at c256, {c} and {d} kB at c512" in text
    ((e,), (f,)) = (crossings_kb("task_klt", "published", cut, "image_psnr_db") for cut in ("c256", "c512"))
    assert f"above {e} kB (c256) and {f} kB (c512)" in text
    both = table[(table["split"] == "task_klt") & table["ladder"].isin(["hevc", "laplace"])]
    judged = both[both["remote_metric"].isin(["miou", "inv_rmse"])]
    assert len(judged) == 16 and set(judged["better_below"]) == set(judged["better_above"]) == {"task_klt"}


def test_the_stronger_remote_line_is_the_recorded_run() -> None:
    table = pd.read_csv(PROJECT / "data/reference/remote/intervals.csv").query("against == 'remote_trained'")
    own = table[(table["ladder"] == "laplace") & (table["metric"] != "psnr_db")]["bd_rate_percent"]
    text = " ".join((PROJECT / "README.md").read_text().split())
    assert len(own) == 4
    assert f"trained on coded pictures it is still {-own.max():.0f} to {-own.min():.0f} %" in text


RATELOG = table_below(PROJECT / "docs/method.md", "**It adds next to nothing here.**")
TRAINED = ("segmentation", "disparity", "reconstruction")


def train_losses_above_the_baseline() -> pd.DataFrame:
    """Return by how many percent the train losses of the last epoch lie above the baseline's, by training and task."""
    epochs = pd.read_csv(PROJECT / "data/reference/ratelog/epochs.csv").sort_values("epoch")
    last = epochs.groupby("training")[[f"loss_{task}" for task in TRAINED]].last()
    return 100 * (last / last.loc["baseline"] - 1)


@pytest.mark.parametrize("row", RATELOG, ids=lambda row: row[0])
def test_train_losses_of_rate_aware_training_are_the_recorded_ones(row: list[str]) -> None:
    own = train_losses_above_the_baseline().loc[LABELS[row[0]]]
    assert written(row[-1]) == " / ".join(f"{value:+.1f}" for value in own)


def test_the_strength_of_rate_aware_training_keeps_to_its_constraint() -> None:
    allowed = (train_losses_above_the_baseline() <= 1).all(axis=1)
    strongest = max((row[0] for row in RATELOG if allowed[LABELS[row[0]]]), key=float)
    assert f"which is {strongest} of these four" in (PROJECT / "docs/method.md").read_text()
    table = pd.read_csv(PROJECT / "data/reference/ratelog/intervals.csv").query("against == 'task_klt'")
    sure = table[(table["high_percent"] < 0) | (table["low_percent"] > 0)]["method"].value_counts()
    assert sure.get(LABELS[strongest], 0) == 0 and sure["ratelog_005"] == 5


CODECS = table_below(PROJECT / "docs/method.md", "### What each codec takes")
BESIDE_HEVC = {
    "VVC": "vvc",
    "AV1": "av1",
    "AVIF": "avif",
    "JPEG XL": "jpegxl",
    "JPEG 2000": "jpeg2000",
    "WebP": "webp",
    "PNG and JPEG": "published",
    "Laplace": "laplace",
}
COLUMNS_OF_CODECS = [(cut, method) for cut in ("c256", "c512") for method in ("baseline", "task_klt")]


@pytest.mark.parametrize("row", CODECS, ids=lambda row: row[0])
def test_what_each_codec_takes_is_the_recorded_run(row: list[str]) -> None:
    for (cut, method), cell in zip(COLUMNS_OF_CODECS, row[1:], strict=True):
        assert written(cell) == recorded_rates("codecs", cut, method, method, BESIDE_HEVC[row[0]], "hevc")


def test_every_codec_beside_hevc_has_its_row() -> None:
    ladders = pd.read_csv(PROJECT / "data/reference/codecs/intervals.csv")["ladder"]
    assert {BESIDE_HEVC[row[0]] for row in CODECS} == set(ladders) - {"hevc"}


def test_what_is_said_of_headers_and_samples_is_the_recorded_run() -> None:
    table = pd.read_csv(PROJECT / "data/reference/codecs/bd_rate.csv").query("fit == 'pchip' and method == 'task_klt'")
    text = " ".join((PROJECT / "docs/method.md").read_text().split())
    samples = table[table["rate"] == "payload"].groupby("ladder")["bd_rate_percent"]
    for ladder, sentence in (
        ("av1", "it saves {} to {} % there"),
        ("laplace", "of the coded samples alone {} to {} %."),
    ):
        least, most = (f"{-value:.0f}" for value in (samples.max()[ladder], samples.min()[ladder]))
        assert sentence.format(least, most) in text
    points = pd.read_csv(PROJECT / "data/reference/codecs/points.csv")
    headers = (points["header_bytes"] / points["n_images"]).groupby(points["codec"])
    for codec, ends in (("hevc", (79, 79)), ("av1", (16, 17))):
        own = headers.get_group(codec)
        assert (round(own.min()), round(own.max())) == ends


def test_what_av1_takes_off_is_the_recorded_run() -> None:
    table = pd.read_csv(PROJECT / "data/reference/codecs/intervals.csv").query(
        "ladder == 'av1' and method == 'task_klt'"
    )
    least, most = (f"{-value:.0f}" for value in (table["bd_rate_percent"].max(), table["bd_rate_percent"].min()))
    text = " ".join((PROJECT / "README.md").read_text().split())
    assert f"AV1 takes another {least} to {most} % off HEVC's bytes" in text


SAVED = {
    "by HEVC they take {} to {} % more bytes": ("remote", "baseline", "hevc", "remote", "hevc", 1),
    "by {} to {} % with HEVC and": ("remote", "task_klt", "hevc", "remote", "hevc", -1),
    "and by {} to {} % with `laplace`": ("remote", "task_klt", "laplace", "remote", "hevc", -1),
    "a network trained on coded pictures takes {} to {} % fewer": (
        "remote",
        "remote_trained",
        "hevc",
        "remote",
        "hevc",
        -1,
    ),
    "`task_klt` by HEVC {} to {} % fewer": ("remote", "task_klt", "hevc", "remote_trained", "hevc", -1),
    "with `laplace` {} to {} %, again": ("remote", "task_klt", "laplace", "remote_trained", "hevc", -1),
    "by {} to {} % without a transform and": ("codecs", "baseline", "av1", "baseline", "hevc", -1),
    "and by {} to {} % behind the matrices, where": ("codecs", "task_klt", "av1", "task_klt", "hevc", -1),
    "VVC's tools buy little**: {} to {} %": ("codecs", "baseline", "vvc", "baseline", "hevc", -1),
    "made for eyes, {} to {} %": ("codecs", "baseline", "jpegxl", "baseline", "hevc", 1),
}
"""Sentences of docs/method.md about the least and the most of recorded BD-rates, of remote inference without reconstruction."""


@pytest.mark.parametrize("sentence", SAVED)
def test_ranges_are_those_of_the_recorded_runs(sentence: str) -> None:
    run, method, ladder, against, against_ladder, sign = SAVED[sentence]
    table = pd.read_csv(PROJECT / "data/reference" / run / "intervals.csv")
    own = table[(table["method"] == method) & (table["ladder"] == ladder) & (table["against"] == against)]
    own = own[own["against_ladder"] == against_ladder]
    if run == "remote":
        own = own[own["metric"] != "psnr_db"]
    values = sign * own["bd_rate_percent"]
    expected = sentence.format(f"{values.min():.0f}", f"{values.max():.0f}")
    assert expected in " ".join((PROJECT / "docs/method.md").read_text().split())
