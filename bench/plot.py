"""A line chart as SVG, without a library."""

from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT, _MARGIN = 720, 360, 56
_COLORS = ("#1b6ac9", "#d9822b", "#c23030", "#3d8f4f")


def svg(title: str, across: str, up: str, lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Return a chart of named lines, each of points `(across, up)`; both axes begin at 0."""
    most_across = max((x for points in lines.values() for x, _ in points), default=1) or 1
    most_up = max((y for points in lines.values() for _, y in points), default=1) or 1
    wide, high = _WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN
    drawn = []
    for (name, points), color in zip(lines.items(), _COLORS, strict=False):
        path = " ".join(f"{_MARGIN + x / most_across * wide:.1f},{_HEIGHT - _MARGIN - y / most_up * high:.1f}" for x, y in points)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>')
        drawn.append(_text(_MARGIN + 60 * len(drawn) / 2 - 30, 44, name, color))
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="12">',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',  # also where the page around it is dark
            _text(_MARGIN, 24, title, "#000"),
            f'<path d="M{_MARGIN} {_MARGIN}V{_HEIGHT - _MARGIN}H{_WIDTH - _MARGIN}" fill="none" stroke="#888"/>',
            _text(_MARGIN - 48, _MARGIN + 4, f"{most_up:,.0f} {up}", "#444"),
            _text(_WIDTH - _MARGIN - 60, _HEIGHT - _MARGIN + 20, f"{most_across:,.0f} {across}", "#444"),
            *drawn,
            "</svg>\n",
        )
    )


def _text(x: float, y: float, words: str, color: str) -> str:
    return f'<text x="{x:.0f}" y="{y}" fill="{color}">{escape(words)}</text>'
