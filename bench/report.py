"""The result: a table to read, and the same as JSON with every round's value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from statistics import median
from typing import Any

from bench.stats import Figure

HEAD = ("", "ours", "plain", "to a write", "to plain", "load")
NOTHING = "-"


def table(figures: Iterable[Figure]) -> str:
    """Write the figures as text: medians, their ratios, and how busy the load was."""
    rows: list[Sequence[str]] = [HEAD]
    for scene, members in groupby(figures, key=lambda figure: figure.scene):
        rows += [(), (scene,), *map(_row, members)]
    widths = [max(len(row[n]) for row in rows if len(row) > 1) for n in range(len(HEAD))]
    return "".join(f"{_line(row, widths)}\n" for row in rows)


def document(figures: Iterable[Figure], about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures as plain values, with what is to be known about the run."""
    return {
        **about,
        "figures": [
            {
                "scene": figure.scene,
                "what": figure.what,
                "unit": figure.unit,
                "ours": list(figure.ours),
                "plain": list(figure.plain),
                "bare_us": list(figure.bare_us),
                "load_busy": list(figure.load_busy),
                "median": median(figure.ours),
                "to_bare": figure.to_bare,
                "to_plain": figure.to_plain,
            }
            for figure in figures
        ],
    }


def _row(figure: Figure) -> Sequence[str]:
    busy = f"{median(figure.load_busy):.0%}" if figure.load_busy else NOTHING
    return (
        f"  {figure.what}",
        _amount(figure.ours, figure.unit),
        _amount(figure.plain, figure.unit),
        _times(figure.to_bare),
        _times(figure.to_plain),
        busy,
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    if len(row) < len(widths):
        return "".join(row)
    first, *others = (
        f"{cell:<{width}}" if n == 0 else f"{cell:>{width}}"
        for n, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join((first, *others)).rstrip()


def _amount(values: Sequence[float], unit: str) -> str:
    return f"{_short(median(values))} {unit}" if values else NOTHING


def _times(ratio: float | None) -> str:
    return NOTHING if ratio is None else _short(ratio)


def _short(value: float) -> str:
    """Write a number with the three digits that a noisy machine can vouch for."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
