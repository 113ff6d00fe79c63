"""Training: one job a trained network. Trainings that start from another one wait for it."""

from compfeat.training.settings import TrainSettings

WEIGHTS_ENDING = ".safetensors"


def start_of(cut, training):
    """Return the file that a training starts from, with a wildcard for the seed; none where it starts from none."""
    start = EXPERIMENT.trainings[training].start
    if start is None:
        return None
    return (
        LAYOUT.weights(Trained(cut, start, "{seed}")) if start in EXPERIMENT.trainings else start.replace("{cut}", cut)
    )


def start_files(wildcards):
    """Return the weights that a training starts from, by the name of the stage's argument."""
    files, encoder = {}, EXPERIMENT.cuts[wildcards.cut].encoder_weights
    start = start_of(wildcards.cut, wildcards.training)
    if start is not None:
        files["initial"] = start.format(**wildcards)
    elif encoder is not None:
        files["encoder_weights"] = str(Path(encoder).expanduser())
    return files


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
    return [network_module(cut), f"losses.{own.loss.name}", f"training.variants.{own.variant.name}", *TASK_MODULES]


rule train:
    input:
        unpack(start_files),
        train=LAYOUT.arrays("train"),
        val=LAYOUT.arrays("val"),
        info=LAYOUT.info("train"),
    output:
        weights=LAYOUT.weights(ANY_TRAINED),
        description=LAYOUT.description(ANY_TRAINED),
        epoch_table=LAYOUT.epochs(ANY_TRAINED),
    log:
        LAYOUT.log("train", ANY_TRAINED.id),
    benchmark:
        LAYOUT.benchmark("train", ANY_TRAINED.id)
    threads: lambda w: EXPERIMENT.trainings[w.training].threads
    params:
        *code("train"),
        # From the wildcards alone: Snakemake does not compare params that are made from `input`, so a change would be missed.
        settings=lambda w: settings(**section(train_settings(w.cut, w.training, w.seed))),
        start=lambda w: flags(**start_files(w)),
        plugin_code=lambda w: plugin_code("train", *training_modules(w.cut, w.training)),
        tools=versions("torch", "numpy"),
    shell:
        "python -m compfeat train --settings {params.settings} --train-arrays {input.train:q} --val-arrays {input.val:q} "
        "--info {input.info:q} {params.start} --weights {output.weights:q} --description {output.description:q} "
        "--epoch-table {output.epoch_table:q} > {log:q} 2>&1"
