"""What all training has in common. Importing this module imports Keras."""

from __future__ import annotations

import keras
import numpy as np

from mmdemo.core.data import handwritten
from mmdemo.core.serve.backend import JIT, compile_call
from mmdemo.core.train.batches import warm_up_cosine
from mmdemo.core.train.experiment import Experiment, History, Trained
from mmdemo.core.train.fit import Run

from . import DEMO, altering
from .config import Config
from .layers import MarginLoss
from .measure import Read
from .model import build, build_training

AT_ONCE = 200
"""Pictures that a network reads at once, to be measured."""


class Learning(Experiment[Config]):
    """A preset on MNIST's 60,000 digits; a subclass measures.

    Nothing is chosen by looking at results on the way, so that no digit is held out of training.
    """

    demo = DEMO

    def __init__(self, run: Run, config: Config) -> None:
        super().__init__(run, config)
        self.known = handwritten.mnist("train")
        self.test = handwritten.mnist("test")

    def network(self) -> Trained:
        """The served one."""
        keras.utils.set_random_seed(self.run.seed)
        network = build(self.config)
        return Trained(network, self.learn(build_training(network, self.config), self.run.preset))

    def learn(self, network: keras.Model, name: str, config: Config | None = None) -> History:
        """Train one network as a stage of the run; it gives `lengths` and maybe `redrawn`."""
        config = config or self.config
        kind = altering.Paired if config.network.shown > 1 else altering.Alone
        batches = kind(
            self.known,
            config,
            self.run.seed,
            told=len(network.inputs) > 1,
            draws="redrawn" in network.output,
        )
        steps = (self.run.epochs or config.training.epochs) * len(batches)
        compile_loss(network, config, steps)
        return self.fit(
            network,
            batches,
            name,
            epochs=config.training.epochs,
            config=config,
            shuffle=False,  # the batches are
        )


def compile_loss(network: keras.Model, config: Config, steps: int) -> None:
    """Compile for a training of so many steps."""
    training = config.training
    rate = warm_up_cosine(training.learning_rate, max(1, steps // 20), steps - steps // 20)
    named = "categorical_crossentropy" if config.network.network == "cnn" else MarginLoss()
    losses = {"lengths": named, "redrawn": "mean_squared_error"}
    weights = {"lengths": 1.0, "redrawn": training.drawing_weight}
    network.compile(
        keras.optimizers.Adam(rate),
        {name: losses[name] for name in network.output},
        loss_weights={name: weights[name] for name in network.output},
        metrics={"lengths": ["categorical_accuracy"]},
        jit_compile=JIT,
    )


def reader(network: keras.Model, output: int = 0) -> Read:
    """What a network says of pictures, however many, in one of its outputs."""
    call = compile_call(keras.Model(network.inputs[0], network.outputs[output]))

    def read(ink: np.ndarray) -> np.ndarray:
        parts = np.array_split(ink.astype(np.float32), -(-len(ink) // AT_ONCE))
        return np.concatenate([call(part) for part in parts])

    return read
