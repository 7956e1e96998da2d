"""One picture, cut out in several ways: what each found, and where they disagree.

Imports no Keras and no Gradio.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from PIL import Image

from mmdemo.core.data.outlined import in_size
from mmdemo.core.language import N_, _
from mmdemo.core.ui import overlay, regions

from .infer import METHODS, Segmentation

SMALL = 420
"""Pixels of the longer side of the picture of one method."""
NAMES = {
    "default": N_("Ours, DEFAULT"),
    "unet": N_("U-Net"),
    "encoder_decoder": N_("Encoder and decoder"),
    "deeplab": N_("DeepLab v3+"),
    "watershed": N_("Otsu and watershed"),
}
RIM, AROUND = "#fde047", "#111827"
"""Of an outline and of the line around it, one of which is seen on any ground."""
VOTES = ("#3b82f6", "#22d3ee", "#facc15", "#f97316")
"""Of pixels that 1, 2, 3 and 4 of five methods call part of a thing."""
STRENGTH = 0.8
"""Of these colours over the picture."""

Answers = Sequence[tuple[str, Segmentation]]
"""Methods and what they answered, in the order in which they came."""


def ways(image: np.ndarray, answers: Answers) -> str:
    """What each method found so far, and once all have, where they disagree, as HTML.

    Args:
        image: uint8 `(h, w, 3)`, that was looked at.
        answers: of this picture.
    """
    figures = "".join(_figure(image, name, segmentation) for name, segmentation in answers)
    told = f'<div class="mm-ways">{figures}</div>'
    if len(answers) < len(METHODS):
        waiting = _("The next one is at work …")
        return f'{told}<p class="mm-note" role="status">{waiting}</p>'
    return told + _disagreement(image, [segmentation for _name, segmentation in answers])


def votes(segmentations: Sequence[Segmentation]) -> np.ndarray:
    """How many of these call each pixel part of a thing, `(h, w)`, in the size of the first."""
    height, width = segmentations[0].labels.shape
    return np.sum(
        [in_size(one.labels, (height, width)) > 0 for one in segmentations], axis=0, dtype=int
    )


def _figure(image: np.ndarray, name: str, segmentation: Segmentation) -> str:
    small = overlay.photo(image, SMALL)
    if max(small.size) < SMALL:  # outlines need room
        times = -(-SMALL // max(small.size))
        size = small.width * times, small.height * times
        small = small.resize(size, Image.Resampling.NEAREST)
    pixels = np.array(small)
    labels = in_size(segmentation.labels, (small.height, small.width))
    thick = overlay.thickness(labels)
    pixels[overlay.outlines(labels, 2 * thick)] = overlay.rgb(AROUND)
    pixels[overlay.outlines(labels, thick)] = overlay.rgb(RIM)
    label, said = _(NAMES[name]), regions.counted(segmentation)
    spoken = _("Outlines of what {method} found").format(method=label)
    picture = f'<img src="{overlay.jpeg(Image.fromarray(pixels))}" alt="{escape(spoken)}">'
    below = f"<figcaption><b>{label}</b>{escape(said)}</figcaption>"
    return f"<figure>{overlay.laid(picture, *small.size)}{below}</figure>"


def _disagreement(image: np.ndarray, segmentations: Sequence[Segmentation]) -> str:
    count = votes(segmentations)
    most = len(segmentations)
    split = (count > 0) & (count < most)
    picture = overlay.photo(image, overlay.SHOWN)
    times = max(1, overlay.LEAST // max(picture.size))
    picture = picture.resize((picture.width * times, picture.height * times))
    pixels = np.array(picture).astype(np.float32)
    shown = in_size(count, (picture.height, picture.width))
    for number, colour in enumerate(VOTES, 1):
        here = shown == number
        pixels[here] = (1 - STRENGTH) * pixels[here] + STRENGTH * np.array(overlay.rgb(colour))
    drawn = overlay.jpeg(Image.fromarray(pixels.round().astype(np.uint8)))
    keys = "".join(
        f'<span><i style="background:{colour};height:.8em"></i>'
        f"{_('{number} of {all}').format(number=number, all=most)}</span>"
        for number, colour in enumerate(VOTES, 1)
    )
    said = _(
        "Not all {all} agree in {share} of the pixels. Of the pixels that any of them calls part "
        "of a thing, these are {part}."
    ).format(
        all=most,
        share=regions.share(float(split.mean())),
        part=regions.share(float(split.sum() / max((count > 0).sum(), 1))),
    )
    if not split.any():
        said = _("All {all} agree in every pixel.").format(all=most)
    title = _("Where they disagree: how many of the {all} say that there is a thing")
    seen = f'<img src="{drawn}" alt="{escape(title.format(all=most))}">'
    return (
        f'<figure class="mm-figure mm-votes"><figcaption>{title.format(all=most)}</figcaption>'
        f"{overlay.laid(seen, *picture.size)}"
        f'<div class="mm-legend">{keys}</div></figure><p class="mm-note">{escape(said)}</p>'
    )
