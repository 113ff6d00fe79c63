"""The workflow as Snakemake sees it: lint, job counts of every configuration, and what a wrong configuration says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from compfeat.codecs.base import CODECS
from compfeat.datasets.base import DATASETS
from compfeat.errors import ConfigError
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config, merged
from compfeat.experiment.layout import Layout
from compfeat.experiment.runs import TRANSFORM, Run
from compfeat.results.tables import TABLES
from compfeat.stages.checks import checked
from helpers import PROJECT
from project_copy import SNAKEMAKE, attempt, copy_project, snakemake

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


def job_counts(output: str) -> dict[str, int]:
    """Return the table of a dry run: jobs by rule."""
    return {m[1]: int(m[2]) for m in re.finditer(r"^(\w+) +(\d+)$", output, re.M)}


def test_lint(project: Path) -> None:
    found = attempt(project, *SNAKEMAKE, "--lint", "text")
    lints = {line.strip() for line in (found.stdout + found.stderr).splitlines() if line.startswith("    * ")}
    assert lints == set()


def fits(e: Experiment) -> list[tuple[Run, str]]:
    """Return what is fitted to train features: each run's transform, under no name, and its codecs."""
    transforms = [(run, "") for run in e.runs() if e.methods[run.method].transform is not None]
    known = {name: CODECS.get(entry.codec or name) for name, entry in e.codecs.items()}
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
    expected = {
        "render": 2 if DATASETS.get(e.dataset.name).rendered else 0,
        "prepare": 2,
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
    counts: dict[str, int] = {}
    for rule, count in job_counts(output).items():
        kind = rule if rule in expected else rule.partition("_")[0]
        counts[kind] = counts.get(kind, 0) + count
    assert {rule: counts.get(rule, 0) for rule in expected} == expected


def test_val_never_reaches_a_fit(project: Path) -> None:
    """Of all files that lead to what is fitted, val is read by trainings alone, for their epoch tables."""
    e = experiment("methods")
    layout = Layout(e.output, e.dataset.prepared)
    fitted = [layout.fitted(run, codec or TRANSFORM) for run, codec in fits(e)]
    output = snakemake(
        project, *fitted, "--dry-run", "--forceall", "--quiet", "host", "--configfile", "config/methods.yaml"
    )
    sources = {path: reads for rule, reads, made in jobs(output) if rule != "train" for path in made}
    read, pending = set[str](), list(fitted)
    while pending:
        found = sources.get(pending.pop(), set()) - read
        read |= found
        pending += found
    assert layout.arrays("train") in read and any(path.endswith("weights.safetensors") for path in read)
    assert {path for path in read if Path(path).name == "train.npy" and path.startswith(f"{e.output}/features/")}
    assert [path for path in sorted(read) if Path(path).stem == "val"] == []


def jobs(listing: str) -> list[tuple[str, set[str], set[str]]]:
    """Return the rule, inputs and outputs of every job that a dry run lists."""
    found = []
    for block in re.split(r"^(?:local)?rule ", listing, flags=re.M)[1:]:
        fields = dict(re.findall(r"^    (input|output): (.*)$", block, re.M))
        reads, made = (set(fields.get(key, "").split(", ")) - {""} for key in ("input", "output"))
        found.append((block.partition(":")[0], reads, made))
    return found


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
        assert own["png"] == usual["png"]
        assert all(own[codec] != usual[codec] and len(own[codec]) >= len(usual[codec]) for codec in ("jpeg", "hevc"))


@pytest.mark.parametrize("name", CONFIGS)
def test_configurations_are_valid(name: str) -> None:
    assert experiment(name).runs()


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


WRONG = {
    "unknown key": ("colour: red", "key 'colour' is unknown; expected one of output, dataset"),
    "misspelt key": ("statistics: {sed: 1}", "key 'statistics.sed' is unknown; did you mean 'seed'?"),
    "misspelt shared key": ("training: {thread: 1}", "key 'training.thread' is unknown; expected one of"),
    "wrong type": ("training: {threads: four}", "threads': found 'four'; input should be a valid integer"),
    "null": ("network: {width: null}", "width': found None; input should be a valid integer"),
    "output outside": (
        "output: ../elsewhere",
        "key 'output': found '../elsewhere'; expected a folder relative to the project",
    ),
    "wrong choice": ("dataset: {name: citiscapes}", "dataset 'citiscapes' is unknown; expected one of"),
    "png has one quality": ("codecs: {png: {qualities: [q90]}}", "quality 'q90' is unknown; expected one of lossless"),
    "hevc ends at qp51": ("codecs: {hevc: {qualities: [qp99]}}", "quality 'qp99' is unknown; expected one of"),
    "codec option": ("codecs: {png: {bitts: 7}}", "key 'codecs.png.bitts' is unknown; did you mean 'bits'?"),
    "codec": ("codecs: {vvcc: {qualities: [a]}}", "codec 'vvcc' is unknown; expected one of"),
    "size": (
        "dataset: {size: [100, 256]}",
        "key 'dataset.size': 100x256 does not fit cut c512; expected multiples of 32 px",
    ),
    "size and downscale": (
        "{dataset: {size: [96, 160]}, training: {phases: [{epochs: 1, downscale: 2, crop_width_px: 0, batch_size: 4, "
        "learning_rate: 0.001, final_rate_fraction: 1}]}}",
        "phases",
    ),
    "no method": ("comparisons: [{method: mine, against: baseline}]", "method 'mine' is not there; expected one of"),
    "itself": ("comparisons: [{method: baseline, against: baseline}]", "'baseline' is compared with itself"),
    "claims": ("claims: {paper: {method: baseline, against: compressible}}", "key 'claims.paper': 'baseline' against"),
    "ladder of a claim": ("claims: {paper: {ladders: [mine]}}", "key 'claims.paper': ladder 'mine' is not there"),
    "claim across ladders that are not compared": (
        "claims: {codec: {ladder: published, against_ladder: hevc}}",
        "key 'claims.codec': 'task_klt' against 'baseline' is not among the comparisons on its ladders",
    ),
    "two published claims": ("claims: {transform: {published: true}}", "key 'claims': several are `published`"),
    "training": ("methods: {mine: {training: nothing}}", "training 'nothing' is not there"),
    "start": ("trainings: {baseline: {start: baseline}}", "never begins"),
    "kept training": ("keep: {training: basline, folder: data/start}", "key 'keep.training': training 'basline'"),
    "kept of two seeds": (
        "{seeds: [1, 2], keep: {training: baseline, folder: data/start}}",
        "key 'keep': 2 seeds; expected one",
    ),
    "kept in the output": (
        "keep: {training: baseline, folder: results/train}",
        "key 'keep.folder': results/train lies in results, the folder of 'output'; expected one beside it",
    ),
    "loss option": (
        "trainings: {compressible: {loss: {strenght: 1}}}",
        "key 'trainings.compressible.loss.strenght' is unknown; did you mean 'strength'?",
    ),
    "phase": ("training: {phases: [{epochs: 1}]}", "phases.0.downscale' is missing"),
    "ladder": ("ladders: {mine: {codecs: [vvc]}}", "key 'ladders.mine.codecs': codec 'vvc' is not there"),
    "render all": ("dataset: {images: {val: null}}", "key 'dataset.images.val': found null; expected how many"),
    "showcase": ("showcase: {images: [999]}", "key 'showcase.images': image 999 is beyond the"),
    "weights": ("network: {encoder_weights: w.safetensors}", "the pretrained resnet34 has width 64"),
    "transform": ("methods: {mine: {training: baseline, transform: dct}}", "transform 'dct' is unknown"),
    "transform option": (
        "methods: {mine: {training: baseline, transform: {name: task_klt, flor: 1}}}",
        "key 'methods.mine.transform.flor' is unknown; did you mean 'floor'?",
    ),
    "transform range": (
        "methods: {mine: {training: baseline, transform: {name: task_klt, floor: 0}}}",
        "key 'methods.mine.transform.floor': found 0; input should be greater than or equal to 0.001",
    ),
    "transform weights": (
        "methods: {mine: {training: baseline, transform: {name: task_klt, weights: {depth: 1}}}}",
        "key 'methods.mine.transform': weights: task 'depth' is not among the tasks; expected some of segmentation",
    ),
    "qualities of no codec": (
        "methods: {mine: {training: baseline, qualities: {vvc: [qp4]}}}",
        "key 'methods.mine.qualities': codec 'vvc' is not there; expected one of png, jpeg, hevc, laplace",
    ),
    "qualities of none": (
        "methods: {mine: {training: baseline, qualities: {hevc: []}}}",
        "key 'methods.mine.qualities.hevc': found []; ",
    ),
    "quality of a method": (
        "methods: {mine: {training: baseline, qualities: {hevc: [qp4, qp52]}}}",
        "key 'methods.mine.qualities.hevc': codec 'hevc': quality 'qp52' is unknown",
    ),
    "quality of a method twice": (
        "methods: {mine: {training: baseline, qualities: {hevc: [qp4, qp4]}}}",
        "key 'methods.mine.qualities.hevc': 'qp4' is named 2 times; expected each once",
    ),
    "qualities and codecs": (
        "methods: {mine: {training: baseline, codecs: {png: [lossless]}, qualities: {hevc: [qp4]}}}",
        "key 'methods.mine.qualities': 'codecs' gives this method's qualities, too; remove one of them",
    ),
    "figure of no ladder": (
        "figures: [rate_accuracy@mine]",
        "key 'figures': rate_accuracy@mine: ladder 'mine' is not there; expected one of hevc, published, laplace",
    ),
    "figure": ("figures: [rate]", "figure 'rate' is unknown; expected one of"),
    "start with other braces": (
        "trainings: {baseline: {start: 'data/{cut}-{seed}.safetensors'}}",
        "key 'trainings.baseline.start': found 'data/{cut}-{seed}.safetensors'; expected no braces but those of {cut}",
    ),
    "start with half a brace": (
        "trainings: {baseline: {start: 'data/{cut.safetensors'}}",
        "'data/{cut.safetensors'; expected no braces but those of {cut}, and no control",
    ),
    "no start file": (
        "trainings: {baseline: {start: 'no/{cut}.safetensors'}}",
        "key 'trainings.baseline.start': no/c512.safetensors: not found; expected a safetensors file",
    ),
    "no start file at home": (
        "trainings: {baseline: {start: '~nobody_here/x.safetensors'}}",
        "key 'trainings.baseline.start': ~nobody_here/x.safetensors: could not determine home directory; give the whole path",
    ),
    "no encoder file": (
        "{network: {width: 64, encoder_weights: no/w.safetensors}, "
        "trainings: {baseline: {start: null}, compressible: {start: null}}}",
        "key 'cuts.c512.encoder_weights': no/w.safetensors: not found; expected a safetensors file",
    ),
    "no home of the dataset": ("dataset: {root: ~nobody_here/x}", "key 'dataset.root': ~nobody_here/x: could not"),
    "output at home": ("output: ~/results", "key 'output': found '~/results'; expected a folder relative to"),
    "a list without brackets": ("seeds: 0,1", "key 'seeds': found '0,1'; expected a list, such as [a, b]"),
    "a seed beyond 63 bits": ("seeds: [9999999999999999999]", "key 'seeds.0': found 9999999999999999999; input should"),
    "a quality twice": ("codecs: {hevc: {qualities: [qp10, qp10]}}", "key 'codecs.hevc.qualities': 'qp10' is named 2"),
    "one feature element": (
        "{dataset: {size: [32, 32]}, training: {phases: [{epochs: 1, downscale: 1, crop_width_px: 0, batch_size: 1, "
        "learning_rate: 0.002, final_rate_fraction: 0.3}]}}",
        "phase 0: one image of 32x32 px, 1 times smaller, gives one feature element a channel at cut c512",
    ),
    "one feature element of one image": (
        "{dataset: {size: [32, 32], images: {train: 1}}}",
        "phase 0: one image of 32x32 px, 1 times smaller, gives one feature element a channel at cut c512",
    ),
    "ffmpeg at nobody's home": ("tools: {ffmpeg: ~nobody_here/ffmpeg}", "~nobody_here/ffmpeg: could not determine"),
    "braces in the output": ("output: 'res{x}'", "key 'output': found 'res{x}'; expected a path without braces"),
    "newline in the output": (
        'output: "a\\nb"',
        "key 'output': found 'a\\nb'; expected a path without braces and control",
    ),
    "output like an option": ("output: -x", "key 'output': found '-x'; expected a path that does not begin with -"),
    "braces in the root": (
        "dataset: {root: 'data/raw/{x}'}",
        "key 'dataset.root': found 'data/raw/{x}'; expected a path",
    ),
    "tab in the root": ('dataset: {root: "data/\\traw"}', "key 'dataset.root': found 'data/\\traw'; expected a path"),
    "braces in the prepared": (
        "dataset: {prepared: 'data/{split}'}",
        "key 'dataset.prepared': found 'data/{split}'; exp",
    ),
    "braces in the kept": (
        "keep: {training: baseline, folder: 'x{cut}'}",
        "key 'keep.folder': found 'x{cut}'; expected",
    ),
    "braces of the encoder": (
        "network: {encoder_weights: 'w-{place}-{cut}.safetensors'}",
        "encoder_weights': found 'w-{place}-{cut}.safetensors'; expected no braces but those of {cut}",
    ),
    "newline in a start": (
        'trainings: {baseline: {start: "a\\n.safetensors"}}',
        "start': found 'a\\n.safetensors'; exp",
    ),
    "braces in a record": ("records: {seeds: 'data/{x}'}", "key 'records.seeds': found 'data/{x}'; expected a path"),
    "control character in a tool": (
        'tools: {ffmpeg: "a\\u0085b"}',
        "key 'tools.ffmpeg': found 'a\\x85b'; expected a path",
    ),
    "half a character": ('output: "a\\uD800"', "key 'output': found 'a\\ud800'; expected a path"),
    "output in the project's": (
        "output: src",
        "key 'output': found src; expected a folder apart from the project's own src",
    ),
    "output in a folder of it": ("output: tests/out", "expected a folder apart from the project's own tests, such as"),
    "output of another case": ("output: Docs", "expected a folder apart from the project's own docs"),
    "output over records": (
        "output: data",
        "key 'output': found data; expected a folder apart from the project's own data/",
    ),
    "output in git": ("output: .git/x", "expected a folder apart from the project's own .git"),
    "output is a file": ("output: Makefile/x", "key 'output': Makefile is a file; expected a folder"),
    "prepared in the project's": (
        "dataset: {prepared: workflow}",
        "key 'dataset.prepared': found workflow; expected a",
    ),
    "rendered into the project": (
        "dataset: {root: .}",
        "key 'output': results lies in ., the folder of 'dataset.root'",
    ),
    "rendered into the sources": ("dataset: {root: config/x}", "key 'dataset.root': found config/x; expected a folder"),
    "kept among records": (
        "keep: {training: baseline, folder: data/reference}",
        "key 'keep.folder': found data/reference",
    ),
    "prepared in the output": (
        "dataset: {prepared: results/data}",
        "key 'dataset.prepared': results/data lies in results, the folder of 'output'; expected one beside it",
    ),
    "prepared is the output": (
        "dataset: {prepared: results}",
        "key 'output': results lies in results, the folder of 'da",
    ),
    "output in the prepared": (
        "output: data/prepared/streets/x",
        "lies in data/prepared/streets, the folder of 'dataset.",
    ),
    "root in the output": (
        "dataset: {root: results/raw}",
        "key 'dataset.root': results/raw lies in results, the folder",
    ),
    "output in the root": (
        "output: data/raw/streets/x",
        "key 'output': data/raw/streets/x lies in data/raw/streets, the",
    ),
    "root in the prepared": (
        "dataset: {root: ./data/prepared/streets/}",
        "lies in data/prepared/streets, the folder of",
    ),
    "a ladder's codec twice": (
        "ladders: {hevc: {codecs: [hevc, hevc]}}",
        "key 'ladders.hevc.codecs': 'hevc' is named 2",
    ),
    "a comparison's ladder twice": (
        "comparisons: [{method: compressible, against: baseline, ladders: [hevc, hevc]}]",
        "key 'comparisons.0.ladders': 'hevc' is named 2 times; expected each once",
    ),
    "a claim's ladder twice": (
        "claims: {paper: {ladders: [hevc, hevc]}}",
        "key 'claims.paper.ladders': 'hevc' is named 2",
    ),
    "a comparison twice": (
        "comparisons: [{method: compressible, against: baseline}, {method: compressible, against: baseline}]",
        "key 'comparisons.1': compressible against baseline on hevc is 'comparisons.0' already; remove one",
    ),
    "a comparison twice, resolved": (
        "comparisons: [{method: compressible, against: baseline}, "
        "{method: compressible, against: baseline, ladder: laplace, against_ladder: laplace}]",
        "key 'comparisons.1': compressible against baseline on laplace is 'comparisons.0' already; remove one",
    ),
    "a comparison twice across ladders": (
        "comparisons: [{method: task_klt, against: baseline, ladder: laplace, against_ladder: hevc}, "
        "{method: task_klt, against: baseline, ladder: laplace, against_ladder: hevc}]",
        "key 'comparisons.1': task_klt against baseline on laplace against hevc is 'comparisons.0' already",
    ),
    "a label twice": (
        "methods: {compressible: {label: baseline}}",
        "key 'methods.compressible.label': baseline is called 'baseline', too; give one of them a label of its own",
    ),
    "a label twice, spaced": (
        "methods: {compressible: {label: 'task  KLT '}}",
        "compressible is called 'task KLT', too",
    ),
    "a ladder's label twice": (
        "ladders: {laplace: {label: HEVC}}",
        "key 'ladders.laplace.label': hevc is called 'HEVC', t",
    ),
    "a codec called none": (
        "codecs: {none: {codec: png, qualities: [lossless]}}",
        "key 'codecs.none': 'none' stands for the points that need no codec; give the entry another name",
    ),
    "a codec called transform": (
        "codecs: {transform: {codec: png, qualities: [lossless]}}",
        "key 'codecs.transform': 'transform' stands for a method's transform in the names of logs",
    ),
    "a path as name": (
        "methods: {a/b: {training: baseline}}",
        "key 'methods.a/b': found 'a/b'; string should match",
    ),
    "no name": ("methods: {'': {training: baseline}}", "key 'methods.': found ''; string should match"),
    "upper case in a name": ("cuts: {C256: {}}", "key 'cuts.C256': found 'C256'; string should match"),
    "showcase twice": ("showcase: {images: [1, 1]}", "key 'showcase.images': 1 is named 2 times; expected each once"),
    "Chinese": (
        "methods: {task_klt: {label: 任务变换}}",
        "key 'methods.task_klt.label': found 任 (U+4EFB), 务 (U+52A1), 变 (U+53D8) and 1 more, which the fonts of figures and",
    ),
    "emoji": ("ladders: {hevc: {label: best 👍}}", "key 'ladders.hevc.label': found 👍 (U+1F44D), which the fonts"),
    "Arabic": ("claims: {paper: {text: أقل}}", "key 'claims.paper.text': found أ (U+0623)"),
    "newline in a label": (
        'methods: {task_klt: {label: "a\\nb"}}',
        "key 'methods.task_klt.label': found (U+000A), which",
    ),
    "ffmpeg": ("tools: {ffmpeg: /no/such/ffmpeg}", "key 'tools.ffmpeg': /no/such/ffmpeg: cannot be run"),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_a_wrong_configuration_is_refused_in_one_line(case: str, tmp_path: Path) -> None:
    overlay, message = WRONG[case]
    (tmp_path / "wrong.yaml").write_text(overlay)
    with pytest.raises(ConfigError) as caught:
        checked(load_config([PROJECT / "config/config.yaml", tmp_path / "wrong.yaml"]))
    assert message in str(caught.value) and "\n" not in str(caught.value)


LEGAL = {
    "one codec in two entries": "codecs: {hevc_too: {codec: hevc, qualities: [qp10]}}",
    "the other way round": "comparisons: [{method: compressible, against: baseline}, {method: baseline, against: compressible}]",
    "a name of two others": "methods: {task_hevc: {training: baseline}, task: {training: baseline}}",
    "a label of a method and of a ladder": "{methods: {task_klt: {label: HEVC}}}",
    "letters": "methods: {task_klt: {label: 'Größe λ−1 ≤ Ж, 50 % → “x”'}}",
    "folders beside each other": "{output: out/a, dataset: {prepared: out/b, root: out/c}}",
    "folders that begin alike": "{output: out, dataset: {prepared: out-data, root: out-raw}}",
    "like the project's": "output: srcs",
    "the project in the root": "dataset: {name: camvid, root: ., images: {train: null, val: null}}",
    "images elsewhere": "dataset: {name: camvid, root: /data, images: {train: null, val: null}}",
    "kept where others start": "keep: {training: baseline, folder: data/start}",
}


@pytest.mark.parametrize("case", sorted(LEGAL))
def test_what_does_no_harm_is_accepted(case: str, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(LEGAL[case])
    config = load_config([PROJECT / "config/config.yaml", tmp_path / "own.yaml"])
    assert checked(merged(config, {"tasks": ["segmentation", "reconstruction"], "claims": None})).runs()


SAID = {
    "unknown.yaml": ("seed: [1]", "config: key 'seed' is unknown; did you mean 'seeds'?"),
    "twice.yaml": ("seeds: [1]\nseeds: [2]", "config: {path}:2: key 'seeds' is already given in line 1; "),
    "twice.json": ('{{"seeds": [1],\n"seeds": [2]}}', "config: {path}:2: key 'seeds' is already given in line 1; "),
    "below.yaml": ("a: {{b: 1, b: 2}}", "config: {path}:1: key 'a.b' is already given in line 1; "),
}


def said(project: Path, *overlays: Path) -> list[str]:
    """Return the lines in which a dry run refuses a configuration."""
    done = attempt(project, *SNAKEMAKE, "--dry-run", "--configfile", *map(str, overlays))
    output = done.stdout + done.stderr
    assert done.returncode != 0 and "Traceback" not in output
    return [line for line in output.splitlines() if line.startswith("config: ")]


@pytest.mark.parametrize("name", SAID)
def test_snakemake_says_it_in_one_line(name: str, project: Path, tmp_path: Path) -> None:
    text, expected = SAID[name]
    (tmp_path / name).write_text(text.format())
    (tmp_path / "fine.yaml").write_text("seeds: [3]")
    (line,) = said(project, tmp_path / name, tmp_path / "fine.yaml")
    assert line.startswith(expected.format(path=tmp_path / name))


def test_snakemake_says_it_of_the_base_file(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    base = project / "config/config.yaml"
    base.write_text(f"{base.read_text()}seeds: [1]\n")
    (tmp_path / "fine.yaml").write_text("seeds: [3]")
    (line,) = said(project, tmp_path / "fine.yaml")
    assert re.match(r"config: .*config/config.yaml:\d+: key 'seeds' is already given in line \d+; ", line)
