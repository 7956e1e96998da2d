"""Things with their masks, and how each was found, as HTML.

Imports no Keras and no Gradio. `walk.js` draws the way from an anchor to a mask.
"""

from __future__ import annotations

import json
from html import escape

import numpy as np

from mmdemo.core.language import N_, _
from mmdemo.core.ui import overlay, regions

from .infer import Box, Instances

STEPS = {
    "anchor": (
        N_("1. Anchor"),
        N_("One of {anchors} squares of fixed sizes, which stand every {stride} pixels."),
    ),
    "proposal": (
        N_("2. Proposal"),
        N_("What the proposal network made of it: {objectness} sure that a thing is there."),
    ),
    "box": (
        N_("3. Box"),
        N_("What a head made of that, from 7 × 7 places in it: {kind}, {score} sure."),
    ),
    "mask": (
        N_("4. Mask"),
        N_("28 × 28 points in the box. The line is where they pass one half."),
    ),
}
"""From an anchor to a mask: the name of each step, and what is said below its picture."""
LINE = 2
"""Pixels of a proposal's edges, of `overlay.SHOWN` along the picture."""


def answer(image: np.ndarray, instances: Instances) -> str:
    """The picture, its things, how each was found, the table and what can be taken home, as HTML.

    Args:
        image: uint8 `(h, w, 3)`, the picture that was looked at, or a scaled copy.
        instances: of this picture.
    """
    told = regions.things(instances)
    return regions.answer(image, instances, told, below=_walk(instances))


def _walk(instances: Instances) -> str:
    """Four pictures that the script draws, and what it knows to do so."""
    walks = [instances.walks[place] for place in regions.order(instances)]
    values = [
        [
            *map(_edges, (walk.anchor, walk.proposal, walk.box)),
            round(walk.objectness, 4),
            round(walk.score, 4),
            walk.stride,
        ]
        for walk in walks
    ]
    said = {name: _(below) for name, (_name, below) in STEPS.items()}
    said["walked"] = _(
        "Number {number}, {kind}: {objectness} sure that a thing is there, {score} of its kind."
    )
    said["anchors"] = f"{instances.anchors:,}"
    data = {
        "walks": json.dumps(values, separators=(",", ":")),
        "masks": _masks([walk.mask for walk in walks]),
        "proposals": _outlines(instances),
        "words": json.dumps(said, ensure_ascii=False),
    }
    parts = " ".join(f'data-{name}="{escape(text)}"' for name, text in data.items())
    spoken = _("Cut from the picture: {step}")
    figures = [
        f'<figure><svg data-step="{name}" role="img" '
        f'aria-label="{escape(spoken.format(step=_(step)))}"></svg>'
        f"<figcaption><b>{_(step)}</b><span></span></figcaption></figure>"
        for name, (step, _below) in STEPS.items()
    ]
    pairs = "".join(f"<div>{''.join(figures[place : place + 2])}</div>" for place in (0, 2))
    return (
        f'<section class="mm-walk" {parts}>{_layer(len(instances.proposals))}'
        f"<h3>{_('How it was found')}</h3>"
        f'<p class="mm-note">{_("A click on a thing, or Enter in the table, shows its way.")}</p>'
        '<p class="mm-note" data-part="walked" aria-live="polite"></p>'
        f'<div class="mm-steps">{pairs}</div></section>'
    )


def _layer(proposals: int) -> str:
    if not proposals:
        return ""
    said = _("Show every proposal: {count:,}").format(count=proposals)
    return f'<label class="mm-slide"><input type="checkbox" data-layer="proposals"> {said}</label>'


def _edges(box: Box) -> list[float]:
    return [round(edge, 4) for edge in box]


def _outlines(instances: Instances) -> str:
    """All proposals as a picture of thin lines, to be laid over the photo: a data address."""
    sides = overlay.fitted(instances.width, instances.height, overlay.SHOWN)
    width, height = (max(LINE, round(side)) for side in sides)
    places = np.full((height, width), -1)  # -1: clear
    within = np.clip(instances.proposals, 0, 1) * (*[width - LINE, height - LINE] * 2,)
    for left, top, right, bottom in np.rint(within).astype(int):
        for row in (top, bottom):
            places[row : row + LINE, left : right + LINE] = 0
        for column in (left, right):
            places[top : bottom + LINE, column : column + LINE] = 0
    return overlay.coloured(places)


def _masks(masks: list[np.ndarray]) -> str:
    """Masks below one another in columns of a square picture, as a data address.

    Args:
        masks: each `(28, 28)`, from 0 to 1.
    """
    if not masks:
        return ""
    across = int(np.ceil(np.sqrt(len(masks))))
    sheet = np.zeros((-(-len(masks) // across), across, *masks[0].shape))
    sheet.reshape(-1, *masks[0].shape)[: len(masks)] = masks
    rows, _across, high, wide = sheet.shape
    levels = np.rint(255 * sheet.clip(0, 1)).astype(np.int32)
    return overlay.packed(levels.transpose(0, 2, 1, 3).reshape(rows * high, across * wide))
