"""The paper: one PDF from the summary, the figures and the config of this run."""

from compfeat.figures import FIGURES

PAPER_TABLES = [
    "points.csv",
    "epochs.csv",
    "headline.csv",
    "intervals.csv",
    "float_intervals.csv",
    "bd_details.csv",
    "claims.csv",
    "published_bd_rate.csv",
    "published_intervals.csv",
    "published_paired.csv",
    "seeds_intervals.csv",
]
TEMPLATE = Path(workflow.basedir, "src/compfeat/documents/paper/paper.typ")


rule paper_config:
    output:
        LAYOUT.document("config.json"),
    log:
        LAYOUT.log("paper", "config"),
    params:
        text=json.dumps(config, indent=1),
    shell:
        "printf '%s\\n' {params.text:q} > {output:q} 2> {log:q}"


rule paper:
    input:
        config=rules.paper_config.output,
        tables=[LAYOUT.summary(table) for table in PAPER_TABLES],
        figures=[LAYOUT.figure(name, "pdf") for name in config["figures"]],
    output:
        LAYOUT.document("paper.pdf"),
    log:
        LAYOUT.log("paper", "paper"),
    benchmark:
        LAYOUT.benchmark("paper", "paper")
    params:
        flags=flags(
            output=LAYOUT.output,
            figures=config["figures"],
            tools=[f"{tool.split()[0]}={tool.split()[1]}" for tool in versions(*SOFTWARE).split(", ")],
        ),
        captions=[FIGURES.get(name).caption for name in config["figures"]],
        template=lambda w: sha256_of(TEMPLATE),
        code=code("paper"),
        tools=versions("typst", "pandas"),
    shell:
        "python -m compfeat paper --config {input.config:q} {params.flags} --pdf {output:q} > {log:q} 2>&1"
