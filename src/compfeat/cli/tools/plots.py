"""Write the page into which DVC draws plots, readable offline."""

from __future__ import annotations

from pathlib import Path

import vl_convert

from compfeat.io import write_text

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Plots</title>
<script>const waiting = []; window.vegaEmbed = (...plot) => waiting.push(plot);</script>
</head>
<body>
{plot_divs}
<script type="module">
%s
</script>
</body>
</html>
"""
"""A page as DVC fills it: plots wait until the drawing programs, which stand last, are there."""
START = "window.vegaEmbed = vegaEmbed; for (const plot of waiting) vegaEmbed(...plot);"


def plots(*, page: Path) -> None:
    """Write the page into which DVC draws plots, readable offline. make plots uses it.

    DVC's own page loads the drawing programs from the web and stays blank without it. This one carries them (the package
    vl-convert-python has them), so that what dvc plots show --html-template PAGE writes is one file that needs nothing else.

    Args:
        page: output: a template for dvc plots.
    """
    programs = vl_convert.javascript_bundle(START).replace("</script", "<\\/script")
    write_text(page, PAGE % programs)
    print(f"plots: {page}")
