"""Coding: one job a point, from tiled features to a bitstream, its side information and a ledger of every byte."""


rule encode:
    input:
        features=LAYOUT.features(ANY_RUN),
        index=LAYOUT.index("val"),
    output:
        stream=LAYOUT.stream(ANY_POINT),
        side_info=LAYOUT.side_info(ANY_POINT),
        ledger=LAYOUT.ledger(ANY_POINT),
    log:
        LAYOUT.log("encode", ANY_POINT.id),
    benchmark:
        LAYOUT.benchmark("encode", ANY_POINT.id)
    params:
        *code("encode"),
        flags=flags(ffmpeg=config["tools"]["ffmpeg"]),
        codec_code=lambda w: plugin_code("encode", f"codecs.{w.codec}"),
        tools=lambda w: codec_tool(w.codec),
    shell:
        "python -m compfeat encode --features {input.features:q} --index {input.index:q} --codec {wildcards.codec} "
        "--quality {wildcards.quality} {params.flags} --stream {output.stream:q} --side-info {output.side_info:q} "
        "--ledger {output.ledger:q} > {log:q} 2>&1"
