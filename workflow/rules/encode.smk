"""Coding: one job a run and codec, from what a method sends to a bitstream, its side information and a ledger of every byte, at
all qualities of the codec."""

for method in EXPERIMENT.methods:
    for codec in EXPERIMENT.qualities(method):

        rule:
            name:
                f"encode_{method}_{codec}"
            input:
                **fitted_state(method, codec),
                source=sent(method, "val"),
                index=LAYOUT.index("val"),
            output:
                **coded_files(method, codec),
            log:
                LAYOUT.log("encode", f"{{cut}}/{method}/seed{{seed}}/{codec}"),
            benchmark:
                LAYOUT.benchmark("encode", f"{{cut}}/{method}/seed{{seed}}/{codec}")
            group:
                together("coding", method)
            resources:
                **needs(lambda w, method=method, codec=codec: JOBS.encode(w.cut, method, codec)),
            params:
                *code("encode", *codec_module(codec), *transform_module(method)),
                settings=settings(**codec_settings(method, codec)),
                states=lambda w, input: flags(**state_files(input)),
                tools=", ".join([versions("numpy"), *codec_tool(codec)]),
            shell:
                "python -m compfeat encode --settings {params.settings} --source {input.source:q} --index {input.index:q} "
                "{params.states} --streams {output.streams:q} --side-infos {output.side_infos:q} "
                "--ledgers {output.ledgers:q} > {log:q} 2>&1"
