"""Dataset preparation: render the embedded dataset, then resize and pack any dataset."""

if DATASET["name"] in grid.RENDERED:

    rule render:
        output:
            manifest=f"{DATASET['root']}/{{split}}.csv",
        log:
            LAYOUT.log("render", "{split}"),
        benchmark:
            LAYOUT.benchmark("render", "{split}")
        threads: 2
        params:
            *code("render", f"datasets.{DATASET['name']}"),
            flags=lambda w: flags(
                root=DATASET["root"],
                images=DATASET["images"][w.split],
                height=DATASET["size"][0],
                width=DATASET["size"][1],
                seed=DATASET["render_seed"],
            ),
            tools=versions("numpy", "pillow"),
        shell:
            "python -m compfeat render --split {wildcards.split} {params.flags} --processes {threads} "
            "--manifest {output.manifest:q} > {log:q} 2>&1"


rule prepare:
    input:
        branch(DATASET["name"] in grid.RENDERED, then=f"{DATASET['root']}/{{split}}.csv"),
    output:
        arrays=LAYOUT.arrays("{split}"),
        index=LAYOUT.index("{split}"),
        info=LAYOUT.info("{split}"),
    log:
        LAYOUT.log("prepare", "{split}"),
    benchmark:
        LAYOUT.benchmark("prepare", "{split}")
    params:
        *code("prepare", f"datasets.{DATASET['name']}"),
        flags=lambda w: flags(
            dataset=DATASET["name"],
            root=DATASET["root"],
            tasks=config["tasks"],
            height=DATASET["size"][0],
            width=DATASET["size"][1],
            limit=DATASET["images"][w.split],
        ),
        tools=versions("numpy", "pillow"),
    shell:
        "python -m compfeat prepare --split {wildcards.split} {params.flags} --arrays {output.arrays:q} "
        "--index {output.index:q} --info {output.info:q} > {log:q} 2>&1"
