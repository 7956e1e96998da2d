"""Fitting and measuring what says that a photo shows none of the things that a network knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from mmdemo.core.data import foreign
from mmdemo.core.measure import unlike
from mmdemo.core.measure.metrics import log_softmax
from mmdemo.core.measure.report import Result, results_of

TASK = "none of these"
EACH = 300
"""Made pictures of a kind to learn from."""
FACES = 1200
"""People of press photos to learn from."""
TESTED = 150
"""Made pictures of a kind to measure on."""
RENDERED = 3
"""Every so many-th held-out photo is learnt in grey, another one sharpened: neither is strange."""


def measured(
    method: str,
    call: Callable[[np.ndarray], np.ndarray],
    held_out: np.ndarray,
    known: np.ndarray,
    temperature: float,
) -> tuple[dict[str, Any], list[Result]]:
    """What `unlike.score` reads of `preprocess.json`, and how well it tells.

    One half of the held-out photos teaches what is known, the other half sets the limits.

    Args:
        method: what the network is called.
        call: uint8 squares `(n, side, side, 3)` of any side to logits `(n, classes)`.
        held_out: photos that the network did not learn from, uint8 `(n, side, side, 3)`.
        known: logits of the test photos, `(n, classes)`.
        temperature: of the probabilities.

    Raises:
        DataMissing: a set is not in the data folder.
    """
    order = np.random.default_rng(0).permutation(len(held_out))
    taught, limiting = np.array_split(order, 2)
    grey, sharp = taught[::RENDERED], taught[1::RENDERED]
    pictures = {
        "taught": held_out[taught],
        "grey": np.stack([_grey(photo) for photo in held_out[grey]]),
        "sharp": np.stack([_sharp(photo) for photo in held_out[sharp]]),
    }
    like = np.concatenate([call(part) for part in pictures.values()])
    groups = [
        (np.concatenate([foreign.made(kind, EACH, seed=0) for kind in foreign.MADE]), 0.01),
        (foreign.portraits("development", FACES), 0.01),
        (foreign.everyday("development"), 0.025),
    ]
    stored = unlike.fit(
        like, call(held_out[limiting]), [(call(shown), share) for shown, share in groups]
    )
    results: list[Result] = []
    scores = unlike.score(known, stored)
    for name, shown in _tested().items():
        logits = call(shown)
        best = np.exp(log_softmax(logits / temperature)).max(axis=1)
        figures = unlike.sure(scores, unlike.score(logits, stored), best)
        split = f"{len(shown)} pictures: {name}; against {len(known):,} test photos of known things"
        results += results_of(TASK, {method: figures}, split, len(shown))
    return stored, results


def _tested() -> dict[str, np.ndarray]:
    made = [foreign.made(kind, TESTED, seed=1) for kind in foreign.MADE]
    faces = [foreign.portraits("test", 4 * TESTED), foreign.old_portraits()]
    return {
        "noise, plain colours, gradients, stripes, drawings, pages of text, letters and strokes by "
        "a pen, and handwritten digits of MNIST": np.concatenate([*made, foreign.digits(TESTED)]),
        "faces of people other than those learnt from: of press photos, and ORL's": np.concatenate(
            faces
        ),
        "people in everyday photos of COCO other than those learnt from": foreign.everyday("test"),
    }


def _grey(photo: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(photo).convert("L").convert("RGB"))


def _sharp(photo: np.ndarray) -> np.ndarray:
    """As crisp as a photo of a phone is when it is scaled down."""
    large = Image.fromarray(photo).resize((foreign.SIDE,) * 2, Image.Resampling.BILINEAR)
    return np.asarray(large.filter(ImageFilter.UnsharpMask(1.5, 120, 0)))
