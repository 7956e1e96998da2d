"""A network as a diagram: inline SVG from the rows of `architecture.json`."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from mmdemo.core.language import _

_WIDTH = 340
"""Of a network without branches, in pixels: that of a phone. Wide networks are pushed aside."""
_FONT, _LINE, _GAP = 12, 14, 14
_SHORT = 16
"""Letters of a line on a bar that has others beside it."""
CENTRE = """
const centre = () => {
  const figure = element.querySelector(".mm-diagram");
  if (figure) figure.scrollLeft = (figure.scrollWidth - figure.clientWidth) / 2;
};
new MutationObserver(centre).observe(element, { childList: true, subtree: true });
new IntersectionObserver(([seen], observer) => {
  if (!seen.isIntersecting) return;
  centre();
  observer.disconnect();
}).observe(element);
"""
"""Shows the middle of a wide network first, where its input is; for the field that it stands in."""


def diagram(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """A network from input to output: a bar per layer, as wide as the numbers that leave it.

    Layers that keep the shape (activations, normalisation, dropout) are named on the bar of the
    layer before them; branches stand side by side. A unit is a pixel on a phone, where what is
    larger than the screen is pushed aside: letters stay legible.

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
    texts = {name: _lines(by_name[name], bars[name], len(levels[depth[name]]) > 1) for name in bars}
    broadest = [max(_needed(texts[name]) for name in names) for names in levels.values()]
    width = max(_WIDTH, *(len(n) * b for n, b in zip(levels.values(), broadest, strict=True)))
    faded = ' opacity=".75"'
    height = 4
    place: dict[str, tuple[float, int, int]] = {}  # centre x, top y, height
    for _level, names in sorted(levels.items()):
        tall = 8 + _LINE * max(len(texts[name]) for name in names)
        for index, name in enumerate(names):
            place[name] = (width / len(names) * (index + 0.5), height, tall)
        height += tall + _GAP
    parts = []
    for name in bars:
        x, y, _width = place[name]
        for source in dict.fromkeys(owner[s] for s in by_name[name]["inputs"]):
            source_x, source_y, source_tall = place[source]
            parts.append(
                f'<path d="M{source_x:.0f} {source_y + source_tall:.0f}'
                f"C{source_x:.0f} {y - 6:.0f} {x:.0f} {source_y + source_tall + 6:.0f} "
                f'{x:.0f} {y:.0f}" fill="none" stroke="currentColor" opacity=".35"/>'
            )
    for name, extras in bars.items():
        row = by_name[name]
        x, y, tall = place[name]
        shape = sides(row["shape"])
        label = f"{spaced(row['type'])} {row['detail']}".strip()
        tip = _("{name}: {layer}; output {shape}; {count:,} parameters").format(
            name=name, layer=label, shape=shape, count=row["parameters"]
        )
        if extras:
            tip += _("; then {layers}").format(layers=", ".join(extras))
        colour = _colour(row["type"])
        share = width / len(levels[depth[name]])
        lines = texts[name]
        full = " · ".join([shape, *extras])
        if _text_width(full) <= share - 12:
            lines = [*lines[:-1], full]
        bar = share * (0.30 + 0.66 * math.log2(sizes[name] + 1) / largest)
        bar = min(max(bar, _needed(lines) - 4), share - 4)
        box = (
            f'<rect x="{x - bar / 2:.0f}" y="{y:.0f}" width="{bar:.0f}" height="{tall:.0f}" '
            'rx="5" fill='
        )
        top = y + (tall - _LINE * len(lines)) / 2
        written = "".join(
            f'<text x="{x:.0f}" y="{top + _LINE * number - 4:.0f}" text-anchor="middle"'
            f"{faded if number == len(lines) else ''}>{escape(line)}</text>"
            for number, line in enumerate(lines, start=1)
        )
        parts.append(
            f'<g data-layer="{escape(name)}" tabindex="0" role="button" '
            f'aria-label="{escape(tip)}"><title>{escape(tip)}</title>'
            f'{box}"var(--body-background-fill, #fff)"/>'  # lines pass behind
            f'{box}"{colour}" fill-opacity=".18" stroke="{colour}"/>{written}</g>'
        )
    return (
        '<figure class="mm-figure mm-diagram mm-scroll">'
        f'<svg viewBox="0 0 {width} {height - _GAP + 4}" role="group" font-size="{_FONT}" '
        f'style="min-width:{width}px;max-width:{1.25 * width:.0f}px" '
        f'aria-label="{escape(title)}" translate="no">{"".join(parts)}</svg></figure>'
    )


def _lines(row: Mapping[str, Any], extras: Sequence[str], beside: bool) -> list[str]:
    """What is written on a bar: the layer, in short lines where others stand beside it, its shape.

    What is done to the shape's numbers afterwards is counted; a wide bar has room for the names.
    """
    kind, shape = spaced(row["type"]), sides(row["shape"])
    below = f"{shape} + {len(extras)}" if extras else shape
    if not beside:
        return [f"{kind} {row['detail']}".strip(), below]
    return [*textwrap.wrap(kind, _SHORT), *textwrap.wrap(row["detail"], _SHORT), below]


def _needed(lines: Sequence[str]) -> int:
    """The width of a bar with these lines, and the room beside it."""
    return math.ceil(max(map(_text_width, lines))) + 12


def sides(shape: Sequence[int | None]) -> str:
    """A shape in words: `H×W×3` of pictures of any size, `T×8` of anything else of any length."""
    names = "HW" if len(shape) == 3 else "TTTT"
    return "×".join(names[index] if side is None else str(side) for index, side in enumerate(shape))


def _text_width(text: str) -> float:
    """About how many units a text takes: the page's letters are half as wide as high."""
    return 0.55 * _FONT * len(text)


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


def _count(shape: Sequence[int | None]) -> int:
    return math.prod(side or 1 for side in shape)


def spaced(name: str) -> str:
    """`GlobalAveragePooling2D` -> `Global average pooling 2D`, `LeakyReLU` -> `Leaky ReLU`."""
    words = _WORD_START.sub(" ", name).split(" ")
    return " ".join([words[0], *(w.lower() if w[1:].islower() else w for w in words[1:])])


_WORD_START = re.compile(r"(?<=[a-z])(?<!Re)(?=[A-Z0-9])|(?<=[A-Z])(?!ReLU)(?=[A-Z][a-z])")
