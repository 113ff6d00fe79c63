"""Figures: one job a figure, from the summary's files that the figure says it needs."""

from compfeat.figures import FIGURES


rule figure:
    input:
        lambda w: [LAYOUT.summary(name) for name in FIGURES.get(w.figure).needs],
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
        figure="|".join(FIGURES.names()),
    params:
        *code("figures"),
        flags=flags(summary=str(Path(LAYOUT.summary("x")).parent)),
        caption=lambda w: FIGURES.get(w.figure).caption,
        figure_code=lambda w: plugin_code("figures", f"figures.{w.figure}"),
        tools=versions("matplotlib", "seaborn", "numpy", "pandas"),
    shell:
        "python -m compfeat figures --figure {wildcards.figure} {params.flags} --pdf {output.pdf:q} --png {output.png:q} "
        "> {log:q} 2>&1"


rule figures:
    input:
        [LAYOUT.figure(name, suffix) for name in config["figures"] for suffix in ("pdf", "png")],
