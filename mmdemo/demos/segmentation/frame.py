"""What a network says of a picture of any size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mmdemo.core.media.stretch import Input, padded, stretch

from .config import STRIDE


def said(call: Callable[..., np.ndarray], image: np.ndarray, how: Input) -> np.ndarray:
    """What a network says of each pixel of a picture, `(h, w, maps or kinds)`.

    Args:
        call: the compiled network.
        image: uint8 `(h, w, 3)`, already as small as `bounded` makes it.
        how: it is stretched.
    """
    pixels = padded(stretch(image, how), STRIDE)
    return call(pixels[None])[0, : image.shape[0], : image.shape[1]]
