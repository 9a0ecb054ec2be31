"""Figures as a table of Markdown: readable on a terminal, and ready for docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Sequence

Row = Sequence[str]


def table(titles: Row, rows: Sequence[Row]) -> str:
    """Return the table; all columns but the first are figures and stand to the right."""
    widths = [max(len(row[column]) for row in (titles, *rows)) for column in range(len(titles))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(row, widths) for row in (titles, rule, *rows))


def _line(row: Row, widths: Sequence[int]) -> str:
    first, *others = row
    cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
    return f"| {' | '.join(cells)} |"


def figure(value: float) -> str:
    """Return a figure with three digits that count."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"
