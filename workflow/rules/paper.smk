"""The paper: one PDF from the summary, the figures and the config of this run."""

import compfeat
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
TEMPLATE = Path(compfeat.__file__).parent / "documents/paper/paper.typ"


rule paper:
    input:
        tables=[LAYOUT.summary(table) for table in PAPER_TABLES],
        figures=[LAYOUT.figure(name, "pdf") for name in config["figures"]],
    output:
        LAYOUT.document("paper.pdf"),
    log:
        LAYOUT.log("paper", "paper"),
    benchmark:
        LAYOUT.benchmark("paper", "paper")
    params:
        *code("paper"),
        flags=flags(
            config=json.dumps(config),
            output=LAYOUT.output,
            figures=config["figures"],
            tools=[f"{tool.split()[0]}={tool.split()[1]}" for tool in versions(*SOFTWARE).split(", ")],
        ),
        captions=[FIGURES.get(name).caption for name in config["figures"]],
        template=lambda w: sha256_of(TEMPLATE),
        tools=versions("typst", "pandas"),
    shell:
        "python -m compfeat paper {params.flags} --pdf {output:q} > {log:q} 2>&1"
