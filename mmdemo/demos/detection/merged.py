"""Selective search step by step, as HTML: `merged.js` moves it.

Imports no Keras and no Gradio.
"""

from __future__ import annotations

import json
from html import escape

import numpy as np

from mmdemo.core.language import _
from mmdemo.core.ui import overlay

from .infer import Merging

LATEST = 8
"""Boxes of the last merges that are drawn."""


def steps(merging: Merging) -> str:
    """The picture's first regions, and a slider that merges them one by one.

    Args:
        merging: of a picture.
    """
    count = int(merging.labels.max()) + 1
    if not merging.steps:
        said = _("This picture is one region: there is nothing to merge.")
        return f'<p class="mm-notice" role="status">{said}</p>'
    labels = merging.labels + 1
    height, width = labels.shape
    first = overlay.spread(labels, count)
    colours = [overlay.rgb(overlay.colour(int(place))) for place in first]
    data = {
        "labels": overlay.packed(labels),
        "colours": json.dumps(colours, separators=(",", ":")),
        "steps": json.dumps(
            [[step.first, step.second, *step.box] for step in merging.steps], separators=(",", ":")
        ),
        "latest": str(LATEST),
        "said": _(
            "{left} regions are left. {done} merges: the box of each region on the way is proposed."
        ),
    }
    parts = " ".join(f'data-{name}="{escape(text)}"' for name, text in data.items())
    photo = overlay.jpeg(overlay.photo(merging.image))
    drawn = overlay.coloured(np.asarray(first)[labels - 1])
    said = data["said"].format(left=count, done=0)
    spoken = _("The picture in {count} regions of like pixels.").format(count=count)
    drawing = (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{spoken}">'
        f'<image href="{photo}" width="{width}" height="{height}"/>'
        f'<image data-part="regions" href="{drawn}" width="{width}" height="{height}" '
        'opacity=".55" style="image-rendering:pixelated"/>'
        '<g data-part="boxes" fill="none" vector-effect="non-scaling-stroke"></g></svg>'
    )
    return (
        f'<div class="mm-merging" {parts}><figure class="mm-figure">'
        f"{overlay.laid(drawing, width, height)}</figure>"
        f'<p class="mm-note" data-part="said" role="status">{said}</p>'
        f'<label class="mm-slide"><span>{_("Merges")}</span><input type="range" min="0" '
        f'max="{len(merging.steps)}" value="0" data-slide="merges"><output>0</output></label>'
        f'<p class="mm-saves"><button type="button" data-play="{_("Stop")}">{_("Play")}</button>'
        "</p></div>"
    )
