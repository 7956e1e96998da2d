"""Drawn fields in the layout of one's own data, and small networks that learnt them."""

from __future__ import annotations

import dataclasses

import pytest

from mmdemo.core.serve import runtime
from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.image_classifier.config import TINY as TINY_CLASSIFIER
from mmdemo.demos.instances import DEMO, config, train
from tests.support.classifier import write_classifier
from tests.support.outlined import write_own


@pytest.fixture(scope="package")
def trained(tmp_path_factory: pytest.TempPathFactory):
    """Weights of a small classifier and of every preset: their `Run`s."""
    root = tmp_path_factory.mktemp("instances")
    patch = pytest.MonkeyPatch()
    patch.setenv("MMDEMO_WEIGHTS", str(root / "weights"))
    small = dataclasses.replace(config.TINY, input=config.DEFAULT.input)
    network = small.network
    backbone = {"stem": network.stem, "widths": network.widths, "depths": network.depths}
    write_classifier(root / "weights", replace(TINY_CLASSIFIER, **backbone))
    patch.setattr(config, "PRESETS", {name: replace(small, epochs=1) for name in config.PRESETS})
    compile_losses = train.compile_losses

    def eagerly(network, *others):  # a graph for three steps would take seconds
        compile_losses(network, *others)
        network.run_eagerly = True

    patch.setattr(train, "compile_losses", eagerly)
    own = write_own(root / "own")
    runs = {}
    for model_id in DEMO.model_ids:
        folder = root / "weights" / str(model_id)
        run = Run(model_id, folder, root / "work", data=own)
        runs[model_id.name] = run
        experiment.train(run)
    runtime.cache.clear()
    yield runs
    runtime.cache.clear()
    patch.undo()
