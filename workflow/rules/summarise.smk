"""Summary: every point's results gathered into tables, and the paper's own table recomputed from its released numbers."""

from compfeat.analysis.showcase import shown

POINTS = grid.points(config)
PUBLISHED = "data/published"
TABLES = [
    "points.csv",
    "per_image.csv",
    "epochs.csv",
    "bd_rate.csv",
    "headline.csv",
    "headline.md",
    "ladders.csv",
    "published_points.csv",
    "published_bd_rate.csv",
    "published_paired.csv",
    "published_images.csv",
]
STATISTICS = [
    "intervals.csv",
    "float_intervals.csv",
    "point_intervals.csv",
    "bd_details.csv",
    "published_intervals.csv",
    "claims.csv",
    "seeds_intervals.csv",
]


rule summarise:
    input:
        descriptions=results_of([LAYOUT.description, LAYOUT.epochs], grid.runs(config)),
        scores=results_of([LAYOUT.images, LAYOUT.confusion], POINTS),
        ledgers=results_of([LAYOUT.ledger], grid.coded_points(config)),
        published=expand(
            f"{PUBLISHED}/{{table}}.csv",
            table=["published_points", "published_bytes_per_image"],
        ),
    output:
        [LAYOUT.summary(table) for table in TABLES],
    log:
        LAYOUT.log("summarise", "summarise"),
    benchmark:
        LAYOUT.benchmark("summarise", "summarise")
    params:
        *code("summarise"),
        flags=flags(
            dataset=DATASET["name"],
            output=LAYOUT.output,
            published=PUBLISHED,
            ladders=json.dumps(config["ladders"]),
            points=[point.id for point in POINTS],
        )
        + (" --frontier" if config["bd_rate"]["frontier"] else " --no-frontier"),
        tools=versions("numpy", "pandas", "bjontegaard"),
    shell:
        "python -m compfeat summarise {params.flags} > {log:q} 2>&1"


rule statistics:
    input:
        points=LAYOUT.summary("points.csv"),
        descriptions=results_of([LAYOUT.description], grid.runs(config)),
        scores=results_of([LAYOUT.images, LAYOUT.confusion], POINTS),
        ledgers=results_of([LAYOUT.ledger], grid.coded_points(config)),
        published=rules.summarise.input.published,
        seeds_record=branch(
            bool(config["statistics"]["seeds_record"]),
            then=expand(
                f"{config['statistics']['seeds_record']}/{{table}}.csv",
                table=["intervals", "claims"],
            ),
            otherwise=[],
        ),
    output:
        [LAYOUT.summary(table) for table in STATISTICS],
    log:
        LAYOUT.log("summarise", "statistics"),
    benchmark:
        LAYOUT.benchmark("summarise", "statistics")
    params:
        *code("statistics"),
        flags=flags(
            output=LAYOUT.output,
            published=PUBLISHED,
            ladders=json.dumps(config["ladders"]),
            points=[point.id for point in POINTS],
            **config["statistics"],
            limits=json.dumps(config["claims"]),
        )
        + (" --frontier" if config["bd_rate"]["frontier"] else " --no-frontier"),
        tools=versions("numpy", "pandas", "scipy", "bjontegaard"),
    shell:
        "python -m compfeat statistics {params.flags} > {log:q} 2>&1"


rule collect:
    input:
        descriptions=results_of([LAYOUT.description, LAYOUT.features], grid.runs(config)),
        pictures=results_of([LAYOUT.showcase], shown(POINTS)),
        scenes=[LAYOUT.arrays("val"), LAYOUT.index("val"), LAYOUT.info("val")],
    output:
        showcase=LAYOUT.summary("showcase.npz"),
        statistics=LAYOUT.summary("feature_statistics.csv"),
    log:
        LAYOUT.log("summarise", "collect"),
    benchmark:
        LAYOUT.benchmark("summarise", "collect")
    params:
        *code("collect"),
        flags=flags(
            output=LAYOUT.output,
            prepared=LAYOUT.prepared,
            showcase_images=config["showcase"]["images"],
            points=[point.id for point in POINTS],
        ),
        tools=versions("numpy", "pandas"),
    shell:
        "python -m compfeat collect {params.flags} > {log:q} 2>&1"
