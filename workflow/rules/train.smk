"""Training: one job per trained network. Trainings that start from another one wait for it."""

from compfeat.settings.recipe import INSTALLED
from compfeat.training.plugins import plugin_modules, programs

KEPT_WEIGHTS = TRAINING.kept_weights()
KEPT = [path for weights in KEPT_WEIGHTS for path in (weights, LAYOUT.start(weights))]


rule train:
    input:
        unpack(lambda w: {name: path for name, path in start_files(w).items() if path != INSTALLED}),
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
    resources:
        **needs(lambda w: JOBS.train(w.cut, w.training), training=lambda w: w.training),
    params:
        *code("train"),
        # From the wildcards alone: Snakemake does not compare params that are made from `input`, so a change would be missed.
        settings=lambda w: settings(**section(TRAINING.settings(trained_of(w)))),
        start=lambda w: flags(**start_files(w)),
        plugin_code=lambda w: plugin_code("train", *plugin_modules(TRAINING.settings(trained_of(w)))),
        tools=lambda w: ", ".join([versions("torch", "numpy"), *programs(TRAINING.settings(trained_of(w)))]),
    shell:
        "python -m compfeat train --settings {params.settings} --train-arrays {input.train:q} --val-arrays {input.val:q} "
        "--info {input.info:q} {params.start} --weights {output.weights:q} --description {output.description:q} "
        "--epoch-table {output.epoch_table:q} > {log:q} 2>&1"


if KEPT:
    KEPT_NETWORK = Trained("{cut}", EXPERIMENT.keep.training, EXPERIMENT.seeds[0])

    rule keep:
        input:
            weights=LAYOUT.weights(KEPT_NETWORK),
            description=LAYOUT.description(KEPT_NETWORK),
        output:
            kept=LAYOUT.kept(EXPERIMENT.keep.folder, "{cut}"),
            start=LAYOUT.start(LAYOUT.kept(EXPERIMENT.keep.folder, "{cut}")),
        log:
            LAYOUT.log("keep", "{cut}"),
        benchmark:
            LAYOUT.benchmark("keep", "{cut}")
        resources:
            **needs(lambda w: JOBS.shown("draw")),
        params:
            *code("keep"),
            settings=settings(**TRAINING.keep_settings(EXPERIMENT.keep.training, SOURCES.rendered)),
        shell:
            "python -m compfeat keep --settings {params.settings} --weights {input.weights:q} --description {input.description:q} "
            "--kept {output.kept:q} --start {output.start:q} > {log:q} 2>&1"
