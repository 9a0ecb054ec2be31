"""The figures as one SVG: milliseconds a mail, our own by phase, the baselines whole."""

from __future__ import annotations

from html import escape
from typing import Any

from benchmarks.notices.report import Summary

COLOURS = {
    "promise": "#1b4965",
    "claim": "#5fa8d3",
    "compose": "#2a9d8f",
    "send": "#e9c46a",
    "settle": "#e76f51",
    "rest": "#8d99ae",
}
WHOLE = "#b0b7c3"
_LETTERS = 'font-family="sans-serif" font-size="13" fill="#222"'
LEFT, WIDTH, ROW, TOP = 190, 540, 46, 64


def picture(told: Summary, caption: str) -> str:
    """Return a drawing with a bar for each way of sending; less is better."""
    longest = max(_whole(one) for one in told.values())
    bars = [_bar(number, way, one, WIDTH / longest) for number, (way, one) in enumerate(told.items())]
    height = TOP + ROW * len(told) + 56
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 170} {height}" {_LETTERS}>',
            '<rect width="100%" height="100%" fill="#fff"/>',
            '<text x="16" y="28" font-size="16" font-weight="bold">Milliseconds a mail (median; less is better)</text>',
            *bars,
            _legend(height - 40),
            f'<text x="16" y="{height - 10}" font-size="11" fill="#555">{escape(caption)}</text>',
            "</svg>\n",
        ]
    )


def _whole(one: dict[str, Any]) -> float:
    return float(one["seconds"]["median"] / one["mails"] * 1000)


def _bar(number: int, way: str, one: dict[str, Any], scale: float) -> str:
    y, x = TOP + ROW * number, float(LEFT)
    parts = {name: one["phases_ms"][name]["wall"] for name in COLOURS if name in one["phases_ms"]} or {"": _whole(one)}
    drawn = [f'<text x="{LEFT - 10}" y="{y + 20}" text-anchor="end">{escape(way)}</text>']
    for name, milliseconds in parts.items():
        wide = milliseconds * scale
        colour = COLOURS.get(name, WHOLE)
        drawn.append(f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="30" fill="{colour}"/>')
        x += wide
    rate = one["a_second"]["median"]
    drawn.append(f'<text x="{x + 8:.1f}" y="{y + 20}">{_whole(one):.2f} ms · {rate:.0f} a second</text>')
    return "".join(drawn)


def _legend(y: int) -> str:
    marks = []
    for number, (name, colour) in enumerate(COLOURS.items()):
        x = LEFT + number * 90
        marks.append(f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{colour}"/>')
        marks.append(f'<text x="{x + 17}" y="{y}">{name}</text>')
    return "".join(marks)
