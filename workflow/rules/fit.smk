"""Fitting: one job per run and fitted part, its transform or a codec, from train features. Val is never read."""


rule fit:
    input:
        unpack(lambda w: CODING.fit_files(run_of(w), w.fitted)),
    output:
        LAYOUT.fitted(ANY_RUN, "{fitted}"),
    log:
        LAYOUT.log("fit", f"{ANY_RUN.id}/{{fitted}}"),
    benchmark:
        LAYOUT.benchmark("fit", f"{ANY_RUN.id}/{{fitted}}")
    wildcard_constraints:
        fitted="|".join([TRANSFORM, *EXPERIMENT.codecs]),
    resources:
        **needs(lambda w: JOBS.fit(w.cut, w.fitted)),
    params:
        *code("fit"),
        settings=lambda w: settings(**CODING.fit_settings(run_of(w), w.fitted)),
        transform=lambda w: flags(**(CODING.state_files(run_of(w)) if w.fitted != TRANSFORM else {})),
        plugin_code=lambda w: plugin_code("fit", *CODING.fit_modules(run_of(w), w.fitted)),
        tools=lambda w: ", ".join(
            [versions(*["torch"] * CODING.through_tasks(w.fitted), "numpy"), *CODING.fit_tools(w.fitted)]
        ),
    shell:
        "python -m compfeat fit --settings {params.settings} --features {input.features:q} --scenes {input.scenes:q} "
        "--weights {input.weights:q} --description {input.description:q} {params.transform} --state {output:q} > {log:q} 2>&1"
