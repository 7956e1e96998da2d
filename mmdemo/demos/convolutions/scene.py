"""The page's parts as HTML: the explorer that the scripts fill, and pictures of a photo."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from mmdemo.core.language import N_, _
from mmdemo.core.ui import pictures

from .config import KINDS
from .infer import Filtered, First
from .reference import PROBLEMS

NAMES = {
    "basic": N_("Basic"),
    "strided": N_("Strided"),
    "padded": N_("Padded"),
    "dilated": N_("Dilated"),
    "transposed": N_("Transposed"),
    "spatially_separable": N_("Spatially separable"),
    "depthwise": N_("Depthwise"),
    "depthwise_separable": N_("Depthwise separable"),
    "pointwise": N_("Pointwise (1 x 1)"),
    "grouped": N_("Grouped"),
    "causal": N_("1-D causal dilated"),
    "max_pooling": N_("Max pooling"),
    "average_pooling": N_("Average pooling"),
}
ABOUT = {
    "basic": N_("The window stays inside of the input, so that the output is smaller."),
    "strided": N_("The window moves by more than one cell: the output is that much smaller."),
    "padded": N_("Zeros lie around the input, so that the output is as large as the input."),
    "dilated": N_("Gaps between the weights: the window sees further with as many weights."),
    "transposed": N_("Each input lays its multiple of the kernel onto a larger output."),
    "spatially_separable": N_(
        "A column, then a row: k = k₁·k₂. This is not Keras' `SeparableConv2D`."
    ),
    "depthwise": N_("Each channel has a window of its own, and sees no other channel."),
    "depthwise_separable": N_(
        "A window for each channel, then 1 x 1 to mix the channels: Keras' `SeparableConv2D`."
    ),
    "pointwise": N_("A window of one cell mixes the channels, place by place."),
    "grouped": N_("Each group of channels is convolved by itself."),
    "causal": N_("Zeros lie before the first number alone: no output sees what comes after it."),
    "max_pooling": N_("No weights: the largest number under the window."),
    "average_pooling": N_("No weights: the mean of the numbers under the window."),
}
SAID = {
    "input": N_("Input"),
    "between": N_("After the first step"),
    "kernel": N_("Kernel"),
    "output": N_("Output"),
    "channel": N_("channel {number}"),
    "cell": N_("Input, row {row}, column {column}"),
    "weight": N_("Kernel, row {row}, column {column}"),
    "result": N_("Output, row {row}, column {column}: {value}"),
    "play": N_("Play"),
    "pause": N_("Pause"),
    "copied": N_("Copied."),
    "pooling": N_("Pooling"),
    "given": N_("For a map of {size} x {size}, kernel {kernel}, stride 1, “same”, 4 groups:"),
    "field": N_("Receptive field: {cells} cells along a side."),
    "field_transposed": N_(
        "Receptive field: at most {cells} inputs along a side reach one output."
    ),
    "field_causal": N_(
        "Receptive field: {cells} numbers. Four such layers, with dilation 1, 2, 4, 8: {stacked}."
    ),
    "dilated": N_(
        "In Keras `dilation_rate={rate}`; a book that counts the gaps says dilation {gaps}."
    ),
}
"""What `explorer.js` says."""
OPTIONS: dict[str, tuple[str, Sequence[int | str]]] = {
    "size": (N_("Input"), range(2, 9)),
    "kernel": (N_("Kernel"), range(1, 6)),
    "stride": (N_("Stride"), range(1, 4)),
    "padding": (N_("Padding"), ("valid", "same")),
    "dilation": (N_("Dilation"), range(1, 4)),
    "channels": (N_("Channels in"), range(1, 5)),
    "filters": (N_("Filters"), range(1, 5)),
    "groups": (N_("Groups"), range(1, 5)),
}
WIDTHS = (8, 16, 32, 64, 128, 256)


def explorer() -> str:
    """The frame that the scripts fill, with every sentence that they say."""
    words = {name: _(text) for name, text in SAID.items()}
    words |= {f"problem_{name}": _(text) for name, text in PROBLEMS.items()}
    words |= {f"about_{kind}": _(text).replace("`", "") for kind, text in ABOUT.items()}
    words["dilated"] = words["dilated"].replace("`", "")
    kinds = "".join(f'<option value="{kind}">{_(NAMES[kind])}</option>' for kind in KINDS)
    choices = "".join(_choice(name, *option) for name, option in OPTIONS.items())
    data = escape(json.dumps(words, ensure_ascii=False))
    back, on = _("One place back"), _("One place on")
    return (
        f'<div class="mm-conv" data-words="{data}">'
        f'<div class="mm-conv-top"><label>{_("Kind")} <select data-option="kind">{kinds}</select>'
        f'</label><div class="mm-conv-moves"><button type="button" data-move="-1" '
        f'aria-label="{back}">◀</button><button type="button" data-part="play">▶ {_("Play")}'
        f'</button><button type="button" data-move="1" aria-label="{on}">▶</button></div></div>'
        '<p class="mm-note" data-part="about"></p>'
        '<div data-part="steps" role="group" hidden>'
        f'<button type="button" value="0">{_("First step")}</button>'
        f'<button type="button" value="1">{_("Second step")}</button></div>'
        '<div class="mm-conv-work"><div class="mm-conv-maps"><div data-part="inputs"></div>'
        '<div data-part="kernels"></div><div data-part="outputs"></div></div>'
        '<p data-part="sum" role="status" translate="no" tabindex="0"></p></div>'
        f'<p class="mm-note">{_(HINT)}</p>'
        f'<div class="mm-conv-options">{choices}</div>'
        '<p class="mm-notice" data-part="problem" role="alert" hidden></p>'
        '<div class="mm-conv-facts"><p><b data-part="shape" translate="no"></b></p>'
        f'<p>{_("Output size:")} <span data-part="formula" translate="no"></span></p>'
        '<p data-part="field"></p><p data-part="dilated"></p></div>'
        '<div class="mm-conv-keras"><pre data-part="keras" translate="no" tabindex="0"></pre>'
        f'<button type="button" data-part="copy">{_("Copy")}</button>'
        '<span class="mm-note" role="status" data-part="copied"></span></div>'
        f"{_costs()}</div>"
    )


HINT = N_(
    "Write other numbers into the input and the kernel. Tap a number of the output to see its sum, "
    "or go with the arrow keys."
)


def _choice(name: str, label: str, values: Sequence[int | str]) -> str:
    options = "".join(f"<option>{value}</option>" for value in values)
    return (
        f'<label>{_(label)} <select data-option="{name}" translate="no">{options}</select></label>'
    )


def _costs() -> str:
    """Bars for each kind, to be filled."""

    def widths(name: str, label: str, chosen: int) -> str:
        options = "".join(
            f"<option{' selected' if width == chosen else ''}>{width}</option>" for width in WIDTHS
        )
        return (
            f'<label>{label} <select data-part="{name}" translate="no">{options}</select></label>'
        )

    return (
        f'<h3>{_("What each kind costs")}</h3><div class="mm-conv-options">'
        f"{widths('cost_in', _('Channels in'), 64)}"
        f"{widths('cost_out', _('Channels out'), 64)}</div>"
        '<p class="mm-note" data-part="given"></p>'
        f'<table class="mm-table mm-conv-costs"><thead><tr><th>{_("Kind")}</th>'
        f"<th>{_('Parameters')}</th><th>{_('Multiply-adds')}</th></tr></thead>"
        '<tbody data-part="bars"></tbody></table>'
        f'<p class="mm-note">{_(COSTS)}</p>'
    )


COSTS = N_(
    "Without biases. Strided, padded and dilated convolutions have as many parameters as the basic "
    "one. Depthwise convolution and pooling keep their channels, so that they do less."
)
ON_PHOTO = {
    "strided": N_("stride 3"),
    "padded": N_("zeros around: see the edges"),
    "dilated": N_("dilation rate 3: the window reaches three times as far"),
    "transposed": N_("stride 2, the kernel four times as strong: twice as large, with a pattern"),
    "depthwise": N_("each colour by itself"),
    "depthwise_separable": N_("each colour, then mixed: the basic one again"),
    "pointwise": N_("mixes the colours, and has no window to look around with"),
    "grouped": N_("three groups of one colour: depthwise again"),
    "causal": N_("each row by itself, with the middle row of the kernel, dilation rate 2"),
    "max_pooling": N_("the brightest under the window, no kernel"),
    "average_pooling": N_("the mean under the window, no kernel"),
}


def photo(found: Sequence[Filtered], original: Filtered) -> str:
    """A photo through all kinds, side by side."""
    cards = [_card(original, _("Your photo, as it is convolved"))]
    for each in found:
        said = _(ON_PHOTO.get(each.kind, ""))
        if each.kind == "spatially_separable":
            said = _("column times row: {share:.0f} % of this kernel").format(
                share=100 * each.share
            )
        cards.append(_card(each, said, _(NAMES[each.kind])))
    return f'<div class="mm-conv-photos">{"".join(cards)}</div>'


def _card(found: Filtered, said: str, name: str = "") -> str:
    height, width = found.picture.shape[:2]
    caption = f"<b>{escape(name)}</b> {escape(said)}" if name else escape(said)
    return (
        f'<figure><img src="{pictures.picture(found.picture)}" alt="{escape(name or said)}">'
        f"<figcaption>{caption} <small>{width} × {height}</small></figcaption></figure>"
    )


MAPS = 12
"""Filters that are shown, those that answer most strongly first."""


def first(found: First) -> str:
    """The strongest filters of the first layer and what they make of a photo."""
    cards = []
    for address, channel in pictures.channels(found.maps, MAPS):
        filtered = pictures.weights(found.filters[..., channel])
        name = _("Filter {number}").format(number=channel + 1)
        cards.append(
            f'<figure class="mm-conv-first"><img src="{filtered}" alt="{escape(name)}">'
            f'<img src="{address}" alt="{escape(_("What it makes of the photo"))}">'
            f"<figcaption>{escape(name)}</figcaption></figure>"
        )
    said = _(
        "Nobody wrote these kernels of 3 x 3 x 3: the image classifier learnt its {count} filters "
        "from photos. Look for edges, blurs and colours among them. The first picture of each pair "
        "is the filter, grey is 0; the second what it answers, bright where it is high."
    ).format(count=found.filters.shape[-1])
    return f'<p class="mm-note">{said}</p><div class="mm-conv-photos">{"".join(cards)}</div>'
