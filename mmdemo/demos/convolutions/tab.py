"""The "Try it" part: a window that slides over numbers, and all kinds of convolution on a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import N_, _
from mmdemo.core.media.image import open_image
from mmdemo.core.ui import arrival, pictures
from mmdemo.core.ui.endpoints import Photo, endpoints
from mmdemo.core.ui.events import on, outdate, require_file
from mmdemo.core.ui.page import FROM_SCIKIT, photo_input

from . import DEMO, examples, infer, reference, scene
from .config import KINDS, POOLING, Options
from .kernels import NAMES

SCRIPT = "".join(
    (Path(__file__).parent / name).read_text(encoding="utf-8")
    for name in ("sliding.js", "explorer.js")
)
API_EXAMPLE = """\
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
answer = client.predict(
    values=[[1, 1, 8, 8], [1, 1, 8, 8], [1, 1, 8, 8]],
    kernel=[[-1, 0, 1]] * 3,
    kind="basic",
    api_name="/convolutions_convolve",
)
print(answer["output"], answer["parameters"])
answer = client.predict(
    photo=handle_file("a.jpg"), kernel="blur", api_name="/convolutions_photo"
)
print(answer["shape"], answer["picture"][:40])
"""
LARGEST = 1e6
"""Of the numbers that an endpoint takes."""


def render() -> None:
    """Widgets and events."""
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab(_("Step by step")):
            gr.HTML(scene.explorer(), padding=False, js_on_load=SCRIPT)
        with gr.Tab(_("On my photo")):
            _on_photo()
    endpoints(DEMO, convolve, photo)


def _on_photo() -> None:
    with gr.Row(elem_classes="mm-ask"):
        with gr.Column(elem_classes="mm-question"):
            picture = photo_input()
            kernel = gr.Dropdown(
                [(_(label), name) for name, label in NAMES.items()], value="blur", label=_("Kernel")
            )
            button = gr.Button(_("Convolve it in every way"), variant="primary", size="lg")
            trained = gr.Button(_("A trained network's own first filters"), size="lg")
        with gr.Column(elem_classes="mm-examples"):
            rows = {_(name): [file] for name, file in examples.photos().items()}
            offered = arrival.examples(rows, [picture], _(FROM_SCIKIT))
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)

    def every(path: Path, chosen: str) -> str:
        small = infer.reduced(open_image(path))
        found = [infer.through(small, chosen, kind) for kind in KINDS]
        return scene.photo(found, infer.Filtered("", small, small))

    def first(path: Path) -> str:
        return scene.first(infer.first_layer(infer.reduced(open_image(path))))

    required = require_file(N_("a photo"), "")
    asked = arrival.ask(
        DEMO, button, every, [picture, kernel], [result], offered=offered, validator=required
    )
    filters = on(
        trained.click,
        first,
        [picture],
        [result],
        network=infer.CLASSIFIER.demo,
        validator=require_file(N_("a photo")),
        scroll_to_output=True,
    )
    changes = [picture.input, picture.clear, kernel.change]
    outdate([*asked, filters], changes, lambda: "", [result])


# === Endpoints ===


def convolve(
    values: list,
    kernel: list | None = None,
    second: list | None = None,
    kind: str = "basic",
    size: int = 2,
    stride: int = 1,
    padding: str = "valid",
    dilation: int = 1,
    groups: int = 1,
) -> dict[str, Any]:
    """Slide a kernel over numbers: what comes out?

    Kinds: basic, strided, padded, dilated, transposed, spatially_separable, depthwise,
    depthwise_separable, pointwise, grouped, causal, max_pooling, average_pooling. `values` are rows
    of numbers, or of lists of a number per channel, at most 12 x 12 x 8; of `causal` one row.
    `kernel` is likewise rows of weights, or rows x columns x input channels (of a group) x filters:
    k x 1 for spatially_separable, whose 1 x k is `second`; depthwise ones have 1 input channel;
    depthwise_separable takes its 1 x 1 as `second`. Pooling takes `size` in its place. `dilation`
    is Keras' dilation_rate.

    Answers output, nested rows, columns and filters; its shape; parameters; and multiply_adds.
    """
    x = _array(values, "values", 3)
    kernels = [
        _array(given, name, 4)
        for given, name in ((kernel, "kernel"), (second, "second"))
        if given is not None
    ]
    if not kernels and kind not in POOLING:
        raise UserError(_("A kernel is missing from this request."))
    options = Options(
        kind,
        *x.shape,
        kernels[-1].shape[3] if kernels else x.shape[2],
        max(kernels[0].shape[:2]) if kernels else size,
        stride,
        padding,
        dilation,
        groups,
    )
    output = infer.convolve(options, x, kernels)
    parameters, products = reference.cost(options)
    return {
        "output": output.tolist(),
        "shape": list(output.shape),
        "parameters": parameters,
        "multiply_adds": products,
    }


def _array(given: list, name: str, axes: int) -> np.ndarray:
    """Nested lists as an array; axes that are left out at the end have one entry."""
    try:
        array = np.array(given, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise UserError(
            _("{name} must be rows of as many numbers each.").format(name=name)
        ) from error
    if not 2 <= array.ndim <= axes or not array.size or max(array.shape) > 12:
        raise UserError(
            _("{name} must be rows and columns of numbers, at most 12 of each.").format(name=name)
        )
    if not (np.abs(array) <= LARGEST).all():  # not a number is neither
        raise UserError(
            _("{name} has a number beyond {largest:,.0f}.").format(name=name, largest=LARGEST)
        )
    return array.reshape(array.shape + (1,) * (axes - array.ndim))


def photo(photo: Photo, kernel: str = "blur", kind: str = "basic") -> dict[str, Any]:
    """A photo through a named kernel, by one kind of convolution.

    Kernels: blur, edge, vertical_edge, sharpen, emboss, gabor. Kinds as `convolutions_convolve` has
    them. Answers picture, a PNG as a data address; the shape of what was worked out on the photo,
    144 pixels along its longer side; and lowest, highest and mean of its numbers.
    """
    found = infer.through(infer.reduced(open_image(photo)), kernel, kind)
    return {
        "picture": pictures.picture(found.picture),
        "shape": list(found.values.shape),
        "lowest": float(found.values.min()),
        "highest": float(found.values.max()),
        "mean": float(found.values.mean()),
    }
