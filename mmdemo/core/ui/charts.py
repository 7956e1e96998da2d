"""Charts and diagrams as inline SVG, and arrays as pictures.

SVG text follows the page's theme (`currentColor`), scales to a phone, is read by screen readers
and takes under a millisecond to make, so that a request can afford one; a plotting library took
30 to 80 ms for the same chart.
"""

from __future__ import annotations

import base64
import io
import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from PIL import Image

COLOURS = ("#2563eb", "#d97706", "#059669", "#db2777", "#7c3aed", "#0891b2", "#65a30d", "#dc2626")
"""Told apart on white and on near-black, and by the commonest colour blindness."""

_WIDTH, _HEIGHT = 520, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 14, 44


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
        return f'<p class="mm-note">{escape(title)}: nothing was recorded.</p>'
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
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" '
            f'stroke="currentColor" stroke-dasharray="2 3"/>'
            f'<text x="{x + (-5 if anchor == "end" else 5):.1f}" y="{_TOP + 10}" '
            f'text-anchor="{anchor}">{escape(marker[1])}</text>'
        )
    return _figure(title, "".join(parts), [s.name for s in series])


def _span(low: float, high: float) -> tuple[float, float]:
    """The ends of an axis; a single value gets room on its right."""
    least = max(abs(low), abs(high)) * 1e-6
    return (low, high) if high - low > least else (low, low + (least * 1e6 or 1.0))


def scatter(title: str, points: Sequence[Point]) -> str:
    """A map of labelled points; one colour per name, no axes, since its directions mean nothing."""
    if not points:
        return f'<p class="mm-note">{escape(title)}: nothing to show yet.</p>'
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


def diagram(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """A network from input to output: a bar per layer, as wide as the numbers that leave it.

    Layers that keep the shape (activations, normalisation, dropout) are named on the bar of the
    layer before them; branches stand side by side.

    Args:
        title: for screen readers.
        rows: from `core.artifacts.describe`.
    """
    by_name = {row["name"]: row for row in rows}
    owner: dict[str, str] = {}  # every row -> the bar that it is drawn on
    bars: dict[str, list[str]] = {}
    for row in rows:
        sources = row["inputs"]
        joins = len(sources) == 1 and row["type"] in _MINOR
        if joins and by_name[owner[sources[0]]]["type"] != "InputLayer":
            owner[row["name"]] = owner[sources[0]]
            named = row["detail"] if row["type"] == "Activation" else spaced(row["type"])
            bars[owner[row["name"]]].append(named)
        else:
            owner[row["name"]] = row["name"]
            bars[row["name"]] = []
    depth: dict[str, int] = {}
    for name in bars:
        sources = [owner[s] for s in by_name[name]["inputs"]]
        depth[name] = max((depth[s] + 1 for s in sources), default=0)
    levels: dict[int, list[str]] = {}
    for name, level in depth.items():
        levels.setdefault(level, []).append(name)

    sizes = {name: _count(by_name[name]["shape"]) for name in bars}
    largest = math.log2(max(sizes.values()) + 1)
    row_height, bar_height, width = 46, 30, 520
    place: dict[str, tuple[float, float, float]] = {}  # centre x, top y, width
    for level, names in levels.items():
        share = width / len(names)
        for index, name in enumerate(names):
            scale = 0.30 + 0.66 * math.log2(sizes[name] + 1) / largest
            place[name] = (share * (index + 0.5), 4 + level * row_height, share * scale)
    parts = []
    for name in bars:
        x, y, _ = place[name]
        for source in dict.fromkeys(owner[s] for s in by_name[name]["inputs"]):
            source_x, source_y, _ = place[source]
            parts.append(
                f'<path d="M{source_x:.0f} {source_y + bar_height:.0f}'
                f"C{source_x:.0f} {y - 6:.0f} {x:.0f} {source_y + bar_height + 6:.0f} "
                f'{x:.0f} {y:.0f}" fill="none" stroke="currentColor" opacity=".35"/>'
            )
    for name, extras in bars.items():
        row = by_name[name]
        x, y, bar = place[name]
        shape = sides(row["shape"])
        label = f"{spaced(row['type'])} {row['detail']}".strip()
        tip = f"{name}: {label}; output {shape}; {row['parameters']:,} parameters"
        if extras:
            tip += "; then " + ", ".join(extras)
        colour = _colour(row["type"])
        size = 12 if len(levels[depth[name]]) == 1 else 9
        room = width / len(levels[depth[name]]) - 4
        below = " · ".join([shape, *extras])
        if _text_width(below, 9.5) > room:
            below = f"{shape} + {len(extras)}"  # the tip names them
        text = max(_text_width(label, size), _text_width(below, 9.5))
        bar = min(max(bar, text + 8), room)
        box = (
            f'<rect x="{x - bar / 2:.0f}" y="{y:.0f}" width="{bar:.0f}" height="{bar_height}" '
            'rx="5" fill='
        )
        parts.append(
            f"<g><title>{escape(tip)}</title>"
            f'{box}"var(--body-background-fill, #fff)"/>'  # lines pass behind
            f'{box}"{colour}" fill-opacity=".18" stroke="{colour}"/>'
            f'<text x="{x:.0f}" y="{y + 13:.0f}" text-anchor="middle" font-size="{size}">'
            f"{escape(label)}</text>"
            f'<text x="{x:.0f}" y="{y + 25:.0f}" text-anchor="middle" font-size="9.5" '
            f'opacity=".75">{escape(below)}</text></g>'
        )
    height = 4 + (max(levels) + 1) * row_height
    return (
        f'<figure class="mm-figure"><svg viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg></figure>'
    )


def sides(shape: Sequence[int | None]) -> str:
    """A shape in words: `H×W×3` of pictures of any size, `T×8` of anything else of any length."""
    names = "HW" if len(shape) == 3 else "TTTT"
    return "×".join(names[index] if side is None else str(side) for index, side in enumerate(shape))


def _text_width(text: str, size: float) -> float:
    """About how many units a text takes: the page's letters are half as wide as high."""
    return 0.55 * size * len(text)


def _colour(kind: str) -> str:
    for part, colour in _KIND_COLOURS.items():
        if part in kind:
            return colour
    return "#64748b"


_MINOR = frozenset(
    (
        "Activation",
        "BatchNormalization",
        "Dropout",
        "GaussianNoise",
        "GroupNormalization",
        "LayerNormalization",
        "LeakyReLU",
        "PReLU",
        "ReLU",
        "Relu",  # keras.ops.relu
        "Rescaling",
        "Softmax",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "UnitNormalization",
    )
)
_KIND_COLOURS = {  # part of a layer's type -> colour
    "Conv": "#2563eb",
    "Dense": "#d97706",
    "Pooling": "#059669",
    "Flatten": "#7c3aed",
    "Concatenate": "#7c3aed",
    "Add": "#7c3aed",
}


def spectrogram(decibels: np.ndarray, height: int = 160, width: int = 480) -> str:
    """A time-frequency picture as a data address.

    Args:
        decibels: shape (bands, frames), the lowest band first; any range.
        height: pixels of the picture.
        width: pixels of the picture.
    """
    low, high = float(decibels.min()), float(decibels.max())
    share = (decibels[::-1] - low) / max(high - low, 1e-9)  # low pitches at the bottom
    picture = Image.fromarray(_coloured(share).round().astype(np.uint8))
    return _png(picture.resize((width, height), Image.Resampling.NEAREST))


def heat(picture: np.ndarray, values: np.ndarray, longer: int = 320) -> str:
    """A picture, grey, with what a coarse map says of its places laid over it in colour.

    Args:
        picture: uint8 `(h, w, 3)`.
        values: `(h', w')`; what is 0 or below stays grey, the highest is brightest.
        longer: pixels of the longer side of what is made.
    """
    height, width = picture.shape[:2]
    scale = longer / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    share = np.maximum(values, 0) / max(float(values.max(initial=0)), 1e-9)
    smooth = Image.fromarray(share.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    share = np.clip(np.asarray(smooth), 0, 1)[..., None]
    grey = Image.fromarray(picture).convert("L").resize(size, Image.Resampling.BICUBIC)
    mixed = (1 - 0.75 * share) * np.asarray(grey)[..., None] + 0.75 * share * _coloured(
        share[..., 0]
    )
    return _png(Image.fromarray(mixed.round().astype(np.uint8)))


def channels(maps: np.ndarray, count: int = 24) -> list[tuple[str, int]]:
    """The strongest channels of a feature map as pictures: `(data address, channel)`.

    Args:
        maps: `(h, w, channels)`.
        count: at most so many.
    """
    strongest = np.argsort(-np.abs(maps).max(axis=(0, 1)), kind="stable")[:count]
    made = []
    for channel in strongest:
        values = maps[..., channel]
        low, high = float(values.min()), float(values.max())
        colours = _coloured((values - low) / max(high - low, 1e-9)).round().astype(np.uint8)
        scale = max(1, -(-96 // max(values.shape)))
        size = values.shape[1] * scale, values.shape[0] * scale
        enlarged = Image.fromarray(colours).resize(size, Image.Resampling.NEAREST)
        made.append((_png(enlarged), int(channel)))
    return made


def _coloured(share: np.ndarray) -> np.ndarray:
    """Parts of one as colours from dark to bright, `(..., 3)`, 0 to 255."""
    stops = np.array(_HEAT, dtype=np.float64)
    position = share * (len(stops) - 1)
    return np.stack(
        [np.interp(position, np.arange(len(stops)), stops[:, c]) for c in range(3)], axis=-1
    )


_HEAT = ((8, 10, 40), (64, 22, 110), (150, 40, 120), (226, 84, 72), (250, 160, 40), (252, 246, 170))


def picture(array: np.ndarray) -> str:
    """A uint8 array of shape (h, w) or (h, w, 3) as a PNG data address."""
    return _png(Image.fromarray(array))


def waveform(samples: np.ndarray, columns: int = 240) -> str:
    """The envelope of a recording as inline SVG.

    Args:
        samples: mono, shape (n,).
        columns: number of bars.
    """
    edges = np.linspace(0, len(samples), columns + 1).astype(int)
    peaks = [
        float(np.abs(samples[a : max(b, a + 1)]).max(initial=0.0))
        for a, b in itertools.pairwise(edges)
    ]
    top = max(*peaks, 1e-9)
    bars = "".join(
        f'<rect x="{2 * i}" y="{30 - 28 * p / top:.1f}" width="1.4" '
        f'height="{max(56 * p / top, 0.6):.1f}"/>'
        for i, p in enumerate(peaks)
    )
    return (
        f'<svg viewBox="0 0 {2 * columns} 60" preserveAspectRatio="none" class="mm-wave" '
        f'role="img" aria-label="Waveform" fill="{COLOURS[0]}">{bars}</svg>'
    )


def _png(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


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
            f'<text x="{axes.x(value):.1f}" y="{_HEIGHT - _BOTTOM + 16}" '
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
        f'<figure class="mm-figure"><figcaption>{escape(title)}</figcaption>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}" '
        f'font-size="11" fill="currentColor">{body}</svg>'
        f'<div class="mm-legend">{keys}</div></figure>'
    )


def _count(shape: Sequence[int | None]) -> int:
    return math.prod(side or 1 for side in shape)


def spaced(name: str) -> str:
    """`GlobalAveragePooling2D` -> `Global average pooling 2D`, `LeakyReLU` -> `Leaky ReLU`."""
    words = _WORD_START.sub(" ", name).split(" ")
    return " ".join([words[0], *(w.lower() if w[1:].islower() else w for w in words[1:])])


_WORD_START = re.compile(r"(?<=[a-z])(?<!Re)(?=[A-Z0-9])|(?<=[A-Z])(?!ReLU)(?=[A-Z][a-z])")
