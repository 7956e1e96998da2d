"""A small classifier of pictures among weights, for others to stand on."""

from __future__ import annotations

from pathlib import Path

import keras

from mmdemo.core.weights import artifacts, half_precision
from mmdemo.demos.image_classifier import DEMO
from mmdemo.demos.image_classifier.config import Config
from mmdemo.demos.image_classifier.model import build

PROVENANCE = {"command": "", "wall_time_seconds": 0, "hardware": "", "seed": 0, "versions": {}}


def write_classifier(weights: Path, config: Config, seed: int = 0) -> None:
    """Write an untrained network where the shipped classifier is looked for in a weights folder.

    Args:
        weights: what `$MMDEMO_WEIGHTS` names.
        config: of the network.
        seed: of its weights.
    """
    keras.utils.set_random_seed(seed)
    network = build(config)
    half_precision.round_weights(network)
    model_id = DEMO.model_id()
    artifacts.write(
        weights / str(model_id),
        demo=DEMO,
        model_id=model_id,
        model=network,
        config=config,
        preprocess={},
        results=[],
        history=[],
        provenance=PROVENANCE,
        half=True,
    )
