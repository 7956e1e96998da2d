"""How long each stage of R-CNN, Fast R-CNN and Faster R-CNN takes on one picture.

The same picture, the same backbone, the same proposals for the first two; each stage is warmed, and
its time is the median of several runs.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmdemo.core.nets.regions import suppress
from mmdemo.core.serve import runtime

from . import DEMO, outputs
from .config import Config
from .frame import crops, fit
from .infer import searched

STAGES = ("proposals", "network", "heads", "suppression")
NETWORKS = ("rcnn", "fast_rcnn", "faster_rcnn")
RUNS, ENOUGH = 5, 3.0
"""Times that a stage is run, and seconds after which it has been often enough."""
SECONDS = 120
"""At most what one network's runs take."""


@dataclass(frozen=True)
class Timing:
    """Of one network.

    Attributes:
        network: one of `NETWORKS`.
        proposals: that it looked at.
        seconds: of each of `STAGES`.
    """

    network: str
    proposals: int
    seconds: tuple[float, ...]

    @property
    def total(self) -> float:
        return sum(self.seconds)


def compare(image: np.ndarray, count: int) -> Iterator[Timing]:
    """Time the three networks, the slowest first, one by one.

    Args:
        image: uint8 `(h, w, 3)`.
        count: proposals, at most.

    Raises:
        WeightsError: weights are missing or corrupted.
    """
    where, search = outputs.NONE, 0.0
    for name in NETWORKS:
        model_id = DEMO.model_id(name)
        config: Config = runtime.model(model_id).config
        framed = fit(image, config.input.height, config.input.width)
        if name == "rcnn":
            search, where = _median(lambda framed=framed: searched(framed, count))  # type: ignore[misc]
        looks = min(count, config.input.proposals) if name == "faster_rcnn" else len(where)
        seconds = runtime.run(model_id, _timed, config, framed.image, where, looks, seconds=SECONDS)
        if name != "faster_rcnn":
            seconds = (search, *seconds[1:])
        yield Timing(name, looks, tuple(seconds))


def _timed(
    network: Any, config: Config, image: np.ndarray, where: np.ndarray, count: int
) -> tuple[float, ...]:
    """Seconds of each stage; 0 for proposals that come from elsewhere."""
    from mmdemo.core.serve.backend import compile_part  # imports Keras

    from . import stages

    def stage(of: Callable[[Any], Any]) -> Callable[..., Any]:
        return compile_part(network, of)

    pixels = image[None].astype(np.float32)
    proposals = 0.0
    if config.network.network == "rcnn":
        body, head = stage(stages.features), stage(stages.classifying)

        def look() -> np.ndarray:
            warped = crops(image, where, config.input.crop)
            parts = range(0, len(warped), outputs.CROPS)
            return np.concatenate([body(warped[first : first + outputs.CROPS]) for first in parts])

        through, seen = _median(look)
        heads, (classes, changes) = _median(lambda: head(seen))
        found = outputs.of_crops(classes, changes, where)
    else:
        body, head = stage(stages.mapping), stage(stages.looking)
        through, shared = _median(lambda: body(pixels))
        if config.network.network == "faster_rcnn":
            first = stage(stages.rpn)

            def propose() -> np.ndarray:
                objectness, changes = first(shared)
                return outputs.proposed(objectness[0], changes[0], config, count)

            proposals, where = _median(propose)
        heads, (classes, changes) = _median(lambda: head(shared, where[None]))
        found = outputs.of_regions(classes[0], changes[0], where)
    suppression, _ = _median(lambda: suppress(found, 0.5, 0.5))
    return proposals, through, heads, suppression


def _median(function: Callable[[], Any]) -> tuple[float, Any]:
    """Median seconds of a call that was made once before, and what it gives."""
    result = function()
    seconds = []
    for _run in range(RUNS):
        started = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - started)
        if sum(seconds) > ENOUGH:  # on a busy server: others wait
            break
    return statistics.median(seconds), result
