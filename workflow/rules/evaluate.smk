"""Task evaluation: one job a run and codec, of what its bitstreams decode to at all qualities, and one of what needs no codec."""

for method in EXPERIMENT.methods:
    for codec in EXPERIMENT.all_qualities(method):

        rule:
            name:
                f"evaluate_{method}_{codec}"
            input:
                **fitted_state(method, codec),
                **(coded_files(method, codec) if codec != UNCODED else {}),
                source=sent(method, "val"),
                arrays=LAYOUT.arrays("val"),
                index=LAYOUT.index("val"),
                weights=LAYOUT.weights(trained_of(method)),
                description=LAYOUT.description(trained_of(method)),
            output:
                scores=LAYOUT.scores(Run("{cut}", method, "{seed}"), codec),
                distortions=LAYOUT.distortions(Run("{cut}", method, "{seed}"), codec),
                pictures=LAYOUT.pictures(Run("{cut}", method, "{seed}"), codec),
            log:
                LAYOUT.log("evaluate", f"{{cut}}/{method}/seed{{seed}}/{codec}"),
            benchmark:
                LAYOUT.benchmark("evaluate", f"{{cut}}/{method}/seed{{seed}}/{codec}")
            group:
                together("coding", method)
            resources:
                **needs(
                    lambda w, method=method, codec=codec: JOBS.evaluate(w.cut, method, codec),
                    training=lambda w, method=method: EXPERIMENT.methods[method].training,
                ),
            params:
                *code("evaluate", *codec_module(codec), *transform_module(method), *TASK_MODULES),
                settings=settings(**evaluate_settings(method, codec)),
                states=lambda w, input: flags(**state_files(input)),
                coded=lambda w, input: flags(
                    **{
                        name: input[name]
                        for name in ("source", "streams", "side_infos", "ledgers")
                        if name in input.keys()
                    }
                ),
                plugin_code=lambda w: plugin_code("evaluate", network_module(w.cut)),
                tools=", ".join([versions("torch", "numpy"), *codec_tool(codec)]),
            shell:
                "python -m compfeat evaluate --settings {params.settings} --arrays {input.arrays:q} --index {input.index:q} "
                "--weights {input.weights:q} --description {input.description:q} {params.states} {params.coded} "
                "--scores {output.scores:q} --distortions {output.distortions:q} --pictures {output.pictures:q} > {log:q} 2>&1"
