"""The result as a table, and as JSON with the values of every round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from statistics import median
from typing import Any

from bench.stats import Measurement

HEADER = ("", "ours", "plain", "to a write", "to plain", "load")
NO_VALUE = "-"


def text_table(measurements: Iterable[Measurement]) -> str:
    """Format medians, their ratios and the utilisation of the load as a table."""
    rows: list[Sequence[str]] = [HEADER]
    for section, members in groupby(measurements, key=lambda each: each.section):
        rows += [(), (section,), *map(_table_row, members)]
    widths = [max(len(row[n]) for row in rows if len(row) > 1) for n in range(len(HEADER))]
    return "".join(f"{_format_row(row, widths)}\n" for row in rows)


def json_document(
    measurements: Iterable[Measurement], run_info: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the measurements as plain values, with information about the run."""
    return {
        **run_info,
        "figures": [
            {
                "scene": measurement.section,
                "what": measurement.name,
                "unit": measurement.unit,
                "ours": list(measurement.ours),
                "plain": list(measurement.plain),
                "bare_us": list(measurement.raw_write_us),
                "load_busy": list(measurement.load_utilisation),
                "median": median(measurement.ours),
                "to_bare": measurement.ratio_to_raw_write,
                "to_plain": measurement.ratio_to_plain,
            }
            for measurement in measurements
        ],
    }


def _table_row(measurement: Measurement) -> Sequence[str]:
    load = (
        f"{median(measurement.load_utilisation):.0%}" if measurement.load_utilisation else NO_VALUE
    )
    return (
        f"  {measurement.name}",
        _format_amount(measurement.ours, measurement.unit),
        _format_amount(measurement.plain, measurement.unit),
        _format_ratio(measurement.ratio_to_raw_write),
        _format_ratio(measurement.ratio_to_plain),
        load,
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
    """Format a number with three digits; more would be noise."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
