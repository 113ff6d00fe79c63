"""Dataset preparation: render a rendered dataset, then resize and pack any dataset."""

from compfeat.datasets.sources import content_identity, listing, render_changes
from compfeat.experiment.consistency import names_not_drawn, too_few, without_intervals
from compfeat.stages.resources import Jobs

DATASET = EXPERIMENT.dataset
IS_RENDERED = DATASETS.get(DATASET.name).rendered
FIELDS = ["image", *(truth.source for task in EXPERIMENT.tasks for truth in TASKS.get(task).truths)]
ROOT = own_path(DATASET.root)
SOURCES = {} if IS_RENDERED else {split: listing(DATASET.name, ROOT, split, FIELDS) for split in DATASET.splits}
for found in SOURCES.values():
    if found.misnamed:
        refuse(found.problem)
# A dataset that is not there, or not whole, is for the stage prepare to report.
NAMES = {split: [s.image_id for s in found.samples] for split, found in SOURCES.items() if not found.problem}
COUNTS = {split: len(names) for split, names in NAMES.items()}
for problem in too_few(EXPERIMENT, COUNTS):
    refuse(problem)
warn(without_intervals(EXPERIMENT, COUNTS))
warn(names_not_drawn(EXPERIMENT, NAMES.get(DATASET.evaluated_split, [])))
JOBS = Jobs(EXPERIMENT, COUNTS)


if IS_RENDERED:

    rule render:
        output:
            manifest=f"{ROOT}/{{split}}.csv",
        log:
            LAYOUT.log("render", "{split}"),
        benchmark:
            LAYOUT.benchmark("render", "{split}")
        threads: 2
        resources:
            **needs(lambda w: JOBS.render(w.split, 2)),
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
        manifest=branch(IS_RENDERED, then=f"{ROOT}/{{split}}.csv", otherwise=[]),
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
        **needs(lambda w: JOBS.prepare(w.split, IS_RENDERED)),
    params:
        *code("prepare", DATASETS.module(DATASET.name), *TASK_MODULES),
        settings=lambda w: settings(
            dataset=DATASET.name,
            root=DATASET.root,
            split=w.split,
            tasks=EXPERIMENT.tasks,
            size=DATASET.size,
            limit=DATASET.images.of(w.split),
        ),
        manifest=lambda w, input: f"--manifest {shlex.quote(input.manifest)}" if IS_RENDERED else "",
        sources=lambda w: sources_identity(w.split),
        tools=versions("numpy", "pillow"),
    shell:
        "python -m compfeat prepare --settings {params.settings} {params.manifest} --arrays {output.arrays:q} "
        "--index {output.index:q} --info {output.info:q} --class-shares {output.class_shares:q} > {log:q} 2>&1"
