"""The result: a table to read, and the same as JSON with every round's value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from statistics import median
from typing import Any

from bench.stats import Measurement

HEADER = ("", "ours", "plain", "to a write", "to plain", "load")
NO_VALUE = "-"


def text_table(figures: Iterable[Measurement]) -> str:
    """Write the figures as text: medians, their ratios, and how busy the load was."""
    rows: list[Sequence[str]] = [HEADER]
    for scene, members in groupby(figures, key=lambda figure: figure.section):
        rows += [(), (scene,), *map(_table_row, members)]
    widths = [max(len(row[n]) for row in rows if len(row) > 1) for n in range(len(HEADER))]
    return "".join(f"{_format_row(row, widths)}\n" for row in rows)


def json_document(figures: Iterable[Measurement], run_info: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures as plain values, with what is to be known about the run."""
    return {
        **run_info,
        "figures": [
            {
                "scene": figure.section,
                "what": figure.name,
                "unit": figure.unit,
                "ours": list(figure.ours),
                "plain": list(figure.plain),
                "bare_us": list(figure.raw_write_us),
                "load_busy": list(figure.load_utilisation),
                "median": median(figure.ours),
                "to_bare": figure.ratio_to_raw_write,
                "to_plain": figure.ratio_to_plain,
            }
            for figure in figures
        ],
    }


def _table_row(figure: Measurement) -> Sequence[str]:
    busy = f"{median(figure.load_utilisation):.0%}" if figure.load_utilisation else NO_VALUE
    return (
        f"  {figure.name}",
        _format_amount(figure.ours, figure.unit),
        _format_amount(figure.plain, figure.unit),
        _format_ratio(figure.ratio_to_raw_write),
        _format_ratio(figure.ratio_to_plain),
        busy,
    )


def _format_row(row: Sequence[str], widths: Sequence[int]) -> str:
    if len(row) < len(widths):
        return "".join(row)
    first, *others = (
        f"{cell:<{width}}" if n == 0 else f"{cell:>{width}}"
        for n, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join((first, *others)).rstrip()


def _format_amount(values: Sequence[float], unit: str) -> str:
    return f"{_format_number(median(values))} {unit}" if values else NO_VALUE


def _format_ratio(ratio: float | None) -> str:
    return NO_VALUE if ratio is None else _format_number(ratio)


def _format_number(value: float) -> str:
    """Write a number with the three digits that a noisy machine can vouch for."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
