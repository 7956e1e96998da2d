"""Charts as inline SVG.

SVG text follows the page's theme (`currentColor`), scales to a phone, is read by screen readers
and takes under a millisecond to make, so that a request can afford one; a plotting library took
30 to 80 ms for the same chart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mmdemo.core.language import _

COLOURS = ("#2563eb", "#d97706", "#059669", "#db2777", "#7c3aed", "#0891b2", "#65a30d", "#dc2626")
"""Told apart on white and on near-black, and by the commonest colour blindness."""

_WIDTH, _HEIGHT = 390, 230
"""A unit is most of a pixel on a phone: letters of 13 stay legible."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 14, 48


@dataclass(frozen=True)
class Series:
    """One line of a chart."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Point:
    """One mark of a map. `emphasis` draws it as the thing that was asked about."""

    name: str
    x: float
    y: float
    emphasis: bool = False


@dataclass(frozen=True)
class _Axes:
    """Data to SVG coordinates."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        share = (value - self.x_low) / (self.x_high - self.x_low)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.y_low) / (self.y_high - self.y_low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def line_chart(
    title: str,
    series: Sequence[Series],
    *,
    x_label: str,
    y_label: str,
    percent: bool = False,
    marker: tuple[float, str] | None = None,
) -> str:
    """Lines over a shared x axis.

    Args:
        title: what the chart shows, for screen readers and as its caption.
        series: the lines; NaN and infinite points are left out.
        x_label: with the unit.
        y_label: with the unit.
        percent: y values are fractions, and are written as percentages.
        marker: an x value and its name, drawn as a vertical line.
    """
    xs = [v for s in series for v in s.x if math.isfinite(v)] + ([marker[0]] if marker else [])
    ys = [v for s in series for v in s.y if math.isfinite(v)]
    if not xs or not ys:
        said = _("{title}: nothing was recorded.").format(title=title)
        return f'<p class="mm-note">{escape(said)}</p>'
    axes = _Axes(*_span(min(xs), max(xs)), *_span(min(0.0, *ys), max(0.0, *ys)))
    parts = [_frame(axes, x_label, y_label, percent)]
    for index, line in enumerate(series):
        points = " ".join(
            f"{axes.x(x):.1f},{axes.y(y):.1f}"
            for x, y in zip(line.x, line.y, strict=True)
            if math.isfinite(x) and math.isfinite(y)
        )
        colour = COLOURS[index % len(COLOURS)]
        dash = ' stroke-dasharray="6 3"' if index % 2 else ""
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
        )
    if marker is not None:
        x = axes.x(marker[0])
        anchor = "end" if x > _WIDTH / 2 else "start"
        parts.append(
            f'<g class="mm-marker" data-axis="[{axes.x_low},{axes.x_high},{_LEFT},'
            f'{_WIDTH - _RIGHT}]">'  # where `play.js` moves it
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" '
            f'stroke="currentColor" stroke-dasharray="2 3"/>'
            f'<text x="{x + (-5 if anchor == "end" else 5):.1f}" y="{_TOP + 11}" '
            f'text-anchor="{anchor}">{escape(marker[1])}</text></g>'
        )
    return _figure(title, "".join(parts), [s.name for s in series])


def _span(low: float, high: float) -> tuple[float, float]:
    """The ends of an axis; a single value gets room on its right."""
    least = max(abs(low), abs(high)) * 1e-6
    return (low, high) if high - low > least else (low, low + (least * 1e6 or 1.0))


def scatter(title: str, points: Sequence[Point]) -> str:
    """A map of labelled points; one colour per name, no axes, since its directions mean nothing."""
    if not points:
        said = _("{title}: nothing to show yet.").format(title=title)
        return f'<p class="mm-note">{escape(said)}</p>'
    xs, ys = [p.x for p in points], [p.y for p in points]
    span = max(max(xs) - min(xs), max(ys) - min(ys), 1e-9) * 1.3
    middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    aspect = (_WIDTH - _LEFT - _RIGHT) / (_HEIGHT - _TOP - _BOTTOM)
    axes = _Axes(
        middle_x - span * aspect / 2,
        middle_x + span * aspect / 2,
        middle_y - span / 2,
        middle_y + span / 2,
    )
    names = list(dict.fromkeys(p.name for p in points if not p.emphasis))
    parts = []
    for point in points:
        x, y = axes.x(point.x), axes.y(point.y)
        label = f'<text x="{x + 8:.1f}" y="{y + 4:.1f}">{escape(point.name)}</text>'
        if point.emphasis:
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="none" stroke="currentColor" '
                f'stroke-width="2"/><circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="currentColor"/>'
                f'<text x="{x + 12:.1f}" y="{y + 4:.1f}" font-weight="600">'
                f"{escape(point.name)}</text>"
            )
        else:
            colour = COLOURS[names.index(point.name) % len(COLOURS)]
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>{label}')
    return _figure(title, "".join(parts), [])


def histogram(title: str, counts: Sequence[float], edges: Sequence[float]) -> str:
    """How many values lie between each two edges.

    Args:
        title: what the values are.
        counts: `(bins,)`.
        edges: `(bins + 1,)`, rising.
    """
    axes = _Axes(*_span(float(edges[0]), float(edges[-1])), 0.0, max(float(max(counts)), 1.0))
    bars = "".join(
        f'<rect x="{axes.x(low):.1f}" y="{axes.y(count):.1f}" '
        f'width="{max(axes.x(high) - axes.x(low) - 0.6, 0.4):.1f}" '
        f'height="{axes.y(0) - axes.y(count):.1f}" fill="{COLOURS[0]}"/>'
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    )
    return _figure(title, _frame(axes, _("value"), _("how many"), percent=False) + bars, [])


def _frame(axes: _Axes, x_label: str, y_label: str, percent: bool) -> str:
    parts = []
    for value in _ticks(axes.y_low, axes.y_high):
        y = axes.y(value)
        text = f"{100 * value:.4g} %" if percent else f"{value:,.6g}"
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="currentColor" opacity=".15"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
        )
    for value in _ticks(axes.x_low, axes.x_high):
        parts.append(
            f'<text x="{axes.x(value):.1f}" y="{_HEIGHT - _BOTTOM + 17}" '
            f'text-anchor="middle">{value:,.6g}</text>'
        )
    middle = _LEFT + (_WIDTH - _LEFT - _RIGHT) / 2
    parts.append(
        f'<text x="{middle:.0f}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(x_label)}</text>'
        f'<text transform="translate(12 {(_HEIGHT - _BOTTOM) / 2:.0f}) rotate(-90)" '
        f'text-anchor="middle">{escape(y_label)}</text>'
    )
    return "".join(parts)


def _ticks(low: float, high: float) -> list[float]:
    """About five round numbers between the ends."""
    step = 10 ** math.floor(math.log10((high - low) / 4))
    for factor in (1, 2, 5, 10):
        if (high - low) / (step * factor) <= 6:
            step *= factor
            break
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _figure(title: str, body: str, legend: Sequence[str]) -> str:
    keys = "".join(
        f'<span><i style="background:{COLOURS[i % len(COLOURS)]}"></i>{escape(name)}</span>'
        for i, name in enumerate(legend)
    )
    return (
        f'<figure class="mm-figure mm-chart"><figcaption>{escape(title)}</figcaption>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}" '
        f'font-size="13" fill="currentColor">{body}</svg>'
        f'<div class="mm-legend">{keys}</div></figure>'
    )
