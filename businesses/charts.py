"""Columns of a chart as numbers for an SVG, because a page may carry no style of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from businesses import shown

WIDTH, HEIGHT = 470, 160
LEFT, TOP = 28, 16  # the figures of the scale stand left of the drawing
FIGURE = 10  # the width of a sign of theirs on a phone, where they are widest
FILLED = 0.7  # of its place, a column


@dataclass(frozen=True)
class Line:
    """A line of the grid and the figure beside it."""

    y: int
    value: int
    said: str


@dataclass(frozen=True)
class Column:
    """`label` names it in the table and to a pointer, `tick` below the drawing where there is room."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    label: str
    tick: str
    value: int
    said: str


@dataclass(frozen=True)
class Columns:
    columns: list[Column]
    lines: list[Line]
    left: int  # where the drawing begins: right of the longest figure


def columns(values: Sequence[tuple[str, str, int]]) -> Columns:
    """From (label, tick, value ≥ 0) of each, for templates/components/chart.html."""
    step = _step(max((value for _label, _tick, value in values), default=0))
    scale = [Line(TOP + HEIGHT - HEIGHT * part // 2, step * part, shown.number(step * part)) for part in (2, 1, 0)]
    left = max(LEFT, FIGURE * max(len(line.said) for line in scale))
    place = (WIDTH - left) / max(len(values), 1)
    drawn = []
    for number, (label, tick, value) in enumerate(values):
        middle, height = left + place * (number + 0.5), HEIGHT * value / (2 * step)
        drawn.append(
            Column(
                x=round(middle - place * FILLED / 2, 1),
                y=round(TOP + HEIGHT - height, 1),
                width=round(place * FILLED, 1),
                height=round(height, 1),
                middle=round(middle, 1),
                label=label,
                tick=tick,
                value=value,
                said=shown.number(value),
            )
        )
    return Columns(drawn, scale, left)


def _step(most: int) -> int:
    """Half of the scale: 1, 2 or 5 with noughts, so that two of them reach the highest column."""
    power = 1
    while True:
        for first in (1, 2, 5):
            if 2 * first * power >= most:
                return first * power
        power *= 10
