"""Tables: one job a computation of compfeat.results, from the files that it declares."""

from snakemake.logging import logger

from compfeat.results import TABLES
from compfeat.results.planning import RECORD_FILES, plan_of, record_of

PUBLISHED = "data/published"
RECORDS = {name: record_of(EXPERIMENT, name) for name in RECORD_FILES}
for _, unused in RECORDS.values():
    if unused:
        logger.warning(unused)
PLAN = plan_of(EXPERIMENT)
RUN_CODECS = list(CODING.run_codecs())
CODED = [(run, codec) for run, codec in RUN_CODECS if codec != UNCODED]
FITTED = [(run, name) for run in EXPERIMENT.runs() for name in CODING.fitted(run)]
TRAINED = EXPERIMENT.trained()
FEATURES = list(
    dict.fromkeys(
        EXPERIMENT.trained_of(run) for run in EXPERIMENT.runs() if EXPERIMENT.methods[run.method].sends == "features"
    )
)
KINDS = {
    "scores": {f"{run.id}/{codec}": LAYOUT.scores(run, codec) for run, codec in RUN_CODECS},
    "distortions": {f"{run.id}/{codec}": LAYOUT.distortions(run, codec) for run, codec in RUN_CODECS},
    "pictures": {f"{run.id}/{codec}": LAYOUT.pictures(run, codec) for run, codec in RUN_CODECS},
    "ledgers": {f"{run.id}/{codec}": LAYOUT.ledger(run, codec) for run, codec in CODED},
    "states": {f"{run.id}/{name}": LAYOUT.fitted(run, name) for run, name in FITTED if name != TRANSFORM},
    "transforms": {run.id: LAYOUT.fitted(run, name) for run, name in FITTED if name == TRANSFORM},
    "epochs": {trained.id: LAYOUT.epochs(trained) for trained in TRAINED},
    "descriptions": {trained.id: LAYOUT.description(trained) for trained in TRAINED},
    "features": {trained.id: LAYOUT.features(trained, "val") for trained in FEATURES},
    "val": dict(arrays=LAYOUT.arrays("val"), index=LAYOUT.index("val"), info=LAYOUT.info("val")),
    "published": {name: f"{PUBLISHED}/{name}.csv" for name in ("published_points", "published_bytes_per_image")},
    **{f"{name}_record": files for name, (files, _) in RECORDS.items()},
}
"""Every kind of file that a computation can read, by id."""


for spec in map(TABLES.get, TABLES.names()):

    rule:
        name:
            f"table_{spec.name}"
        input:
            [path for _, path in table_inputs(spec)],
        output:
            [LAYOUT.table(name) for name in spec.files(PLAN)],
        log:
            LAYOUT.log("summarise", spec.name),
        benchmark:
            LAYOUT.benchmark("summarise", spec.name)
        group:
            together("results")
        resources:
            **needs(lambda w: JOBS.shown("gather")),
        params:
            *code("gather", f"results.{spec.name}", *TASK_MODULES),
            name=spec.name,
            settings=settings(**PLAN.model_dump(mode="json", include=set(spec.uses))),
            inputs=flags(inputs=[f"{name}={path}" for name, path in table_inputs(spec)]),
            tools=versions("numpy", "pandas", "scipy", "bjontegaard"),
        shell:
            "python -m compfeat gather --name {params.name} --settings {params.settings} {params.inputs} "
            "--outputs {output:q} > {log:q} 2>&1"


TABLE_FILES = [name for spec in map(TABLES.get, TABLES.names()) for name in spec.files(PLAN)]
