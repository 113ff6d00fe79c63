"""What jobs are given, by cut, training, method and codec: modules, files and settings."""

from compfeat.codecs import CODECS
from compfeat.experiment.checks import ELSEWHERE
from compfeat.experiment.entries import CUT
from compfeat.experiment.runs import UNCODED, Point, Run, Trained
from compfeat.experiment.section import options_of
from compfeat.experiment.start import read_start
from compfeat.training.settings import TrainSettings
from compfeat.training.variants import VARIANTS
from compfeat.transforms import TRANSFORMS

TASK_MODULES = [f"tasks.{task}" for task in EXPERIMENT.tasks]


def network_module(cut):
    """Return the module of a cut's network."""
    return f"networks.{EXPERIMENT.cuts[cut].name}"


def transform_module(method):
    """Return the module of a method's transform, in a list; an empty one where it has none."""
    transform = EXPERIMENT.methods[method].transform
    return [] if transform is None else [f"transforms.{transform.name}"]


def codec_module(codec):
    """Return the module of a codec of the config, in a list; an empty one for the points that need none."""
    return [] if codec == UNCODED else [f"codecs.{EXPERIMENT.codecs[codec].codec or codec}"]


def codec_class(codec):
    """Return the codec that an entry of the config names."""
    return CODECS.get(EXPERIMENT.codecs[codec].codec or codec)


def codec_options(codec):
    """Return the options that an entry of the config gives its codec."""
    return options_of(codec_class(codec), EXPERIMENT.codecs[codec].options, f"codecs.{codec}")


def codec_tool(codec):
    """Return name and version of the program that codes; nothing for the points that need none."""
    return [] if codec == UNCODED else [codec_class(codec).tool(EXPERIMENT.tools.ffmpeg_path, codec_options(codec))]


def trained_of(method):
    """Return the trained network of a method's runs, with wildcards for cut and seed."""
    return Trained("{cut}", EXPERIMENT.methods[method].training, "{seed}")


def sends(method):
    """Return what a method sends: features or image."""
    return EXPERIMENT.methods[method].sends


def is_fitted(method):
    """Return whether a method's transform is fitted to train features."""
    transform = EXPERIMENT.methods[method].transform
    return transform is not None and TRANSFORMS.get(transform.name).fitted


def transform_section(method):
    """Return a method's transform with its options; None where it has none."""
    transform = EXPERIMENT.methods[method].transform
    return None if transform is None else section(transform)


def sent(method, split):
    """Return the file of what a method sends of a split: features, or packed images."""
    return LAYOUT.features(trained_of(method), split) if sends(method) == "features" else LAYOUT.arrays(split)


def fitted_state(method, codec=None):
    """Return the files of a method's fitted transform and of a codec fitted to it, by what the stages call them."""
    files, run = {}, Run("{cut}", method, "{seed}")
    if is_fitted(method):
        files["transform"] = LAYOUT.transform(run)
    if codec not in (None, UNCODED) and codec_class(codec).fitted:
        files["state"] = LAYOUT.codec_state(run, codec)
    return files


def state_files(input):
    """Return those files of a job's input."""
    return {name: input[name] for name in ("transform", "state") if name in input.keys()}


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


def known_starts():
    """Return what the weights that trainings start from were trained on, by `start` as the config has it, where that is known."""
    known = {}
    for start in {entry.start for entry in EXPERIMENT.trainings.values()} - {None, *EXPERIMENT.trainings}:
        described = [Path(LAYOUT.start(start.replace(CUT, cut))) for cut in EXPERIMENT.cuts]
        known |= {start: section(read_start(path).trained_on) for path in described[:1] if path.is_file()}
    return known


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


def training_modules(cut, training):
    """Return the modules that a training is given by name."""
    own = EXPERIMENT.trainings[training]
    coding = [f"codecs.{codec}" for codec in training_codecs(training)]
    return [
        network_module(cut),
        f"losses.{own.loss.name}",
        f"training.variants.{own.variant.name}",
        *coding,
        *TASK_MODULES,
    ]


def training_codecs(training):
    """Return the names of the codecs that a training's steps use."""
    own = EXPERIMENT.trainings[training].variant
    variant = VARIANTS.get(own.name)
    return variant.codecs(options_of(variant, own.options, f"trainings.{training}.variant"))


def device_settings(training):
    """Return the machine's settings for inference with a training's network."""
    return dict(device=EXPERIMENT.trainings[training].device, threads=1)


def fit_input(method):
    """Return what is read to fit something of a method."""
    trained = trained_of(method)
    return dict(
        features=LAYOUT.features(trained, "train"),
        scenes=LAYOUT.arrays("train"),
        weights=LAYOUT.weights(trained),
        description=LAYOUT.description(trained),
    )


def codec_settings(method, codec):
    """Return the settings of sender and receiver for a method and a codec."""
    entry = EXPERIMENT.codecs[codec]
    return dict(
        codec=entry.codec or codec,
        options=entry.options,
        qualities=list(EXPERIMENT.qualities(method)[codec]),
        sends=sends(method),
        transform=transform_section(method),
        ffmpeg=EXPERIMENT.tools.ffmpeg_path,
    )


def coding_settings(method, codec):
    """Return what a codec that is fitted by coding is told besides; nothing of the others."""
    if not codec_class(codec).fitted_by_coding:
        return {}
    return dict(qualities=list(EXPERIMENT.qualities(method)[codec]), ffmpeg=EXPERIMENT.tools.ffmpeg_path)


def coded_files(method, codec):
    """Return the files of all qualities of a codec, with wildcards for cut and seed, by what the stages call them."""
    run = Run("{cut}", method, "{seed}")
    points = [Point(run, codec, quality) for quality in EXPERIMENT.qualities(method)[codec]]
    return dict(
        streams=[LAYOUT.stream(point) for point in points],
        side_infos=[LAYOUT.side_info(point) for point in points],
        ledgers=[LAYOUT.ledger(point) for point in points],
    )


def evaluate_settings(method, codec):
    """Return the receiver's settings."""
    own = (
        codec_settings(method, codec)
        if codec != UNCODED
        else dict(
            codec=UNCODED,
            qualities=list(EXPERIMENT.uncoded_qualities(method)),
            sends=sends(method),
            transform=transform_section(method),
        )
    )
    return own | device_settings(EXPERIMENT.methods[method].training) | dict(showcase=list(EXPERIMENT.showcase.images))


def table_inputs(spec):
    """Return the files that a computation reads, as (KIND:ID, path)."""
    files = [(f"{kind}:{name}", path) for kind in spec.needs for name, path in KINDS[kind].items()]
    return files + [(f"table:{name}", LAYOUT.table(name)) for name in spec.tables]
