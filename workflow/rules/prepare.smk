"""Dataset preparation: render a rendered dataset, then resize and pack any dataset."""

from compfeat.datasets.sources import dataset_identity
from compfeat.tasks import TASKS

DATASET = EXPERIMENT.dataset
IS_RENDERED = DATASETS.get(DATASET.name).rendered
FIELDS = ["image", *(truth.source for task in EXPERIMENT.tasks for truth in TASKS.get(task).truths)]


if IS_RENDERED:

    rule render:
        output:
            manifest=f"{DATASET.root}/{{split}}.csv",
        log:
            LAYOUT.log("render", "{split}"),
        benchmark:
            LAYOUT.benchmark("render", "{split}")
        threads: 2
        params:
            *code("render"),
            settings=lambda w: settings(
                root=DATASET.root,
                split=w.split,
                images=DATASET.images.of(w.split),
                size=DATASET.size,
                seed=DATASET.render_seed,
            ),
            tools=versions("numpy", "pillow"),
        shell:
            "python -m compfeat render --settings {params.settings} --processes {threads} "
            "--manifest {output.manifest:q} > {log:q} 2>&1"


rule prepare:
    input:
        manifest=branch(IS_RENDERED, then=f"{DATASET.root}/{{split}}.csv", otherwise=[]),
    output:
        arrays=LAYOUT.arrays("{split}"),
        index=LAYOUT.index("{split}"),
        info=LAYOUT.info("{split}"),
    log:
        LAYOUT.log("prepare", "{split}"),
    benchmark:
        LAYOUT.benchmark("prepare", "{split}")
    params:
        *code("prepare", f"datasets.{DATASET.name}", *TASK_MODULES),
        settings=lambda w: settings(
            dataset=DATASET.name,
            root=DATASET.root,
            split=w.split,
            tasks=EXPERIMENT.tasks,
            size=DATASET.size,
            limit=DATASET.images.of(w.split),
        ),
        manifest=lambda w, input: f"--manifest {shlex.quote(input.manifest)}" if IS_RENDERED else "",
        # Rendered files are checked against the manifest; a user's own are known by content.
        sources=lambda w: "" if IS_RENDERED else sources_identity(w.split),
        tools=versions("numpy", "pillow"),
    shell:
        "python -m compfeat prepare --settings {params.settings} {params.manifest} --arrays {output.arrays:q} "
        "--index {output.index:q} --info {output.info:q} > {log:q} 2>&1"
