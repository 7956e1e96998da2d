"""A network as a diagram: inline SVG from the rows of `architecture.json`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any


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


def _count(shape: Sequence[int | None]) -> int:
    return math.prod(side or 1 for side in shape)


def spaced(name: str) -> str:
    """`GlobalAveragePooling2D` -> `Global average pooling 2D`, `LeakyReLU` -> `Leaky ReLU`."""
    words = _WORD_START.sub(" ", name).split(" ")
    return " ".join([words[0], *(w.lower() if w[1:].islower() else w for w in words[1:])])


_WORD_START = re.compile(r"(?<=[a-z])(?<!Re)(?=[A-Z0-9])|(?<=[A-Z])(?!ReLU)(?=[A-Z][a-z])")
