"""Coding: one job per run and codec, from what a method sends to bitstreams at all qualities and a ledger of every byte."""


rule encode:
    input:
        unpack(lambda w: CODING.encode_files(run_of(w), w.codec)),
    output:
        bitstreams=LAYOUT.bitstreams(ANY_RUN, "{codec}"),
        ledger=LAYOUT.ledger(ANY_RUN, "{codec}"),
    log:
        LAYOUT.log("encode", f"{ANY_RUN.id}/{{codec}}"),
    benchmark:
        LAYOUT.benchmark("encode", f"{ANY_RUN.id}/{{codec}}")
    wildcard_constraints:
        codec="|".join(EXPERIMENT.codecs),
    group:
        together("coding", training_of)
    resources:
        **needs(lambda w: JOBS.encode(w.cut, w.method, w.codec)),
    params:
        *code("encode"),
        settings=lambda w: settings(**CODING.codec_settings(run_of(w), w.codec)),
        states=lambda w: flags(**CODING.state_files(run_of(w), w.codec)),
        plugin_code=lambda w: plugin_code("encode", *CODING.modules(run_of(w), w.codec)),
        tools=lambda w: ", ".join([versions("numpy"), *CODING.tools[w.codec]]),
    shell:
        "python -m compfeat encode --settings {params.settings} --source {input.source:q} --index {input.index:q} "
        "{params.states} --bitstreams {output.bitstreams:q} --ledger {output.ledger:q} > {log:q} 2>&1"


# A bitstream as a file of its own, to be played or looked at: snakemake results/bitstreams/c256/baseline/seed0/hevc/qp22.bin
rule bitstream:
    input:
        LAYOUT.bitstreams(ANY_RUN, "{codec}"),
    output:
        LAYOUT.bitstream(Point(ANY_RUN, "{codec}", "{quality}")),
    log:
        LAYOUT.log("bitstreams", f"{ANY_RUN.id}/{{codec}}/{{quality}}"),
    benchmark:
        LAYOUT.benchmark("bitstreams", f"{ANY_RUN.id}/{{codec}}/{{quality}}")
    localrule: True
    params:
        *code("bitstream"),
    shell:
        "python -m compfeat bitstream --bitstreams {input:q} --quality {wildcards.quality:q} --stream {output:q} > {log:q} 2>&1"
