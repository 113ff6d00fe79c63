"""Task evaluation: one job per run and codec, of what its bitstreams decode to at all qualities. Codec `none` is what needs no codec."""


rule evaluate:
    input:
        unpack(lambda w: CODING.evaluate_files(run_of(w), w.codec)),
    output:
        scores=LAYOUT.scores(ANY_RUN, "{codec}"),
        distortions=LAYOUT.distortions(ANY_RUN, "{codec}"),
        pictures=LAYOUT.pictures(ANY_RUN, "{codec}"),
    log:
        LAYOUT.log("evaluate", f"{ANY_RUN.id}/{{codec}}"),
    benchmark:
        LAYOUT.benchmark("evaluate", f"{ANY_RUN.id}/{{codec}}")
    group:
        together("coding", training_of)
    resources:
        **needs(lambda w: JOBS.evaluate(w.cut, w.method, w.codec), training=training_of),
    params:
        *code("evaluate", *TASK_MODULES),
        settings=lambda w: settings(**CODING.evaluate_settings(run_of(w), w.codec)),
        files=lambda w: flags(**CODING.optional_files(run_of(w), w.codec)),
        plugin_code=lambda w: plugin_code("evaluate", *CODING.evaluate_modules(run_of(w), w.codec)),
        tools=lambda w: ", ".join([versions("torch", "numpy"), *CODING.tools[w.codec]]),
    shell:
        "python -m compfeat evaluate --settings {params.settings} --arrays {input.arrays:q} --index {input.index:q} "
        "--weights {input.weights:q} --description {input.description:q} --class-shares {input.class_shares:q} --source {input.source:q} {params.files} "
        "--scores {output.scores:q} --distortions {output.distortions:q} --pictures {output.pictures:q} > {log:q} 2>&1"
