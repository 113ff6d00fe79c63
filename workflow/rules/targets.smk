"""What DVC asks for: one target a stage, `snakemake STAGE_all`, and the metrics that it tracks.

Each target names its files, so that stale ones do no harm. The figures' target is the rule `figures`.
"""

RUNS = grid.runs(config)
CODED = grid.coded_points(config)


rule prepare_all:
    input:
        results_of([LAYOUT.arrays, LAYOUT.index, LAYOUT.info], SPLITS),


rule train_all:
    input:
        results_of([LAYOUT.weights, LAYOUT.description, LAYOUT.epochs], RUNS),


rule features_all:
    input:
        results_of([LAYOUT.features], RUNS),


rule encode_all:
    input:
        results_of([LAYOUT.stream, LAYOUT.side_info, LAYOUT.ledger], CODED),


rule evaluate_all:
    input:
        results_of([LAYOUT.images, LAYOUT.confusion, LAYOUT.showcase], POINTS),


rule metrics:
    input:
        LAYOUT.summary("headline.csv"),
    output:
        LAYOUT.summary("metrics.json"),
    log:
        LAYOUT.log("summarise", "metrics"),
    benchmark:
        LAYOUT.benchmark("summarise", "metrics")
    params:
        *code("metrics"),
    shell:
        "python -m compfeat metrics --headline {input:q} --metrics {output:q} > {log:q} 2>&1"


rule summarise_all:
    input:
        rules.summarise.output,
        rules.statistics.output,
        rules.collect.output,
        rules.metrics.output,


rule paper_all:
    input:
        rules.paper.output,
        rules.explorer.output,
        rules.table_pages.input,
