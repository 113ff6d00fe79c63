"""What is shown at a run's end: BD-rates by anchor and test with a column per cut and metric, and where to look."""

from __future__ import annotations

from pathlib import Path

from compfeat.reports.headline import LINES
from recorded_run import Say


def headline(project: Path, say: Say) -> list[str]:
    """Return the lines shown, their cells apart by one space."""
    printed = say("headline", "--project", str(project), "--config", "config/config.yaml")
    return [" ".join(line.split()) for line in printed.splitlines()]


def test_comparisons_are_shown_by_anchor_and_then_where_to_look(run: Path, say: Say) -> None:
    lines = headline(run, say)
    start = lines.index("against Plain + HEVC mIoU")
    assert lines[start - 1] == "c256"
    assert lines[start + 1 :] == [
        *("Tight + HEVC −10.5", "Rotated + LEARNED −10.5", "against Plain + PUBLISHED", "Tight + PUBLISHED −10.5", ""),
        *(
            "paper results/paper/paper.pdf",
            "explorer results/paper/explorer.html",
            "numbers results/summarise/headline.csv",
        ),
    ]
    assert "2 test images, seed 0" in lines[0]


def test_what_finds_no_room_is_counted(run: Path, say: Say) -> None:
    path = run / "results/summarise/headline.csv"
    whole = path.read_text().splitlines()
    more = [whole[1].replace("tight,plain", f"more{i},plain") for i in range(9)]
    path.write_text("\n".join([*whole, *more]) + "\n")
    lines = headline(run, say)
    table = lines[: lines.index("")]
    assert len(table) == LINES and table[-1] == "4 more comparisons: see the table headline.csv."


def test_missing_intervals_say_why(run: Path, say: Say) -> None:
    path = run / "results/summarise/intervals.csv"
    path.write_text("verdict\nok\nno interval: few images\nno interval: few images\n")
    assert "2 of 3 BD-rates have no interval: few images." in headline(run, say)
    path.write_text("verdict\nno interval: few images\nno interval: another\n")
    assert "2 of 2 BD-rates have no interval: few images, and for other reasons." in headline(run, say)


def test_a_refusal_is_counted_and_no_comparison_is_no_error(run: Path, say: Say) -> None:
    path = run / "results/summarise/headline.csv"
    whole = path.read_text()
    path.write_text(whole.replace("hevc,hevc,miou,-10.5,-5,ok", "hevc,hevc,miou,,,too little overlap"))
    lines = headline(run, say)
    assert "Tight + HEVC refused" in lines
    assert "1 of 3 BD-rates are refused; the table headline.csv says why." in lines
    path.write_text(whole.splitlines()[0] + "\n")
    assert headline(run, say)[0].startswith("No comparison: the configuration names none")
