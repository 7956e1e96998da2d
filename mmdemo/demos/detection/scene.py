"""A picture with its boxes as inline SVG, counts and sliders; bars of what took how long.

Imports no Keras and no Gradio. What `boxes.js` moves is drawn here once, for the stored settings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import numpy as np

from mmdemo.core.language import N_, _, kind
from mmdemo.core.measure.detection import Found
from mmdemo.core.ui import overlay
from mmdemo.core.ui.charts import COLOURS

from .infer import Detection
from .speed import STAGES, Timing

SIDE = 480
"""Of the drawing, in its own units: a picture of a few pixels gets room for lines."""
LOOKED = 100
"""Places where the network looked that are drawn, at most."""
PALE = "#ffffff"
NETWORKS = {"rcnn": "R-CNN", "fast_rcnn": "Fast R-CNN", "faster_rcnn": "Faster R-CNN"}
WORDS = {
    "proposals": N_("where to look"),
    "network": N_("convolutions"),
    "heads": N_("heads"),
    "suppression": N_("suppression"),
}
"""Of `speed.STAGES`."""


def answer(image: np.ndarray, detection: Detection) -> str:
    """The picture with boxes, counts, sliders and what can be taken home, as HTML.

    Args:
        image: uint8 `(h, w, 3)`, the picture that was looked at, or a scaled copy.
        detection: of this picture.
    """
    found = detection.shown()
    candidates = detection.candidates
    values = [
        [*(round(edge, 5) for edge in box), round(float(score), 4), int(label)]
        for box, score, label in zip(
            candidates.boxes.tolist(), candidates.scores, candidates.labels, strict=True
        )
    ]
    counts = detection.counts(found)
    drawn = _drawing(image, detection, found, counts)
    kinds = [kind(name) for name in detection.names]
    data = (
        f"data-boxes='{json.dumps(values, separators=(',', ':'))}' "
        f"data-names='{escape(json.dumps(detection.names))}' "
        f"data-kinds='{escape(json.dumps(kinds, ensure_ascii=False))}' "
        f"data-colours='{json.dumps(COLOURS)}' "
        f"data-width='{detection.width}' data-height='{detection.height}'"
    )
    return (
        f'<div class="mm-found" {data}>{drawn}{_counts(detection.names, counts)}'
        f"{_sliders(detection)}{_layers(detection)}{_saves()}</div>"
    )


def _drawing(image: np.ndarray, detection: Detection, found: Found, counts: dict[str, int]) -> str:
    address = overlay.jpeg(overlay.photo(image))
    width, height = overlay.fitted(detection.width, detection.height, SIDE)
    groups = []
    for box, label, score in zip(found.boxes, found.labels, found.scores, strict=True):
        edges = _rect(box, width, height)
        title = f"{kind(detection.names[label])} {100 * score:.0f} %"
        groups.append(
            f"<g><title>{escape(title)}</title>"
            f'<rect {edges} stroke="{PALE}" stroke-width="4" opacity=".75"/>'
            f'<rect {edges} stroke="{COLOURS[label % len(COLOURS)]}" stroke-width="2"/></g>'
        )
    said = _("; ").join(f"{kind(name)}: {count}" for name, count in counts.items())
    spoken = _("Boxes around what was found. {counts}").format(counts=said)
    drawing = (
        f'<svg viewBox="0 0 {width:.1f} {height:.1f}" role="img" '
        f'aria-label="{escape(spoken)}" style="max-height:70vh"><image href="{address}" '
        f'width="{width:.1f}" height="{height:.1f}" preserveAspectRatio="none"/>'
        f'<g fill="none">{_looked(detection.looked, width, height)}'
        f"{_grid(detection, width, height)}<g class='mm-boxes'>{''.join(groups)}</g></g></svg>"
    )
    return f'<figure class="mm-figure">{overlay.laid(drawing, width, height)}</figure>'


def _rect(box: np.ndarray, width: float, height: float) -> str:
    left, top, right, bottom = box * (width, height, width, height)
    return f'x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}"'


def _looked(places: np.ndarray, width: float, height: float) -> str:
    boxes = "".join(
        f'<rect {_rect(box, width, height)} stroke="#111827" stroke-width="1" opacity=".5"/>'
        for box in places[:LOOKED]
    )
    return f'<g class="mm-layer-looked" style="display:none">{boxes}</g>' if boxes else ""


def _grid(detection: Detection, width: float, height: float) -> str:
    """YOLO's cells, and the boxes of each, as strong as their confidence."""
    if detection.cells is None or detection.confidence is None:
        return ""
    grid = len(detection.cells)
    lines = "".join(
        f'<path d="M{width * step / grid:.1f} 0V{height:.1f}M0 {height * step / grid:.1f}'
        f'H{width:.1f}" stroke="#111827" stroke-width=".8" opacity=".6"/>'
        for step in range(1, grid)
    )
    boxes = "".join(
        f'<rect {_rect(np.clip(box, 0, 1), width, height)} stroke="#111827" stroke-width="1.6" '
        f'opacity="{min(max(float(sure), 0), 1):.2f}"/>'
        for box, sure in zip(
            detection.cells.reshape(-1, 4), detection.confidence.ravel(), strict=True
        )
        if sure >= 0.02
    )
    return f'<g class="mm-layer-grid" style="display:none">{lines}{boxes}</g>'


def _counts(names: Sequence[str], counts: dict[str, int]) -> str:
    rows = "".join(
        f'<tr><th scope="row"><i style="display:inline-block;width:.9em;height:.9em;'
        f'border-radius:.2em;margin-right:.5em;background:{COLOURS[place % len(COLOURS)]}"></i>'
        f'{escape(kind(name))}</th><td class="mm-number" data-count="{place}">{counts[name]}</td>'
        "</tr>"
        for place, name in enumerate(names)
    )
    return (
        f'<table class="mm-table" aria-live="polite"><thead><tr><th scope="col">{_("Kind")}</th>'
        f'<th scope="col" class="mm-number">{_("Count")}</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _sliders(detection: Detection) -> str:
    return _slider(
        "threshold",
        _("Threshold: how sure a box must be"),
        detection.threshold,
    ) + _slider(
        "suppression",
        _("Suppression: how much two boxes of a kind may overlap"),
        detection.suppression,
    )


def _slider(name: str, label: str, value: float) -> str:
    percent = min(max(round(100 * value), 5), 95)
    return (
        f'<label class="mm-slide"><span>{label}</span><input type="range" min="5" max="95" '
        f'value="{percent}" data-slide="{name}"><output>{percent} %</output></label>'
    )


def _layers(detection: Detection) -> str:
    boxes = []
    if len(detection.looked):
        said = _("Show where it looked: the first {count} of {all:,} proposals").format(
            count=min(LOOKED, len(detection.looked)), all=len(detection.looked)
        )
        boxes.append(("looked", said))
    if detection.cells is not None:
        boxes.append(("grid", _("Show the grid, and the boxes of each cell")))
    return "".join(
        f'<label class="mm-slide"><input type="checkbox" data-layer="{layer}"> {said}</label>'
        for layer, said in boxes
    )


def _saves() -> str:
    return (
        '<p class="mm-saves"><button type="button" data-save="json">'
        f'{_("Download the boxes as JSON")}</button> <button type="button" data-save="picture">'
        f"{_('Download the picture')}</button></p>"
    )


# === Speed ===

_ROW, _LEFT, _WIDTH = 44, 108, 480


def bars(timings: Sequence[Timing]) -> str:
    """What each stage of each network took, as bars below one another, and as a table."""
    longest = max(timing.total for timing in timings)
    room = _WIDTH - _LEFT - 76
    parts = []
    for row, timing in enumerate(timings):
        x, y = float(_LEFT), row * _ROW + 8
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 19}" text-anchor="end" font-size="14">'
            f"{NETWORKS[timing.network]}</text>"
        )
        for place, seconds in enumerate(timing.seconds):
            wide = room * seconds / longest
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="28" '
                f'fill="{COLOURS[place]}"/>'
            )
            x += wide
        parts.append(
            f'<text x="{x + 6:.1f}" y="{y + 19}" font-size="14">{1000 * timing.total:,.0f} ms'
            "</text>"
        )
    title = _("What each stage took")
    keys = "".join(
        f'<span><i style="background:{COLOURS[place]};height:.7em"></i>{_(WORDS[stage])}</span>'
        for place, stage in enumerate(STAGES)
    )
    return (
        f'<figure class="mm-figure"><figcaption>{title}</figcaption>'
        f'<svg viewBox="0 0 {_WIDTH} {len(timings) * _ROW + 8}" role="img" aria-label="{title}">'
        f'{"".join(parts)}</svg><div class="mm-legend">{keys}</div></figure>{_table(timings)}'
    )


def _table(timings: Sequence[Timing]) -> str:
    heads = "".join(f'<th scope="col" class="mm-number">{_(WORDS[stage])}</th>' for stage in STAGES)
    rows = "".join(
        f'<tr><th scope="row">{NETWORKS[timing.network]}</th>'
        f'<td class="mm-number">{timing.proposals:,}</td>'
        + "".join(f'<td class="mm-number">{1000 * seconds:,.1f}</td>' for seconds in timing.seconds)
        + f'<td class="mm-number">{1000 * timing.total:,.1f}</td></tr>'
        for timing in timings
    )
    return (
        f'<div class="mm-scroll" tabindex="0" role="region" aria-label="{_("Milliseconds")}">'
        f'<table class="mm-table"><caption>{_("Milliseconds")}</caption><thead><tr><th></th>'
        f'<th scope="col" class="mm-number">{_("Proposals")}</th>{heads}'
        f'<th scope="col" class="mm-number">{_("in all")}</th></tr></thead><tbody>{rows}</tbody>'
        "</table></div>"
    )
