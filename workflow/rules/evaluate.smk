"""Task evaluation: what each point's bitstream decodes to, and the two points that need no codec."""


rule evaluate:
    input:
        unpack(bitstream),
        arrays=LAYOUT.arrays("val"),
        index=LAYOUT.index("val"),
        weights=LAYOUT.weights(ANY_RUN),
        description=LAYOUT.description(ANY_RUN),
    output:
        images=LAYOUT.images(ANY_POINT),
        confusion=LAYOUT.confusion(ANY_POINT),
        showcase=LAYOUT.showcase(ANY_POINT),
    log:
        LAYOUT.log("evaluate", ANY_POINT.id),
    benchmark:
        LAYOUT.benchmark("evaluate", ANY_POINT.id)
    params:
        *code("evaluate"),
        flags=lambda w: flags(
            **bitstream(w),
            showcase_images=config["showcase"]["images"],
            quantiser_bits=config["quantiser"]["bits"],
            ffmpeg=config["tools"]["ffmpeg"],
            device=TRAIN["device"],
            threads=1,
        ),
        codec_code=lambda w: plugin_code("evaluate", *([] if w.codec == UNCODED else [f"codecs.{w.codec}"])),
        tools=lambda w: ", ".join(
            [
                versions("torch", "numpy"),
                *([] if w.codec == UNCODED else [codec_tool(w.codec)]),
            ]
        ),
    shell:
        "python -m compfeat evaluate --arrays {input.arrays:q} --index {input.index:q} --weights {input.weights:q} "
        "--description {input.description:q} --codec {wildcards.codec} --quality {wildcards.quality} {params.flags} "
        "--images {output.images:q} --confusion {output.confusion:q} --showcase {output.showcase:q} > {log:q} 2>&1"
