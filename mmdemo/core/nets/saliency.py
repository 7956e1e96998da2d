"""Where in a picture a classifier looked: Grad-CAM and occlusion. Imports Keras when called."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

GREY = 127.5
PIXELS_AT_ONCE = 150_000
"""Of the pictures of one call: a network's memory for a hundred wide ones would stay taken."""

_parts: weakref.WeakKeyDictionary[Any, dict[Any, Any]] = weakref.WeakKeyDictionary()
_cutting = threading.Lock()


def grad_cam(
    network: keras.Model, picture: np.ndarray, label: int, layer: str, nested: str | None = None
) -> np.ndarray:
    """What speaks for a class at each place of a layer's map.

    Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
    Localization": the map's channels, weighted by the mean gradient of the class' logit.

    Args:
        network: a picture in, logits out.
        picture: float32 `(height, width, 3)`.
        label: of which class.
        layer: name of the layer whose map is looked at, of shape `(height', width', channels)`.
        nested: the nested model that holds it.

    Returns:
        float32 `(height', width')`, 0 and above; all 0 where nothing speaks for the class.
    """
    import keras

    from mmdemo.core.serve.backend import gradient

    before = _part(_before, network, layer, nested)
    after = _part(_after, network, layer, nested)
    maps = keras.ops.convert_to_numpy(before(picture[None].astype(np.float32), training=False))
    _, slope = gradient(lambda tensor: after(tensor, training=False)[0, label], maps)
    weights = slope[0].mean(axis=(0, 1))
    return np.maximum(maps[0] @ weights, 0).astype(np.float32)


def occlusion(
    call: Callable[[np.ndarray], np.ndarray], picture: np.ndarray, label: int, cells: int = 8
) -> np.ndarray:
    """How much of a class' probability is lost when a part of the picture is made grey.

    Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks". The grey part
    is a quarter of the picture high and wide and moves over `cells` places in each direction.

    Args:
        call: pictures `(n, height, width, 3)` in, probabilities `(n, classes)` out.
        picture: float32 `(height, width, 3)`.
        label: of which class.

    Returns:
        float32 `(cells, cells)`; below 0 where the class gains.
    """
    plain = call(picture[None].astype(np.float32))[0, label]
    lacking = covered(call, picture, 1 / 4, cells)[..., label]
    return (plain - lacking).astype(np.float32)


def covered(
    call: Callable[[np.ndarray], np.ndarray], picture: np.ndarray, share: float, cells: int = 8
) -> np.ndarray:
    """Probabilities with a part of the picture made grey, at each place of that part.

    Args:
        call: pictures `(n, height, width, 3)` in, probabilities `(n, classes)` out.
        picture: float32 `(height, width, 3)`.
        share: of the picture's height and width that the grey part takes.
        cells: places in each direction.

    Returns:
        `(cells, cells, classes)`.
    """
    height, width = picture.shape[:2]
    high, wide = max(1, int(height * share)), max(1, int(width * share))
    tops = np.linspace(0, height - high, cells).round().astype(int)
    lefts = np.linspace(0, width - wide, cells).round().astype(int)
    places = [(top, left) for top in tops for left in lefts]
    at_once = max(1, PIXELS_AT_ONCE // (height * width))
    found = []
    for start in range(0, len(places), at_once):
        part = places[start : start + at_once]
        batch = np.repeat(picture[None].astype(np.float32), len(part), axis=0)
        for each, (top, left) in zip(batch, part, strict=True):
            each[top : top + high, left : left + wide] = GREY
        found.append(call(batch))
    return np.concatenate(found).reshape(cells, cells, -1)


def _part(
    build: Callable[..., keras.Model], network: keras.Model, layer: str, nested: str | None
) -> keras.Model:
    """What `_before` or `_after` builds, once per network and layer."""
    with _cutting:  # building adds to the layers' record of where they are used
        known = _parts.setdefault(network, {})
        key = build.__name__, layer, nested
        if key not in known:
            known[key] = build(network, layer, nested)
        return known[key]


def _before(network: keras.Model, layer: str, nested: str | None) -> keras.Model:
    """The network up to a layer."""
    import keras

    inner = network if nested is None else network.get_layer(nested)
    return keras.Model(inner.inputs[0], inner.get_layer(layer).output)


def _after(network: keras.Model, layer: str, nested: str | None) -> keras.Model:
    """The network from a layer's map on."""
    import keras

    if nested is None:
        return keras.Model(network.get_layer(layer).output, network.outputs[0])
    inner = network.get_layer(nested)
    place, last = inner.get_layer(layer).output, inner.outputs[-1]
    called = inner._inbound_nodes[-1].output_tensors[-1]  # in this network, not in its own
    rest = keras.Model(called, network.outputs[0])
    if place is last:
        return rest
    between = keras.Model(place, last)
    start = keras.Input(place.shape[1:])
    return keras.Model(start, rest(between(start)))
