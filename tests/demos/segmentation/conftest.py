"""Drawn fields in the layout of one's own data, and small networks that learnt them."""

from __future__ import annotations

import dataclasses

import pytest

from mmdemo.core.serve import runtime
from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.image_classifier.config import TINY as TINY_CLASSIFIER
from mmdemo.demos.segmentation import DEMO, config, cutting
from tests.support.classifier import write_classifier
from tests.support.outlined import write_own

BACKBONE = {"stem": 4, "widths": (4, 8, 8, 8), "depths": (0, 0, 1, 1)}
CLASSIFIER = replace(TINY_CLASSIFIER, **BACKBONE)
"""Whose backbone is that of the small DeepLab."""


def small(name: str) -> config.Config:
    """A preset with few weights and steps."""
    whole, tiny = config.PRESETS[name], config.TINY
    if whole.network.network == "deeplab":
        network = dataclasses.replace(whole.network, **BACKBONE, hidden=8, low=4)
    else:
        network = dataclasses.replace(whole.network, base=4, depth=2)
    return config.Config(
        network,
        whole.input,
        dataclasses.replace(
            tiny.training, epochs=1, last_epochs=whole.training.last_epochs and 1, last_crop=64
        ),
    )


@pytest.fixture(scope="package")
def trained(tmp_path_factory: pytest.TempPathFactory):
    """Weights of a small classifier and of every preset: their `Run`s."""
    root = tmp_path_factory.mktemp("segmentation")
    patch = pytest.MonkeyPatch()
    patch.setenv("MMDEMO_WEIGHTS", str(root / "weights"))
    write_classifier(root / "weights", CLASSIFIER)
    patch.setattr(config, "PRESETS", {name: small(name) for name in config.PRESETS})
    compile_loss = cutting.compile_loss

    def eagerly(network, *others):  # a graph for three steps would take seconds
        compile_loss(network, *others)
        network.run_eagerly = True

    patch.setattr(cutting, "compile_loss", eagerly)
    by_kind = write_own(root / "own_kinds", by_kind=True)
    own = {"nuclei": write_own(root / "own"), "street": by_kind, "pets": by_kind}
    runs = {}
    for model_id in DEMO.model_ids:
        folder = root / "weights" / str(model_id)
        run = Run(model_id, folder, root / "work", data=own[model_id.task])
        runs[model_id.name] = run
        experiment.train(run)
    runtime.cache.clear()
    yield runs
    runtime.cache.clear()
    patch.undo()
