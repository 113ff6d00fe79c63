"""The documents: the paper as one PDF, and the explorer as one HTML file, from the summary, the figures and the config."""

import compfeat
from compfeat.documents.tables import PAGES
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
DOCUMENTS = Path(compfeat.__file__).parent / "documents"
TEMPLATE = DOCUMENTS / "paper/paper.typ"
EXPLORER_FILES = [
    "points.csv",
    "per_image.csv",
    "ladders.csv",
    "bd_rate.csv",
    "intervals.csv",
    "float_intervals.csv",
    "point_intervals.csv",
    "published_points.csv",
    "published_intervals.csv",
    "seeds_intervals.csv",
    "showcase.npz",
]
PAGE = sorted(path for kind in ("html", "css", "js") for path in (DOCUMENTS / "explorer").glob(f"*.{kind}"))


rule paper:
    input:
        tables=[LAYOUT.summary(table) for table in PAPER_TABLES],
        figures=[LAYOUT.figure(name, "pdf") for name in config["figures"]],
    output:
        report(
            LAYOUT.document("paper.pdf"),
            caption="../report/paper.rst",
            category="Documents",
            labels={"result": "paper (PDF)"},
        ),
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


rule explorer:
    input:
        [LAYOUT.summary(name) for name in EXPLORER_FILES],
    output:
        report(
            LAYOUT.document("explorer.html"),
            caption="../report/explorer.rst",
            category="Documents",
            labels={"result": "explorer (HTML)"},
        ),
    log:
        LAYOUT.log("paper", "explorer"),
    benchmark:
        LAYOUT.benchmark("paper", "explorer")
    params:
        *code("explorer"),
        flags=flags(output=LAYOUT.output),
        page=lambda w: [f"{path.name} {sha256_of(path)}" for path in PAGE],
        tools=versions("altair", "vl-convert-python", "jinja2", "matplotlib", "seaborn", "pillow", "numpy", "pandas"),
    shell:
        "python -m compfeat explorer {params.flags} --html {output:q} > {log:q} 2>&1"


rule table_page:
    input:
        LAYOUT.summary("{table}.csv"),
    output:
        report(
            LAYOUT.document("tables/{table}.html"),
            caption="../report/table.rst",
            category=lambda w: PAGES[w.table].category,
            labels=lambda w: {"result": f"table: {PAGES[w.table].title}"},
        ),
    log:
        LAYOUT.log("paper", "tables/{table}"),
    benchmark:
        LAYOUT.benchmark("paper", "tables/{table}")
    wildcard_constraints:
        table="|".join(PAGES),
    params:
        *code("tables"),
        caption=lambda w: PAGES[w.table].caption,
        page=lambda w: sha256_of(DOCUMENTS / "tables/table.html"),
        tools=versions("jinja2", "pandas"),
    shell:
        "python -m compfeat tables --name {wildcards.table} --table {input:q} --html {output:q} > {log:q} 2>&1"


rule table_pages:
    input:
        [LAYOUT.document(f"tables/{table}.html") for table in PAGES],
