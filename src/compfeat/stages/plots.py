"""Write the page into which ``dvc plots`` draws, readable offline: ``python -m compfeat plots --help``. ``make plots`` uses it.

DVC's own page loads the drawing programs from the web and stays blank without it. This one carries them (the package
vl-convert-python has them), so that what ``dvc plots show --html-template PAGE`` writes is one file that needs nothing else.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
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
"""A page as DVC fills it: plots are kept waiting until the drawing programs, which stand last, are there."""
START = "window.vegaEmbed = vegaEmbed; for (const plot of waiting) vegaEmbed(...plot);"


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    form = argparse.RawDescriptionHelpFormatter
    p = argparse.ArgumentParser(prog="python -m compfeat plots", description=__doc__, formatter_class=form)
    p.add_argument("--page", type=Path, required=True, help="output: a template for dvc plots")
    return p


def main(argv: Sequence[str]) -> None:
    """Write the page."""
    args = parser().parse_args(argv)
    programs = vl_convert.javascript_bundle(START).replace("</script", "<\\/script")
    write_text(args.page, PAGE % programs)
    print(f"plots: {args.page}")
