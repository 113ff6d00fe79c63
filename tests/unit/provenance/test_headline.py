"""What is shown at a run's end: BD-rates by cut, comparison and metric, a column a ladder, and what was made."""

from __future__ import annotations

from pathlib import Path

from recorded_run import Say


def headline(project: Path, say: Say) -> list[str]:
    """Return the lines shown, their cells apart by one space."""
    printed = say("headline", "--project", str(project), "--config", "config/config.yaml")
    return [" ".join(line.split()) for line in printed.splitlines()]


def test_every_comparison_and_ladder_is_shown(run: Path, say: Say) -> None:
    lines = headline(run, say)
    assert "c256 Tight + HEVC vs Plain + HEVC -10.5 % (-5.0 %)" in lines
    assert "c256 Rotated + LEARNED vs Plain + HEVC -10.5 % (-5.0 %)" in lines
    assert "c256 Tight 0.6000" in lines
    assert "3 runs, 13 points (7 coded)." in lines
    assert "results/summarise/bd_rate.csv" in lines and "results/paper/paper.pdf" in lines


def test_missing_intervals_say_why(run: Path, say: Say) -> None:
    (run / "results/summarise/intervals.csv").write_text(
        "verdict\nok\nno interval: few images\nno interval: few images\n"
    )
    assert "2 of 3 BD-rates have no interval: few images." in headline(run, say)


def test_a_refusal_says_why_and_no_comparison_is_no_error(run: Path, say: Say) -> None:
    path = run / "results/summarise/headline.csv"
    whole = path.read_text()
    path.write_text(whole.replace("hevc,hevc,miou,-10.5,-5,ok", "hevc,hevc,miou,,,too little overlap"))
    assert any("too little overlap" in line for line in headline(run, say))
    path.write_text(whole.splitlines()[0] + "\n")
    assert headline(run, say)[0] == "No comparison: the configuration names none."
