"""A picture with its regions in colours, what they cover, and a table of them.

What `SCRIPT` moves is drawn here once, and is all there is for whoever has no script: the picture,
its colours and the table.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from mmdemo.core.language import N_, _, kind, sentences
from mmdemo.core.measure.regions import Region, Regions
from mmdemo.core.ui import overlay

SCRIPT = (Path(__file__).parent / "regions.js").read_text(encoding="utf-8")

SIDE = 480
"""Of the drawing, in its own units: a picture of a few pixels gets room for lines."""
OPACITY = 0.45
"""Of the colours, until a visitor moves the slider."""
SHARED = 150
"""Rows of a table, at most, that is in the picture of an answer: `core/ui/share.js` draws all of
it, but for a `fieldset`."""
ONE = {"nucleus": N_("One nucleus, which covers {share} of the picture.")}
MANY = {"nucleus": N_("{count:,} nuclei, which cover {share} of the picture.")}
NONE = {
    "nucleus": N_(
        "Nothing was found that looks like a nucleus. Nuclei glow on a dark ground, or are stained "
        "darker than the tissue around them."
    )
}
"""What is said of kinds that have words of their own."""


def answer(
    image: np.ndarray, found: Regions, told: str, *, by_kind: bool = False, below: str = ""
) -> str:
    """The picture, its regions, the table and what can be taken home, as HTML.

    Args:
        image: uint8 `(h, w, 3)`, the picture that was looked at, or a scaled copy.
        found: in this picture.
        told: how many there are, as HTML.
        by_kind: whether a region is all that there is of a kind, whose colour it has.
        below: HTML between the picture and the table.
    """
    if not found.regions:
        return f'<div class="mm-cut">{_none(found)}{_picture(image, found)}</div>'
    places = order(found)
    regions = [found.regions[place] for place in places]
    numbers = np.zeros(len(regions) + 1, np.int32)
    numbers[np.array(places) + 1] = np.arange(1, len(regions) + 1)
    labels = numbers[overlay.bounded(found.labels)]
    if by_kind:  # a kind's colour is that of every picture
        colours = np.array([found.names.index(region.name) for region in regions])
    else:
        colours = overlay.spread(labels, len(regions))
    drawn = _picture(image, found, labels, colours)
    return (
        f'<div class="mm-cut" {_data(found, regions, labels, colours)}>{told}{drawn}{_below()}'
        f"{below}{_table(found, regions, colours)}{_saves()}</div>"
    )


def order(found: Regions) -> list[int]:
    """Places of the regions as the page numbers them, from 1: the largest first."""
    return sorted(range(len(found.regions)), key=lambda place: -found.regions[place].area)


def share(part: float) -> str:
    """A part of one as people read it."""
    if 0 < part < 0.001:
        return "< 0.1 %"
    return f"{100 * part:.0f} %" if part >= 0.1 or part == 0 else f"{100 * part:.1f} %"


def counted(found: Regions) -> str:
    """How many things there are and what they cover, as a sentence."""
    count = len(found.regions)
    name = found.names[0] if len(found.names) == 1 else ""
    if count == 0:
        return _("Nothing was found.")
    if count == 1:
        said = _(ONE.get(name, N_("One region, which covers {share} of the picture.")))
    else:
        said = _(MANY.get(name, N_("{count:,} regions, which cover {share} of the picture.")))
    covered = share(sum(region.share for region in found.regions))
    return said.format(count=count, share=covered)


def things(found: Regions) -> str:
    """How many things there are, what they cover and how large they are, as HTML."""
    details = []
    if len(found.regions) > 1:
        middle = statistics.median(region.area for region in found.regions)
        details.append(
            _("Half of them are larger than {area} pixels of your picture.").format(
                area=f"{middle:,.0f}"
            )
        )
    return headed(counted(found), *details)


def headed(said: str, *details: str) -> str:
    """A sentence above the picture, and what is added to it, as HTML."""
    note = f'<p class="mm-note">{escape(sentences(*details))}</p>' if details else ""
    return f'<p class="mm-cut-count" role="status">{escape(said)}</p>{note}'


def _data(
    found: Regions, regions: Sequence[Region], labels: np.ndarray, colours: np.ndarray
) -> str:
    """What the script knows."""
    values = [
        [
            found.names.index(region.name),
            round(region.area, 1),
            round(region.share, 6),
            round(region.score, 4),
            round(region.centre[0] * found.width, 1),
            round(region.centre[1] * found.height, 1),
        ]
        for region in regions
    ]
    wheel = [overlay.colour(place) for place in range(int(colours.max()) + 1)]
    said = {
        "lit": _("Number {number}, {kind}: {area} pixels, {share} of the picture, {score} sure."),
        "kept": _("Kept: {numbers}."),
        "none": _("None is kept."),
        "small": _("What is kept is too small to be cut out."),
    }
    parts = {
        "labels": overlay.packed(labels),
        "regions": json.dumps(values, separators=(",", ":")),
        "names": json.dumps(found.names),
        "kinds": json.dumps([kind(name) for name in found.names], ensure_ascii=False),
        "colours": json.dumps(wheel),
        "chosen": json.dumps(colours.tolist(), separators=(",", ":")),
        "said": json.dumps(said, ensure_ascii=False),
    }
    return " ".join(f'data-{name}="{escape(text)}"' for name, text in parts.items())


# === Words ===


def _none(found: Regions) -> str:
    name = found.names[0] if len(found.names) == 1 else ""
    said = _(NONE.get(name, N_("Nothing was found in this picture.")))
    return f'<p class="mm-notice" role="status">{said}</p>'


# === The picture ===


def _picture(
    image: np.ndarray,
    found: Regions,
    labels: np.ndarray | None = None,
    colours: np.ndarray | None = None,
) -> str:
    """The photo, and over it, where there are any, the regions."""
    width, height = overlay.fitted(found.width, found.height, SIDE)
    box = f'width="{width:.2f}" height="{height:.2f}" preserveAspectRatio="none"'
    layers = f'<image data-part="photo" href="{overlay.jpeg(overlay.photo(image))}" {box}/>'
    spoken = _("The picture, in which nothing was found.")
    if labels is not None and colours is not None:
        rows, columns = labels.shape
        large = overlay.enlarged(labels)
        places = np.append(-1, colours)[large]  # -1: clear
        rims = np.where(overlay.outlines(large, overlay.thickness(large)), places, -1)
        layers += (
            f'<image data-part="fills" href="{overlay.coloured(places)}" {box} '
            f'opacity="{OPACITY}"/>'
            f'<image data-part="rims" href="{overlay.coloured(rims)}" {box}/>'
            f'<g data-part="marks" data-rows="{rows}" data-columns="{columns}" '
            f'transform="scale({width / columns:.6f} {height / rows:.6f})"></g>'
        )
        spoken = _("The picture, and in it {count:,} regions in colours. A table lists them.")
        spoken = spoken.format(count=len(found.regions))
    drawing = (
        f'<svg viewBox="0 0 {width:.2f} {height:.2f}" role="img" '
        f'aria-label="{escape(spoken)}">{layers}</svg>'
    )
    return f'<figure class="mm-figure">{overlay.laid(drawing, width, height)}</figure>'


def _below() -> str:
    """What is said of the region that is lit, of those that are kept, and the slider."""
    percent = round(100 * OPACITY)
    hint = _("Point at a region to see which it is. A click keeps it.")
    return (
        f'<p class="mm-note mm-cut-lit" data-part="lit" data-hint="{escape(hint)}">{hint}</p>'
        f'<p class="mm-note mm-cut-kept" data-part="kept" aria-live="polite">{_("None is kept.")}'
        '</p><label class="mm-slide"><span>'
        f'{_("How strong the colours are")}</span><input type="range" min="0" max="100" '
        f'value="{percent}" data-slide="opacity"><output>{percent} %</output></label>'
    )


# === The table ===


def _table(found: Regions, regions: Sequence[Region], colours: np.ndarray) -> str:
    several = len(found.names) > 1
    heads = "".join(
        f'<th scope="col" class="mm-number">{head}</th>'
        for head in (_("Area, pixels"), _("Share of the picture"), _("How sure"))
    )
    kinds = f'<th scope="col">{_("Kind")}</th>' if several else ""
    everything = sum(region.area for region in regions)
    covered = sum(region.share for region in regions)
    sure = sum(region.score * region.area for region in regions) / max(everything, 1e-9)
    summary = (
        f'<tr class="mm-cut-all"><th scope="row">{_("All")}</th>{"<td></td>" if several else ""}'
        f"{_cells(everything, covered, sure)}</tr>"
    )
    rows = "".join(
        f'<tr data-region="{number}" tabindex="{-1 if number > 1 else 0}" aria-selected="false">'
        f'<th scope="row"><i style="background:{overlay.colour(int(place))}"></i>{number:,}</th>'
        f"{f'<td>{escape(kind(region.name))}</td>' if several else ''}"
        f"{_cells(region.area, region.share, region.score)}</tr>"
        for number, (region, place) in enumerate(zip(regions, colours, strict=True), 1)
    )
    tag = "div" if len(regions) <= SHARED else "fieldset"
    label = _("Regions, the largest first. Arrow keys move, Enter keeps.")
    return (
        f'<{tag} class="mm-cut-rows" aria-label="{label}"><table class="mm-table" role="grid" '
        f'aria-multiselectable="true" aria-label="{label}"><thead><tr><th scope="col">'
        f"{_('Number')}</th>{kinds}{heads}</tr>{summary}</thead><tbody>{rows}</tbody></table></{tag}>"
    )


def _cells(area: float, part: float, score: float) -> str:
    return (
        f'<td class="mm-number">{area:,.0f}</td><td class="mm-number">{escape(share(part))}</td>'
        f'<td class="mm-number">{100 * score:.0f} %</td>'
    )


def _saves() -> str:
    buttons = {
        "pieces": _("Download cut-outs"),
        "table": _("Download the table as CSV"),
        "picture": _("Download the picture"),
    }
    shown = " ".join(
        f'<button type="button" data-save="{name}">{label}</button>'
        for name, label in buttons.items()
    )
    return f'<p class="mm-saves">{shown}</p>'
