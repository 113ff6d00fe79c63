"""Summary: every point's results gathered into tables, and the paper's own table recomputed from its released numbers."""

POINTS = grid.points(config)
PUBLISHED = "data/published"
TABLES = [
    "points.csv",
    "per_image.csv",
    "epochs.csv",
    "bd_rate.csv",
    "headline.csv",
    "headline.md",
    "published_points.csv",
    "published_bd_rate.csv",
    "published_paired.csv",
]


rule summarise:
    input:
        descriptions=results_of([LAYOUT.description, LAYOUT.epochs], grid.runs(config)),
        scores=results_of([LAYOUT.images, LAYOUT.confusion], POINTS),
        ledgers=results_of([LAYOUT.ledger], grid.coded_points(config)),
        published=expand(f"{PUBLISHED}/{{table}}.csv", table=["published_points", "published_bytes_per_image"]),
    output:
        [LAYOUT.summary(table) for table in TABLES],
    params:
        flags=flags(
            dataset=DATASET["name"],
            output=LAYOUT.output,
            published=PUBLISHED,
            ladders=json.dumps(config["ladders"]),
            points=[point.id for point in POINTS],
        )
        + (" --frontier" if config["bd_rate"]["frontier"] else " --no-frontier"),
        code=code("summarise"),
        tools=versions("numpy", "pandas", "bjontegaard"),
    log:
        LAYOUT.log("summarise", "summarise"),
    benchmark:
        LAYOUT.benchmark("summarise", "summarise")
    shell:
        "python -m compfeat summarise {params.flags} > {log:q} 2>&1"
