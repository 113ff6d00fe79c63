"""Fitting: a method's transform, and a codec that is fitted, to a run's train features. Val is never read."""

FIT = (
    "python -m compfeat fit --settings {params.settings} --features {input.features:q} --scenes {input.scenes:q} "
    "--weights {input.weights:q} --description {input.description:q} {params.transform} --state {output.state:q} "
    "> {log:q} 2>&1"
)
FITTED_CODECS = [
    (method, codec)
    for method in EXPERIMENT.methods
    for codec in EXPERIMENT.qualities(method)
    if codec_class(codec).fitted
]

for method in filter(is_fitted, EXPERIMENT.methods):

    rule:
        name:
            f"fit_{method}"
        input:
            **fit_input(method),
        output:
            state=LAYOUT.transform(Run("{cut}", method, "{seed}")),
        log:
            LAYOUT.log("fit", f"{{cut}}/{method}/seed{{seed}}/transform"),
        benchmark:
            LAYOUT.benchmark("fit", f"{{cut}}/{method}/seed{{seed}}/transform")
        resources:
            **needs(lambda w: JOBS.fit(w.cut)),
        params:
            *code("fit", *transform_module(method), *TASK_MODULES),
            settings=settings(transform=section(EXPERIMENT.methods[method].transform)),
            transform="",
            plugin_code=lambda w: plugin_code("fit", network_module(w.cut)),
            tools=versions("torch", "numpy"),
        shell:
            FIT


for method, codec in FITTED_CODECS:

    rule:
        name:
            f"fit_{method}_{codec}"
        input:
            **fit_input(method),
            **fitted_state(method),
        output:
            state=LAYOUT.codec_state(Run("{cut}", method, "{seed}"), codec),
        log:
            LAYOUT.log("fit", f"{{cut}}/{method}/seed{{seed}}/{codec}"),
        benchmark:
            LAYOUT.benchmark("fit", f"{{cut}}/{method}/seed{{seed}}/{codec}")
        resources:
            **needs(lambda w: JOBS.fit(w.cut)),
        params:
            *code("fit", *transform_module(method), *codec_module(codec)),
            settings=settings(
                codec=EXPERIMENT.codecs[codec].codec or codec,
                options=EXPERIMENT.codecs[codec].options,
                transform=transform_section(method),
                **coding_settings(method, codec),
            ),
            transform=(lambda w, input: flags(transform=input.transform) if "transform" in input.keys() else ""),
            tools=", ".join([versions("numpy"), *(codec_tool(codec) if codec_class(codec).fitted_by_coding else [])]),
        shell:
            FIT
