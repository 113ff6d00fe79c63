"""What jobs are given, by cut, training, method and codec: modules, files and settings."""

from compfeat.stages.checks import ELSEWHERE
from compfeat.experiment.entries import CUT
from compfeat.experiment.runs import Trained
from compfeat.stages.coding import Coding
from compfeat.training.settings import TrainSettings

CODING = Coding(EXPERIMENT, LAYOUT)

TASK_MODULES = [f"tasks.{task}" for task in EXPERIMENT.tasks]


def run_of(wildcards):
    """Return the run that a job's wildcards name."""
    return Run(wildcards.cut, wildcards.method, int(wildcards.seed))


def training_of(wildcards):
    """Return the training whose network a job's run uses."""
    return EXPERIMENT.methods[wildcards.method].training


def network_module(cut):
    """Return the module of a cut's network."""
    return f"networks.{EXPERIMENT.cuts[cut].name}"


def sources_identity(split):
    """Return what the source images of a split are, so that a change, a loss or a new image is seen: a user's by their content,
    rendered ones by what is not as it was rendered."""
    known = Path(".snakemake", "-".join(["sources", *Path(DATASET.prepared).parts, f"{split}.json"]))
    if IS_RENDERED:
        found = listing(DATASET.name, ROOT, split, FIELDS)
        return render_changes(found, ROOT, ROOT / f"{split}.csv", known)
    return content_identity(SOURCES[split], DATASET.images.of(split), known)


def start_files(wildcards):
    """Return the weights that a training starts from, by the name of the stage's argument."""
    cut, training = wildcards.cut, wildcards.training
    start, encoder = EXPERIMENT.trainings[training].start, EXPERIMENT.cuts[cut].encoder_weights
    files = dict(
        initial=(
            LAYOUT.weights(Trained(cut, start, wildcards.seed))
            if start in EXPERIMENT.trainings
            else fetched(EXPERIMENT.start_file(cut, training), start, cut)
        ),
        encoder_weights=fetched(EXPERIMENT.encoder_file(cut, training), encoder, cut),
    )
    return {name: path for name, path in files.items() if path is not None}


def fetched(path, given, cut):
    """Return an input file that is `given` by the configuration: where that is an address in an object store, by way of
    Snakemake's storage plugin."""
    return path if path is None or ELSEWHERE not in given else storage(given.replace(CUT, cut))


def described_starts():
    """Return the weights from outside the run that trainings start from and that have a description beside them."""
    files = {EXPERIMENT.start_file(trained.cut, trained.training) for trained in EXPERIMENT.trained()} - {None}
    return [path for path in sorted(files) if Path(path).is_file() and Path(LAYOUT.start(path)).is_file()]


def train_settings(cut, training, seed):
    """Return what a training is made from beside its files."""
    return TrainSettings.of(
        cut,
        training,
        int(seed),
        EXPERIMENT.tasks,
        section(EXPERIMENT.cuts[cut]),
        section(EXPERIMENT.trainings[training]),
    )


def device_settings(training):
    """Return the machine's settings for inference with a training's network."""
    return dict(device=EXPERIMENT.trainings[training].device, threads=1)


def table_inputs(spec):
    """Return the files that a computation reads, as (KIND:ID, path)."""
    files = [(f"{kind}:{name}", path) for kind in spec.needs for name, path in KINDS[kind].items()]
    return files + [(f"table:{name}", LAYOUT.table(name)) for name in spec.tables]
