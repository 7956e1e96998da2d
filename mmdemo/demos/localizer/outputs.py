"""Pictures as networks take them, what they answer, and how good that is.

No Keras here: training and serving share it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from mmdemo.core.nets import boxes

Call = Callable[..., Any]
BATCH = 250
RIGHT = 0.5
"""IoU from which on a box counts as right."""
ALPHA = "alpha.json"
"""The effect of alpha, beside the weights."""


@dataclass(frozen=True)
class Outputs:
    """What a network says of `n` pictures.

    Attributes:
        logits: `(n, classes)`.
        boxes: `(n, 4)`, in parts of the pictures' sides.
    """

    logits: np.ndarray
    boxes: np.ndarray


def squash(picture: np.ndarray, side: int) -> np.ndarray:
    """The whole picture as a square, whatever its proportions: boxes in parts of its sides stay.

    Args:
        picture: uint8 `(h, w, 3)`.

    Returns:
        uint8 `(side, side, 3)`.
    """
    scaled = Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(scaled)


def forward(
    call: Call,
    images: np.ndarray,
    *,
    mirror: bool,
    classes: int | None = None,
    labels: np.ndarray | None = None,
) -> Outputs:
    """Run a network over pictures.

    Args:
        call: as `core.serve.backend.compile_call` makes it.
        images: `(n, h, w, 3)`, 0 to 255.
        mirror: average over each picture and its mirror image.
        classes: how many there are, for a network that takes the class whose box is wanted.
        labels: whose boxes are wanted, `(n,)`; the likeliest ones where they are not given.
    """

    def answer(batch: np.ndarray, asked: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        batch = batch.astype(np.float32)
        wanted = None if classes is None else one_hot(asked, classes, len(batch))
        logits, placed = _views(call, batch, mirror, wanted)
        if classes is not None and asked is None:
            likeliest = logits.mean(axis=0).argmax(axis=1)
            if (logits.argmax(axis=2) != likeliest).any():  # the mirror image is called otherwise
                wanted = one_hot(likeliest, classes, len(batch))
                _, placed = _views(call, batch, mirror, wanted)
        return logits.mean(axis=0), placed.mean(axis=0)

    logits, placed = in_batches(answer, images, *([] if labels is None else [labels]))
    return Outputs(logits, np.clip(placed, 0, 1))


def in_batches(call: Call, *inputs: np.ndarray) -> list[np.ndarray]:
    """What a call with several outputs makes of many pictures, `BATCH` of them at a time.

    Args:
        call: takes a part of each input, gives as many rows of each output.
        inputs: `(n, ...)` each.
    """
    parts = [
        call(*(each[start : start + BATCH] for each in inputs))
        for start in range(0, len(inputs[0]), BATCH)
    ]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def one_hot(labels: np.ndarray | None, classes: int, count: int) -> np.ndarray:
    """Whose boxes are wanted, float32 `(count, classes)`; without labels all 0: the likeliest."""
    if labels is None:
        return np.zeros((count, classes), np.float32)
    return np.eye(classes, dtype=np.float32)[labels]


def _views(
    call: Call, batch: np.ndarray, mirror: bool, wanted: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Logits `(views, n, classes)` and boxes `(views, n, 4)` of pictures and mirror images."""
    views = [batch, batch[:, :, ::-1]] if mirror else [batch]
    inputs = [np.concatenate(views)]
    if wanted is not None:
        inputs.append(np.concatenate([wanted] * len(views)))
    logits, placed = (np.stack(np.split(part, len(views))) for part in call(*inputs))
    if mirror:
        placed[1] = boxes.mirror(placed[1])
    return logits, placed


def right(predicted: np.ndarray, true: np.ndarray) -> float:
    """The share of boxes `(n, 4)` that are right."""
    return float((boxes.iou(predicted, true) >= RIGHT).mean())


def judge_boxes(predicted: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Mean IoU, and the share of boxes that are right.

    Args:
        predicted, true: `(n, 4)` each.
    """
    return {
        "mean_iou": float(boxes.iou(predicted, true).mean()),
        "localization_accuracy_given_class": right(predicted, true),
    }


def judge(predicted: Outputs, labels: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """The figures of both heads: the class, the box, and both together.

    Args:
        predicted: what the network says; where it asks whose box is wanted, that of the true class.
            A class that it names rightly is the true one, so that both together are judged alike.
        labels: true classes `(n,)`.
        true: boxes `(n, 4)`.
    """
    named = predicted.logits.argmax(axis=1) == labels
    placed = boxes.iou(predicted.boxes, true) >= RIGHT
    return {
        "top1": float(named.mean()),
        **judge_boxes(predicted.boxes, true),
        "top1_localization_accuracy": float((named & placed).mean()),
    }
