"""What was cut out of a picture, in words and as HTML.

Imports no Keras and no Gradio.
"""

from __future__ import annotations

import numpy as np

from mmdemo.core.language import N_, _, kind
from mmdemo.core.ui import regions

from .infer import Segmentation

PET = "pet"
"""Where it is found, what is behind it can be changed."""
BEHIND = {
    "blurred": N_("Blurred"),
    "grey": N_("Grey"),
    "white": N_("White"),
    "clear": N_("Nothing"),
}


def answer(image: np.ndarray, segmentation: Segmentation) -> str:
    """The picture, its regions, the table and what can be taken home, as HTML.

    Args:
        image: uint8 `(h, w, 3)`, the picture that was looked at, or a scaled copy.
        segmentation: of this picture.
    """
    if not segmentation.by_kind:
        return regions.answer(image, segmentation, regions.things(segmentation))
    told = regions.headed(_kinds(segmentation)) if segmentation.regions else ""
    there = {region.name for region in segmentation.regions}
    below = _behind() if PET in there else ""
    return regions.answer(image, segmentation, told, by_kind=True, below=below)


def _kinds(segmentation: Segmentation) -> str:
    """How many kinds there are, and which covers most, as a sentence."""
    largest = max(segmentation.regions, key=lambda region: region.area)
    if len(segmentation.regions) == 1:
        return _("One kind of thing: {kind}, {share}.").format(
            kind=kind(largest.name), share=regions.share(largest.share)
        )
    return _("{count} kinds of things, most of it {kind}: {share}.").format(
        count=len(segmentation.regions), kind=kind(largest.name), share=regions.share(largest.share)
    )


def _behind() -> str:
    """The pet in front of something else, which `behind.js` draws."""
    choices = "".join(
        f'<label><input type="radio" name="mm-behind" value="{name}"'
        f"{' checked' if name == 'blurred' else ''}>{_(text)}</label>"
        for name, text in BEHIND.items()
    )
    return (
        f'<fieldset class="mm-behind" data-part="behind"><legend>{_("Behind it")}</legend>'
        f'<p>{choices}</p><canvas role="img" aria-label="{_("What was found, cut out")}"></canvas>'
        f'<p class="mm-saves"><button type="button" data-save="behind">'
        f"{_('Download this picture')}</button></p></fieldset>"
    )
