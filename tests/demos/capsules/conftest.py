"""Small networks of every preset, trained on digits that a program drew."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.data import handwritten
from mmdemo.core.data.handwritten import Images
from mmdemo.core.serve import runtime
from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.capsules import DEMO, alone, config, drawn, learning

SMALL = {
    "digits/default": config.TINY,
    "digits/book": replace(
        config.TINY, network="capsnet", rounds=3, normalised=False, filters=(4, 64), kinds=8, part=8
    ),
    "digits/cnn": replace(config.TINY, network="cnn", decoder=(), drawing_weight=0.0),
    "overlaid/default": replace(config.TINY, side=36, shown=2, shift=4),
}


def images(times: int) -> Images:
    """Each digit so many times."""
    digits = np.tile(np.arange(10), times)
    ink = [drawn.digit(int(value), seed) for seed, value in enumerate(digits)]
    return Images(np.stack(ink).astype(np.float32) / 255, digits)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory):
    """Weights of every preset: their `Run`s, by name."""
    root = tmp_path_factory.mktemp("capsules")
    patch = pytest.MonkeyPatch()
    patch.setenv("MMDEMO_WEIGHTS", str(root / "weights"))
    patch.setattr(config, "PRESETS", SMALL)
    patch.setattr(alone, "NARROW", {"filters": (4, 8), "kinds": 2})
    patch.setattr(alone, "DRAWN_TIMES", 1)
    patch.setattr(handwritten, "mnist", lambda split: images(4 if split == "train" else 2))
    patch.setattr(handwritten, "pens", lambda: images(1))
    compile_loss = learning.compile_loss

    def eagerly(network, *others):  # a graph for five steps would take seconds
        compile_loss(network, *others)
        network.run_eagerly = True

    patch.setattr(learning, "compile_loss", eagerly)
    runs = {}
    for model_id in DEMO.model_ids:
        run = Run(model_id, root / "weights" / str(model_id), root / "work")
        runs[model_id.name] = run
        experiment.train(run)
    runtime.cache.clear()
    yield runs
    runtime.cache.clear()
    patch.undo()
