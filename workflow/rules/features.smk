"""Feature dumping: what every trained network's encoder computes of a split, in floating point."""


rule features:
    input:
        arrays=LAYOUT.arrays("{split}"),
        weights=LAYOUT.weights(ANY_TRAINED),
        description=LAYOUT.description(ANY_TRAINED),
    output:
        # Where they are not kept, Snakemake deletes them after the last job that reads them.
        features=(str if EXPERIMENT.keep_features else temp)(LAYOUT.features(ANY_TRAINED, "{split}")),
    log:
        LAYOUT.log("features", f"{ANY_TRAINED.id}/{{split}}"),
    benchmark:
        LAYOUT.benchmark("features", f"{ANY_TRAINED.id}/{{split}}")
    resources:
        **needs(lambda w: JOBS.features(w.cut, w.split), training=lambda w: w.training),
    params:
        *code("features", *TASK_MODULES),
        settings=lambda w: settings(device=EXPERIMENT.trainings[w.training].device, threads=1),
        plugin_code=lambda w: plugin_code("features", network_module(EXPERIMENT, w.cut), *TASK_MODULES),
        tools=versions("torch", "numpy"),
    shell:
        "python -m compfeat features --settings {params.settings} --arrays {input.arrays:q} --weights {input.weights:q} "
        "--description {input.description:q} --features {output.features:q} > {log:q} 2>&1"
