"""The documents: the paper and its supplement as PDF and the explorer as one HTML file, from tables and figures."""

import compfeat
from compfeat.reports.explorer.tables import NEEDS as EXPLORER_NEEDS
from compfeat.reports.paper.facts import PUBLISHED_TASKS
from compfeat.reports.paper.facts import TABLES as PAPER_TABLES
from compfeat.reports.showcase import NEEDS as SHOWCASE_NEEDS

SOFTWARE = ("torch", "numpy", "pandas", "pillow", "ffmpeg-python", "imageio-ffmpeg", "bjontegaard", "seaborn")
"""What the paper names of the software that a run used."""
REPORTS = Path(compfeat.__file__).parent / "reports"
PAGE = sorted(path for kind in ("html", "css", "js") for path in (REPORTS / "explorer").glob(f"*.{kind}"))
FIGURE_TEXTS = [
    dict(name=spec.name, caption=spec.caption, category=spec.category) for spec in map(FIGURES.get, EXPERIMENT.figures)
]

TABLE_TEXTS = [{key: getattr(TABLES.specs[file], key) for key in ("name", "title", "caption")} for file in SHOWN]
DESCRIBED_STARTS = TRAINING.described_starts()


rule paper:
    input:
        tables=[LAYOUT.table(name) for name in (*PAPER_TABLES, "experiment.json")],
        networks=[LAYOUT.description(EXPERIMENT.trained_of(run)) for run in EXPERIMENT.runs()],
        figures=[LAYOUT.figure(name, "pdf") for name in EXPERIMENT.figures],
        starts=DESCRIBED_STARTS,
        start_descriptions=[LAYOUT.start(weights) for weights in DESCRIBED_STARTS],
    output:
        [
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
        *code("paper", *dict.fromkeys([*TASK_MODULES, *map(TASKS.module, PUBLISHED_TASKS)])),
        settings=settings(
            rendered=IS_RENDERED,
            codecs={
                name: dict(
                    module=EXPERIMENT.codec_module(name),
                    tiles=hasattr(EXPERIMENT.codec_class(name), "encode_frames"),
                    options=section(EXPERIMENT.codec_options(name)),
                )
                for name in EXPERIMENT.codecs
            },
            figures=FIGURE_TEXTS,
            tools=dict(tool.rsplit(" ", 1) for tool in versions(*SOFTWARE).split(", ")),
        ),
        template=lambda w: [sha256_of(path) for path in sorted((REPORTS / "paper").glob("*.typ"))],
        tools=versions("typst", "pandas"),
    shell:
        "python -m compfeat paper --settings {params.settings} --tables {input.tables:q} --networks {input.networks:q} "
        "--figures {input.figures:q} --starts {input.starts:q} --pdf {output:q} > {log:q} 2>&1"


rule explorer:
    input:
        tables=[LAYOUT.table(name) for name in dict.fromkeys([*EXPLORER_NEEDS, *SHOWCASE_NEEDS])],
        figures=[LAYOUT.figure(name, "png") for name in EXPERIMENT.figures],
        pages=[LAYOUT.table(file) for file in SHOWN],
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
        settings=settings(figures=FIGURE_TEXTS, pages=TABLE_TEXTS),
        more=lambda w, input: flags(figures=list(input.figures), pages=list(input.pages)),
        page=lambda w: [f"{path.name} {sha256_of(path)}" for path in PAGE],
        tools=versions("altair", "vl-convert-python", "jinja2", "matplotlib", "seaborn", "pillow", "numpy", "pandas"),
    shell:
        "python -m compfeat explorer --settings {params.settings} --tables {input.tables:q} {params.more} --html {output:q} "
        "> {log:q} 2>&1"


rule paper_all:
    input:
        rules.paper.output,
        rules.explorer.output,
