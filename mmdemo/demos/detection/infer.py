"""Which shape a drawing shows. No Keras at module level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import naming
from mmdemo.core.measure.metrics import log_softmax
from mmdemo.core.media.image import open_image
from mmdemo.core.serve import runtime

from . import DEMO, data


@dataclass(frozen=True)
class Guess:
    """A kind of shape and its probability, calibrated on drawings that were held out."""

    kind: str
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


def warm() -> None:
    """Load the page's network."""
    name(np.full((8, 8, 3), 255, np.uint8))


def name(picture: np.ndarray, preset: str = "default") -> list[Guess]:
    """Every kind of shape, the likeliest first.

    Args:
        picture: uint8 `(height, width, 3)` of any size, dark on light.
        preset: `default` or `book`.

    Raises:
        UserError: there is no such preset.
        WeightsError: the weights are missing or corrupted.
    """
    loaded = runtime.model(DEMO.model_id(preset))
    drawing = data.prepare(picture, loaded.config.input.side)
    logits = loaded.call(drawing[None])[0] / loaded.preprocess["temperature"]
    guesses = zip(loaded.config.input.kinds, np.exp(log_softmax(logits)), strict=True)
    ordered = sorted(guesses, key=lambda guess: -guess[1])
    return [Guess(kind, float(probability)) for kind, probability in ordered]


def predict(paths: Sequence[Path], preset: str) -> dict[str, Any]:
    """For the command line: the guesses for each picture.

    Raises:
        UserError: a file cannot be used; names it.
    """
    answers = {}
    for path in paths:
        with naming(path):
            answers[str(path)] = [guess.to_dict() for guess in name(open_image(path), preset)]
    return answers
