"""The workflow as Snakemake sees it: lint, job counts of every configuration, and what a wrong configuration says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from compfeat.datasets.base import DATASETS
from compfeat.errors import ConfigError
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config, merged
from compfeat.experiment.layout import Layout
from compfeat.results.tables.base import TABLES
from compfeat.settings.runs import TRANSFORM, Run
from compfeat.stages.checks import checked
from helpers import PROJECT
from project_copy import SNAKEMAKE, attempt, copy_project, listed_jobs, planned_jobs, refusal, snakemake

CONFIGS = sorted(path.stem for path in (PROJECT / "config").glob("*.yaml"))
OVERLAYS = [name for name in CONFIGS if name != "config"]


def load(name: str) -> dict[str, Any]:
    """Return the configuration that ``config/{name}.yaml`` makes."""
    names = ["config"] if name == "config" else ["config", name]
    return load_config([PROJECT / f"config/{own}.yaml" for own in names])


def experiment(name: str) -> Experiment:
    return checked(load(name))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the workflow without results, at an odd path."""
    return copy_project(tmp_path_factory.mktemp("project") / 'it\'s; "odd" here')


def test_lint(project: Path) -> None:
    found = attempt(project, *SNAKEMAKE, "--lint", "text")
    assert [line for line in (found.stdout + found.stderr).splitlines() if line.startswith("    * ")] == []


def test_the_snakefile_in_the_catalogs_standard_place_is_the_projects(project: Path) -> None:
    plan = ("--dry-run", "--forceall", "--quiet", "host", "--configfile", "config/smoke.yaml")
    there = planned_jobs(snakemake(project, "--snakefile", "workflow/Snakefile", *plan))
    here = planned_jobs(snakemake(project, *plan))
    assert set(there) - {"everything"} == set(here) - {"all"} and len(here) > 50


def fits(e: Experiment) -> list[tuple[Run, str]]:
    """Return what is fitted to train features: each run's transform, under no name, and its codecs."""
    transforms = [(run, "") for run in e.runs() if e.methods[run.method].transform is not None]
    known = {name: e.codec_class(name) for name in e.codecs}
    return transforms + [(run, name) for run in e.runs() for name in e.qualities(run.method) if known[name].fitted]


@pytest.mark.parametrize("name", CONFIGS)
def test_job_counts(name: str, project: Path) -> None:
    e = experiment(name)
    (project / e.dataset.root).mkdir(parents=True, exist_ok=True)
    overlay = [] if name == "config" else ["--configfile", f"config/{name}.yaml"]
    # Kept networks are there already, in git.
    output = snakemake(project, "--dry-run", "--forceall", "--quiet", "rules", *overlay)
    codecs = sum(len(e.qualities(run.method)) for run in e.runs())
    fitted = fits(e)
    splits = 2 if e.keep is not None else len(e.dataset.splits)
    expected = {
        "render": splits if DATASETS.get(e.dataset.name).rendered else 0,
        "prepare": splits,
        "train": len(e.trained()),
        "features": len({e.trained_of(run) for run in e.runs() if e.methods[run.method].sends == "features"})
        + len({e.trained_of(run) for run, _ in fitted}),
        "fit": len(fitted),
        "encode": codecs,
        "evaluate": codecs + len(e.runs()),
        "table": len(TABLES.names()),
        "paper": 1,
        "explorer": 1,
        "draw": len(e.figures),
    }
    if e.keep is not None:  # Networks that others start from are all that such a run is for.
        expected |= dict.fromkeys(("features", "fit", "encode", "evaluate", "table", "paper", "explorer", "draw"), 0)
        expected |= {"keep": len(e.cuts)}
    counts = dict.fromkeys(expected, 0)
    for rule, count in re.findall(r"^(\w+) +(\d+)$", output.rpartition("Job stats:")[2], re.M):
        kind = rule if rule in expected else rule.partition("_")[0]
        counts[kind] = counts.get(kind, 0) + int(count)
    assert {rule: counts[rule] for rule in expected} == expected


def test_val_never_reaches_a_fit(project: Path) -> None:
    """Of all files that lead to what is fitted, val is read by trainings alone, for their epoch tables, and test by none."""
    e = experiment("methods")
    layout = Layout(e.output, e.dataset.prepared)
    fitted = [layout.fitted(run, codec or TRANSFORM) for run, codec in fits(e)]
    output = snakemake(
        project, *fitted, "--dry-run", "--forceall", "--quiet", "host", "--configfile", "config/methods.yaml"
    )
    sources = {path: job.inputs for job in listed_jobs(output) if job.rule != "train" for path in job.outputs}
    read, pending = set[str](), list(fitted)
    while pending:
        found = sources.get(pending.pop(), set()) - read
        read |= found
        pending += found
    assert layout.arrays("train") in read and any(path.endswith("weights.safetensors") for path in read)
    assert {path for path in read if Path(path).name == "train.npy" and path.startswith(f"{e.output}/features/")}
    assert [path for path in sorted(read) if Path(path).stem in ("val", "test")] == []


def test_methods_beyond_the_paper_have_the_papers_networks_and_ladders_of_their_own() -> None:
    e, base = experiment("methods"), experiment("config")
    assert e.trainings == base.trainings and e.trained() == base.trained() and e.cuts == base.cuts
    new = [name for name in e.methods if name not in base.methods]
    for name in ("task_klt", *new):
        assert e.methods[name].transform is not None
        assert e.methods[name].training == ("compressible" if name.startswith("compressible_") else "baseline")
    assert {(c.method, c.against) for c in e.resolved_comparisons()} == {(name, "baseline") for name in e.methods}
    for name in new:
        own, usual = e.qualities(name), e.qualities("baseline")
        assert own["hevc"] != usual["hevc"] and len(own["hevc"]) >= len(usual["hevc"])


@pytest.mark.parametrize("name", OVERLAYS)
def test_overlays_say_nothing_that_the_default_says_too(name: str) -> None:
    base, overlay = load("config"), yaml.safe_load((PROJECT / f"config/{name}.yaml").read_text())

    def repeated(over: dict[str, Any], under: dict[str, Any]) -> list[str]:
        nested = [(k, v) for k, v in over.items() if isinstance(v, dict) and isinstance(under.get(k), dict)]
        same = [k for k, v in over.items() if under.get(k, ...) == v and (k, v) not in nested]
        return same + [f"{k}.{key}" for k, v in nested if v != under[k] for key in repeated(v, under[k])]

    # A null encoder_weights is repeated to show where the file goes.
    assert set(repeated(overlay, base)) <= {"network.encoder_weights"}


def test_configurations_share_no_folder_that_they_write() -> None:
    folders: list[str] = []
    for name in CONFIGS:
        e = experiment(name)
        folders += [e.output, e.dataset.prepared]
        folders += [e.dataset.root] if DATASETS.get(e.dataset.name).rendered else []
    assert len(folders) == len(set(folders))
    assert not [(a, b) for a in folders for b in folders if a != b and f"{b}/".startswith(f"{a}/")]


PHASE = "{epochs: 1, downscale: 2, crop_width_px: 0, batch_size: 1, learning_rate: 0.002, final_rate_fraction: 0.3}"
WRONG = [
    ("colour: red", "key 'colour' is unknown; expected one of output, dataset"),
    ("statistics: {sed: 1}", "key 'statistics.sed' is unknown; did you mean 'seed'?"),
    ("training: {threads: four}", "threads': found 'four'"),
    ("network: {width: null}", "width': found None"),
    ("seeds: 0,1", "key 'seeds': found '0,1'; expected a list"),
    ("seeds: [9999999999999999999]", "key 'seeds.0': found 9999999999999999999"),
    # Names of plug-ins, their options and qualities.
    ("dataset: {name: citiscapes}", "dataset 'citiscapes' is unknown; expected one of"),
    ("codecs: {vvcc: {qualities: [a]}}", "codec 'vvcc' is unknown; expected one of"),
    ("codecs: {png: {qualities: [q90]}}", "quality 'q90' is unknown; expected one of lossless"),
    ("codecs: {hevc: {qualities: [qp10, qp10]}}", "key 'codecs.hevc.qualities': 'qp10' is named 2"),
    ("codecs: {png: {bitts: 7}}", "key 'codecs.png.bitts' is unknown; did you mean 'bits'?"),
    (
        "codecs: {learned: {qualities: [d2], weights: {depth: 1}}}",
        "key 'codecs.learned': weights: task 'depth' is not among the tasks",
    ),
    ("codecs: {none: {codec: png, qualities: [lossless]}}", "key 'codecs.none': 'none' stands for"),
    ("codecs: {transform: {codec: png, qualities: [lossless]}}", "key 'codecs.transform': 'transform' stands for"),
    ("trainings: {compressible: {loss: {strenght: 1}}}", "loss.strenght' is unknown; did you mean 'strength'?"),
    ("figures: [rate]", "figure 'rate' is unknown; expected one of"),
    ("figures: [rate_accuracy@mine]", "'figures': rate_accuracy@mine: ladder 'mine' is not there; expected one of"),
    ("methods: {mine: {training: baseline, transform: dct}}", "transform 'dct' is unknown"),
    *(
        (f"methods: {{mine: {{training: baseline, transform: {{name: task_klt, {option}}}}}}}", message)
        for option, message in (
            ("flor: 1", "key 'methods.mine.transform.flor' is unknown; did you mean 'floor'?"),
            ("floor: 0", "key 'methods.mine.transform.floor': found 0; input should be greater"),
            ("weights: {depth: 1}", "key 'methods.mine.transform': weights: task 'depth' is not among the tasks"),
        )
    ),
    *(
        (f"methods: {{mine: {{training: baseline, {qualities}}}}}", f"key 'methods.mine.qualities{message}")
        for qualities, message in (
            ("qualities: {vvc: [qp4]}", "': codec 'vvc' is not there; expected one of png, jpeg"),
            ("qualities: {hevc: []}", ".hevc': found []"),
            ("qualities: {hevc: [qp4, qp52]}", ".hevc': codec 'hevc': quality 'qp52' is unknown"),
            ("qualities: {hevc: [qp4, qp4]}", ".hevc': 'qp4' is named 2 times"),
            ("codecs: {png: [lossless]}, qualities: {hevc: [qp4]}", "': 'codecs' gives this method's qualities, too"),
        )
    ),
    # Entries that refer to each other.
    ("methods: {mine: {training: nothing}}", "training 'nothing' is not there"),
    ("ladders: {mine: {codecs: [vvc]}}", "key 'ladders.mine.codecs': codec 'vvc' is not there"),
    ("ladders: {hevc: {codecs: [hevc, hevc]}}", "key 'ladders.hevc.codecs': 'hevc' is named 2"),
    ("trainings: {baseline: {start: baseline}}", "never begins"),
    ("keep: {training: basline, folder: data/start}", "key 'keep.training': training 'basline'"),
    ("{seeds: [1, 2], keep: {training: baseline, folder: data/start}}", "key 'keep': 2 seeds; expected one"),
    ("comparisons: [{method: mine, against: baseline}]", "method 'mine' is not there; expected one of"),
    ("comparisons: [{method: baseline, against: baseline}]", "'baseline' is compared with itself"),
    *(
        (f"comparisons: [{', '.join(f'{{method: {method}, against: baseline{more}}}' for more in ladders)}]", message)
        for method, ladders, message in (
            ("compressible", [", ladders: [hevc, hevc]"], "key 'comparisons.0.ladders': 'hevc' is named 2 times"),
            ("compressible", ["", ""], "baseline on hevc is 'comparisons.0' already"),
            (
                "compressible",
                ["", ", ladder: laplace, against_ladder: laplace"],
                "on laplace is 'comparisons.0' already",
            ),
            ("task_klt", [", ladder: laplace, against_ladder: hevc"] * 2, "on laplace against hevc is 'comparisons.0'"),
        )
    ),
    ("claims: {paper: {method: baseline, against: compressible}}", "key 'claims.paper': 'baseline' against"),
    ("claims: {paper: {ladders: [mine]}}", "key 'claims.paper': ladder 'mine' is not there"),
    ("claims: {paper: {ladders: [hevc, hevc]}}", "key 'claims.paper.ladders': 'hevc' is named 2"),
    ("claims: {codec: {ladder: published, against_ladder: hevc}}", "'task_klt' against 'baseline' is not among"),
    ("claims: {transform: {published: true}}", "key 'claims': several are `published`"),
    # Sizes and numbers of images.
    ("dataset: {size: [100, 256]}", "'dataset.size': 100x256 does not fit cut c512; expected multiples of 32 px"),
    (f"{{dataset: {{size: [96, 160]}}, training: {{phases: [{PHASE}]}}}}", "phases"),
    (f"{{dataset: {{size: [64, 64]}}, training: {{phases: [{PHASE}]}}}}", "phase 0: one image of 64x64 px, 2 times"),
    ("dataset: {size: [32, 32], images: {train: 1}}", "gives one feature element per channel at cut c512"),
    ("training: {phases: [{epochs: 1}]}", "phases.0.downscale' is missing"),
    ("dataset: {images: {val: null}}", "key 'dataset.images.val': found null; expected how many"),
    ("showcase: {images: [999]}", "key 'showcase.images': image 999 is beyond the"),
    ("showcase: {images: [1, 1]}", "key 'showcase.images': 1 is named 2 times"),
    # Files that networks start from, and tools.
    ("network: {encoder_weights: w.safetensors}", "the pretrained resnet34 has width 64"),
    ("network: {encoder_weights: 'w-{place}-{cut}.safetensors'}", "'w-{place}-{cut}.safetensors'; expected no braces"),
    *(
        (f"trainings: {{baseline: {{start: {start}}}}}", f"key 'trainings.baseline.start': {message}")
        for start, message in (
            ("'data/{cut}-{seed}.safetensors'", "found 'data/{cut}-{seed}.safetensors'; expected no braces but those"),
            ("'no/{cut}.safetensors'", "no/c512.safetensors: not found; expected a safetensors file"),
            ("'~nobody_here/x.safetensors'", "~nobody_here/x.safetensors: could not determine home directory"),
        )
    ),
    (
        "{network: {width: 64, encoder_weights: no/w}, trainings: {baseline: {start: null}, compressible: {start: null}}}",
        "key 'cuts.c512.encoder_weights': no/w: not found; expected a safetensors file",
    ),
    (
        "{network: {width: 64, encoder_weights: installed}, trainings: {baseline: {start: null}, compressible: {start: null}}}",
        "key 'cuts.c512.encoder_weights': no package brings weights for network ResNet34; give a file or null",
    ),
    ("tools: {ffmpeg: /no/such/ffmpeg}", "key 'tools.ffmpeg': /no/such/ffmpeg: cannot be run"),
    ("tools: {ffmpeg: ~nobody_here/ffmpeg}", "~nobody_here/ffmpeg: could not determine"),
    # Paths with characters that a shell, Snakemake or a terminal would read otherwise.
    (r'tools: {ffmpeg: "a\u0085b"}', r"key 'tools.ffmpeg': found 'a\x85b'; expected a path"),
    ("output: 'res{x}'", "key 'output': found 'res{x}'; expected a path without braces"),
    ("output: -x", "key 'output': found '-x'; expected a path that does not begin with -"),
    ("dataset: {root: 'data/raw/{x}'}", "key 'dataset.root': found 'data/raw/{x}'; expected a path"),
    ("dataset: {prepared: 'data/{split}'}", "key 'dataset.prepared': found 'data/{split}'"),
    ("keep: {training: baseline, folder: 'x{cut}'}", "key 'keep.folder': found 'x{cut}'"),
    ("records: {seeds: 'data/{x}'}", "key 'records.seeds': found 'data/{x}'; expected a path"),
    # Folders that would be written over.
    ("output: ../elsewhere", "key 'output': found '../elsewhere'; expected a folder relative to the project"),
    ("output: ~/results", "key 'output': found '~/results'; expected a folder relative to"),
    ("output: src", "key 'output': found src; expected a folder apart from the project's own src"),
    ("output: tests/out", "expected a folder apart from the project's own tests"),
    ("output: Docs", "expected a folder apart from the project's own docs"),
    ("output: data", "key 'output': found data; expected a folder apart from the project's own data/"),
    ("output: .git/x", "expected a folder apart from the project's own .git"),
    ("output: Makefile/x", "key 'output': Makefile is a file; expected a folder"),
    ("output: data/prepared/streets/x", "lies in data/prepared/streets, the folder of 'dataset.prepared'"),
    ("output: data/raw/streets/x", "data/raw/streets/x lies in data/raw/streets, the folder of 'dataset.root'"),
    ("dataset: {prepared: workflow}", "key 'dataset.prepared': found workflow; expected a"),
    ("dataset: {prepared: results/data}", "'dataset.prepared': results/data lies in results, the folder of 'output'"),
    ("dataset: {prepared: results}", "key 'output': results lies in results, the folder of 'dataset.prepared'"),
    ("dataset: {root: .}", "key 'output': results lies in ., the folder of 'dataset.root'"),
    ("dataset: {root: config/x}", "key 'dataset.root': found config/x; expected a folder"),
    ("dataset: {root: results/raw}", "key 'dataset.root': results/raw lies in results, the folder"),
    ("dataset: {root: ./data/prepared/streets/}", "lies in data/prepared/streets, the folder of"),
    ("dataset: {root: ~nobody_here/x}", "key 'dataset.root': ~nobody_here/x: could not"),
    ("keep: {training: baseline, folder: data/reference}", "key 'keep.folder': found data/reference"),
    ("keep: {training: baseline, folder: results/train}", "'keep.folder': results/train lies in results, the folder"),
    # Names and labels.
    ("methods: {a/b: {training: baseline}}", "key 'methods.a/b': found 'a/b'; string should match"),
    ("methods: {'': {training: baseline}}", "key 'methods.': found ''; string should match"),
    ("cuts: {C256: {}}", "key 'cuts.C256': found 'C256'; string should match"),
    ("methods: {compressible: {label: baseline}}", "methods.compressible.label': baseline is called 'baseline', too"),
    ("methods: {compressible: {label: 'task  KLT '}}", "compressible is called 'task KLT', too"),
    ("ladders: {laplace: {label: HEVC}}", "key 'ladders.laplace.label': hevc is called 'HEVC', too"),
    ("methods: {task_klt: {label: 任务变换}}", "label': found 任 (U+4EFB), 务 (U+52A1), 变 (U+53D8) and 1 more"),
    ("ladders: {hevc: {label: best 👍}}", "key 'ladders.hevc.label': found 👍 (U+1F44D), which the fonts"),
    ("claims: {paper: {text: أقل}}", "key 'claims.paper.text': found أ (U+0623)"),
]
"""Overlays on the default, and what is said of them."""


@pytest.mark.parametrize(("overlay", "message"), WRONG)
def test_a_wrong_configuration_is_refused_in_one_line(overlay: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(with_overlay(overlay, tmp_path))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def with_overlay(overlay: str, folder: Path) -> dict[str, Any]:
    """Return the default configuration with an overlay on it."""
    (folder / "overlay.yaml").write_text(overlay)
    return load_config([PROJECT / "config/config.yaml", folder / "overlay.yaml"])


LEGAL = [
    "codecs: {hevc_too: {codec: hevc, qualities: [qp10]}}",
    "comparisons: [{method: compressible, against: baseline}, {method: baseline, against: compressible}]",
    "methods: {task_hevc: {training: baseline}, task: {training: baseline}}",
    "methods: {task_klt: {label: HEVC}}",  # a ladder's label
    "methods: {task_klt: {label: 'Größe λ−1 ≤ Ж, 50 % → “x”'}}",
    "{output: out/a, dataset: {prepared: out/b, root: out/c}}",
    "{output: out, dataset: {prepared: out-data, root: out-raw}}",
    "output: srcs",
    "dataset: {name: camvid, root: ., images: {train: null, val: null}}",
    "dataset: {name: camvid, root: /data, images: {train: null, val: null}}",
    "keep: {training: baseline, folder: data/start}",
]


@pytest.mark.parametrize("overlay", LEGAL)
def test_what_does_no_harm_is_accepted(overlay: str, tmp_path: Path) -> None:
    config = with_overlay(overlay, tmp_path)
    assert checked(merged(config, {"tasks": ["segmentation", "reconstruction"], "claims": None})).runs()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed: [1]", "config: key 'seed' is unknown; did you mean 'seeds'?"),
        ("seeds: [1]\nseeds: [2]", "config: {path}:2: key 'seeds' is already given in line 1; "),
    ],
)
def test_snakemake_says_it_in_one_line(text: str, expected: str, project: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    assert refusal(project, str(path), "config/smoke.yaml").startswith(expected.format(path=path))


def test_snakemake_says_it_of_the_base_file(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    with (project / "config/config.yaml").open("a") as base:
        base.write("seeds: [1]\n")
    line = refusal(project, "config/smoke.yaml")
    assert re.match(r"config: .*config/config.yaml:\d+: key 'seeds' is already given in line \d+; ", line)
