"""Dataset preparation: render a rendered dataset, then resize and pack any dataset."""

if SOURCES.rendered:

    rule render:
        output:
            manifest=SOURCES.manifest("{split}"),
        log:
            LAYOUT.log("render", "{split}"),
        benchmark:
            LAYOUT.benchmark("render", "{split}")
        threads: 2
        resources:
            **needs(lambda w: JOBS.render(w.split, 2)),
        params:
            *code("render"),
            settings=lambda w: settings(**SOURCES.render_settings(w.split)),
            tools=versions("numpy", "pillow"),
        shell:
            "python -m compfeat render --settings {params.settings} --processes {threads} "
            "--manifest {output.manifest:q} > {log:q} 2>&1"


rule prepare:
    input:
        manifest=branch(SOURCES.rendered, then=SOURCES.manifest("{split}"), otherwise=[]),
    output:
        arrays=LAYOUT.arrays("{split}"),
        index=LAYOUT.index("{split}"),
        info=LAYOUT.info("{split}"),
        class_shares=LAYOUT.class_shares("{split}"),
    log:
        LAYOUT.log("prepare", "{split}"),
    benchmark:
        LAYOUT.benchmark("prepare", "{split}")
    resources:
        **needs(lambda w: JOBS.prepare(w.split, SOURCES.rendered)),
    params:
        *code("prepare", DATASETS.module(DATASET.name), *TASK_MODULES),
        settings=lambda w: settings(**SOURCES.prepare_settings(w.split)),
        manifest=lambda w: flags(manifest=SOURCES.manifest(w.split) if SOURCES.rendered else None),
        sources=lambda w: SOURCES.identity(w.split),
        tools=versions("numpy", "pillow"),
    shell:
        "python -m compfeat prepare --settings {params.settings} {params.manifest} --arrays {output.arrays:q} "
        "--index {output.index:q} --info {output.info:q} --class-shares {output.class_shares:q} > {log:q} 2>&1"
