"""The documents: the paper as PDF and HTML, its supplement as PDF and the explorer as HTML, from tables and figures."""

from compfeat.reports.explorer.tables import NEEDS as EXPLORER_NEEDS
from compfeat.reports.paper.facts import TABLES as PAPER_TABLES
from compfeat.reports.paper.recorded import FILES as RECORD_FILES, RECORDS
from compfeat.reports.showcase import NEEDS as SHOWCASE_NEEDS

DESCRIBED_STARTS = TRAINING.described_starts()
# Recorded runs that are there, where the experiment shows recorded runs beside it.
SHOWN_RECORDS = [run for run in RECORDS if EXPERIMENT.records and Path("data/reference", run).is_dir()]
RECORDED = [f"data/reference/{run}/{name}" for run in SHOWN_RECORDS for name in RECORD_FILES]


rule paper:
    input:
        tables=[LAYOUT.table(name) for name in (*PAPER_TABLES, "experiment.json")],
        networks=[LAYOUT.description(EXPERIMENT.trained_of(run)) for run in EXPERIMENT.runs()],
        figures=[LAYOUT.figure(name, "pdf") for name in EXPERIMENT.figures],
        starts=DESCRIBED_STARTS,
        start_descriptions=[LAYOUT.start(weights) for weights in DESCRIBED_STARTS],
        records=RECORDED,
    output:
        html=report(
            LAYOUT.document("paper.html"),
            caption="../report/paper.rst",
            category="Documents",
            labels={"result": "paper (HTML)"},
        ),
        pdf=[
            report(
                LAYOUT.document(f"{name}.pdf"),
                caption="../report/paper.rst",
                category="Documents",
                labels={"result": f"{name} (PDF)"},
            )
            for name in ("paper", "supplement")
        ],
    log:
        LAYOUT.log("paper", "paper"),
    benchmark:
        LAYOUT.benchmark("paper", "paper")
    group:
        together("results")
    resources:
        **needs(lambda w: JOBS.shown("document")),
    params:
        *code("paper", *DOCUMENTS.paper_modules()),
        settings=settings(**DOCUMENTS.paper_settings(SOURCES.rendered)),
        template=lambda w: DOCUMENTS.paper_texts(),
        tools=versions("typst", "pandas"),
    shell:
        "python -m compfeat paper --settings {params.settings} --tables {input.tables:q} --networks {input.networks:q} "
        "--figures {input.figures:q} --starts {input.starts:q} --records {input.records:q} --pdf {output.pdf:q} "
        "--html {output.html:q} > {log:q} 2>&1"


rule explorer:
    input:
        tables=[LAYOUT.table(name) for name in dict.fromkeys([*EXPLORER_NEEDS, *SHOWCASE_NEEDS])],
        figures=[LAYOUT.figure(name, "png") for name in EXPERIMENT.figures],
        pages=[LAYOUT.table(file) for file in TABLES.shown],
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
    group:
        together("results")
    resources:
        **needs(lambda w: JOBS.shown("document")),
    params:
        *code("explorer", *TASK_MODULES),
        settings=settings(**DOCUMENTS.explorer_settings()),
        more=lambda w, input: flags(figures=list(input.figures), pages=list(input.pages)),
        page=lambda w: DOCUMENTS.explorer_texts(),
        tools=versions("altair", "vl-convert-python", "jinja2", "matplotlib", "seaborn", "pillow", "numpy", "pandas"),
    shell:
        "python -m compfeat explorer --settings {params.settings} --tables {input.tables:q} {params.more} --html {output:q} "
        "> {log:q} 2>&1"


rule paper_all:
    input:
        rules.paper.output,
        rules.explorer.output,
