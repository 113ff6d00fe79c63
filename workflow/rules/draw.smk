"""Figures: one job per figure, from the tables that the figure says it needs."""

from compfeat.reports.figures.base import FIGURES


rule draw:
    input:
        lambda w: [LAYOUT.table(name) for name in FIGURES.get(w.figure).needs],
    output:
        pdf=LAYOUT.figure("{figure}", "pdf"),
        png=report(
            LAYOUT.figure("{figure}", "png"),
            caption="../report/figure.rst",
            category=lambda w: FIGURES.get(w.figure).category,
            labels=lambda w: {"result": f"figure: {w.figure.replace('_', ' ')}"},
        ),
    log:
        LAYOUT.log("figures", "{figure}"),
    benchmark:
        LAYOUT.benchmark("figures", "{figure}")
    wildcard_constraints:
        figure="[^/]+",
    group:
        together("results")
    resources:
        **needs(lambda w: JOBS.shown("draw")),
    params:
        *code("draw", *TASK_MODULES),
        caption=lambda w: FIGURES.get(w.figure).caption,
        figure_code=lambda w: plugin_code("draw", FIGURES.module(w.figure.partition("@")[0]), *TASK_MODULES),
        tools=versions("matplotlib", "seaborn", "numpy", "pandas"),
    shell:
        "python -m compfeat draw --figure {wildcards.figure:q} --tables {input:q} --pdf {output.pdf:q} "
        "--png {output.png:q} > {log:q} 2>&1"


rule figures:
    input:
        [LAYOUT.figure(name, suffix) for name in EXPERIMENT.figures for suffix in ("pdf", "png")],
