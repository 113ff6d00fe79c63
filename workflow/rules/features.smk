"""Feature dumping: the val split's features of every run, quantised and tiled."""


rule features:
    input:
        arrays=LAYOUT.arrays("val"),
        weights=LAYOUT.weights(ANY_RUN),
        description=LAYOUT.description(ANY_RUN),
    output:
        features=LAYOUT.features(ANY_RUN),
    log:
        LAYOUT.log("features", ANY_RUN.id),
    benchmark:
        LAYOUT.benchmark("features", ANY_RUN.id)
    params:
        *code("features"),
        flags=flags(
            quantiser_bits=config["quantiser"]["bits"],
            device=TRAIN["device"],
            threads=1,
        ),
        tools=versions("torch", "numpy"),
    shell:
        "python -m compfeat features --arrays {input.arrays:q} --weights {input.weights:q} "
        "--description {input.description:q} {params.flags} --features {output.features:q} > {log:q} 2>&1"
