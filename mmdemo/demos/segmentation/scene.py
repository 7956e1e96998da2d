"""What was cut out of a picture, in words and as HTML.

Imports no Keras and no Gradio.
"""

from __future__ import annotations

import numpy as np

from mmdemo.core.language import _, kind
from mmdemo.core.ui import regions

from .infer import Segmentation


def answer(image: np.ndarray, segmentation: Segmentation) -> str:
    """The picture, its regions, the table and what can be taken home, as HTML.

    Args:
        image: uint8 `(h, w, 3)`, the picture that was looked at, or a scaled copy.
        segmentation: of this picture.
    """
    if not segmentation.by_kind:
        return regions.answer(image, segmentation, regions.things(segmentation))
    told = regions.headed(_kinds(segmentation)) if segmentation.regions else ""
    return regions.answer(image, segmentation, told, by_kind=True)


def _kinds(segmentation: Segmentation) -> str:
    """How many kinds there are, and which covers most, as a sentence."""
    largest = max(segmentation.regions, key=lambda region: region.area)
    return _("{count} kinds of things, most of it {kind}: {share}.").format(
        count=len(segmentation.regions), kind=kind(largest.name), share=regions.share(largest.share)
    )
