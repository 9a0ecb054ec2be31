"""Curves as one SVG: panels side by side, both axes by powers of ten, each point with its figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from benchmarks.markdown import figure

Series = dict[str, list[tuple[float, float]]]
COLOURS = ("#1b4965", "#e76f51", "#2a9d8f", "#e9c46a")
LEFT, TOP, WIDE, HIGH, APART = 64, 92, 330, 240, 96
_LETTERS = 'font-family="sans-serif" font-size="12" fill="#222"'


@dataclass
class Panel:
    """A panel: what it shows, what grows to the right, and a curve for each name; all values are above zero."""

    title: str
    across: str
    series: Series
    x: tuple[int, int] = field(init=False)
    y: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        points = [point for curve in self.series.values() for point in curve]
        self.x, self.y = _powers([x for x, _ in points]), _powers([y for _, y in points])

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point is drawn, counted from the panel's upper left corner."""
        return _part(x, self.x) * WIDE, HIGH - _part(y, self.y) * HIGH


def _powers(values: Sequence[float]) -> tuple[int, int]:
    """Return the powers of ten that hold all values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _part(value: float, powers: tuple[int, int]) -> float:
    low, high = powers
    return (math.log10(value) - low) / (high - low)


def drawing(title: str, panels: Sequence[Panel], caption: str) -> str:
    """Return the picture; a name has the same colour in all panels."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.series))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    width, height = len(panels) * (WIDE + APART) + 24, TOP + HIGH + 76
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_LETTERS}>',
            '<rect width="100%" height="100%" fill="#fff"/>',
            f'<text x="16" y="28" font-size="16" font-weight="bold">{escape(title)}</text>',
            _legend(colours),
            *(_panel(number, panel, colours) for number, panel in enumerate(panels)),
            f'<text x="16" y="{height - 10}" font-size="11" fill="#555">{escape(caption)}</text>',
            "</svg>\n",
        ]
    )


def _legend(colours: dict[str, str]) -> str:
    marks, x = [], 16
    for name, colour in colours.items():
        marks.append(f'<rect x="{x}" y="42" width="12" height="12" fill="{colour}"/>')
        marks.append(f'<text x="{x + 17}" y="53">{escape(name)}</text>')
        x += 40 + 7 * len(name)
    return "".join(marks)


def _panel(number: int, panel: Panel, colours: dict[str, str]) -> str:
    corner = f"translate({LEFT + number * (WIDE + APART)} {TOP})"
    parts = [f'<text x="0" y="-10" font-weight="bold">{escape(panel.title)}</text>', *_grid(panel)]
    parts += [_curve(panel, curve, colours[name]) for name, curve in panel.series.items()]
    parts.append(f'<text x="{WIDE / 2}" y="{HIGH + 38}" text-anchor="middle">{escape(panel.across)}</text>')
    return f'<g transform="{corner}">{"".join(parts)}</g>'


def _grid(panel: Panel) -> list[str]:
    lines = []
    for power in range(panel.x[0], panel.x[1] + 1):
        x, _ = panel.at(10.0**power, 10.0 ** panel.y[0])
        lines.append(f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{HIGH}" stroke="#ddd"/>')
        lines.append(f'<text x="{x:.1f}" y="{HIGH + 18}" text-anchor="middle">{10.0**power:,.12g}</text>')
    for power in range(panel.y[0], panel.y[1] + 1):
        _, y = panel.at(10.0 ** panel.x[0], 10.0**power)
        lines.append(f'<line x1="0" y1="{y:.1f}" x2="{WIDE}" y2="{y:.1f}" stroke="#ddd"/>')
        lines.append(f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,.12g}</text>')
    return lines


def _curve(panel: Panel, curve: Sequence[tuple[float, float]], colour: str) -> str:
    places = [(*panel.at(x, y), y) for x, y in sorted(curve)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in places)
    drawn = [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for x, y, value in places:
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')
        drawn.append(f'<text x="{x:.1f}" y="{y - 8:.1f}" font-size="11" text-anchor="middle">{figure(value)}</text>')
    return "".join(drawn)
