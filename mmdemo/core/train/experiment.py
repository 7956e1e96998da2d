"""The shell of every demo's training: train, measure, write the weights folder; measure again.

A demo's `train.py` has a subclass of `Experiment` with what differs, and gives it the name
`experiment` (or a function of that name that chooses among several). `python -m mmdemo train` and
`evaluate` call `train` and `evaluate` below. Importing this module imports Keras.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import keras

from mmdemo.core.demo import Demo
from mmdemo.core.measure.report import Result
from mmdemo.core.serve import runtime
from mmdemo.core.train import fit as fitting
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts, eight_bits, half_precision

C = TypeVar("C")

History = list[dict[str, float]]
"""One mapping of losses and metrics per epoch."""


class Trained(NamedTuple):
    """A network with its history."""

    network: keras.Model
    history: History


@dataclass(frozen=True)
class Measured:
    """What measuring a network gives.

    Attributes:
        results: of the network and of the baselines, and what others published.
        preprocess: JSON-able values that inference needs beside the network, such as thresholds.
    """

    results: list[Result]
    preprocess: Mapping[str, Any]


class Experiment(ABC, Generic[C]):
    """One network of a demo: how it is trained and how it is measured.

    The constructor reads the data, and may adapt `config` to it.

    Attributes:
        run: the call.
        config: the demo's `Config`; stored beside the weights.
        demo: of which it is.
        half: whether the served network is stored in half precision; it is measured as stored.
        quarter: whether its kernels are stored in eight bits, where half precision is too large.
        stores_folds: whether the networks of `folds` are stored, in half precision. Those that are
            not are trained again when the network is measured again.
    """

    demo: ClassVar[Demo]
    half: ClassVar[bool] = True
    quarter: bool = False
    stores_folds: bool = False

    def __init__(self, run: Run, config: C) -> None:
        self.run = run
        self.config = config

    @abstractmethod
    def network(self) -> Trained:
        """Train the network that is served, or take it up where an earlier call left it."""

    @abstractmethod
    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Measure on data that the measured network never saw, with baselines in the same run.

        Args:
            network: the served one.
            folds: the networks of `folds`, trained or read.
        """

    def folds(self) -> Mapping[str, Callable[[], keras.Model]]:
        """Networks that are measured but not served, such as a cross-validation's: how to train
        each."""
        return {}

    def build_fold(self) -> keras.Model:
        """A network of `folds` before its weights are read; as the served one by default."""
        network: keras.Model = self.demo.module("model").build(self.config)
        return network

    def files(self) -> Mapping[str, str]:
        """Further texts of the weights folder by name, such as a vocabulary."""
        return {}

    def stands_on(self) -> Mapping[str, str] | None:
        """Whose weights a frozen backbone has, from `core.serve.pretrained.record`."""
        return None

    def fit(
        self,
        model: keras.Model,
        data: Any,
        name: str,
        *,
        epochs: int,
        seed: int | None = None,
        config: Any = None,
        starts_from: tuple[str, ...] = (),
        **options: Any,
    ) -> History:
        """Train a compiled model as one stage of the run; see `core.train.fit.fit`.

        Args:
            model: compiled.
            data: as the first argument of `keras.Model.fit`.
            name: of the stage.
            epochs: in all; the run's own number has precedence.
            seed: in place of the run's.
            config: what decides the weights, in place of the experiment's configuration.
            starts_from: what else decides them, such as checksums of other weights.
            options: further arguments of `core.train.fit.fit`.
        """
        return fitting.fit(
            model,
            data,
            stage=self.run.stage(name, config or self.config, *starts_from),
            epochs=self.run.epochs or epochs,
            seed=self.run.seed if seed is None else seed,
            **options,
        )


def train(run: Run) -> None:
    """Train a network, measure it, and write `run.folder`.

    Raises:
        DataMissing: a public set is not in the data folder.
        UserError: `run.data` or an option cannot be used; says why.
        WeightsError: weights that it starts from are missing or corrupted.
    """
    presets = importlib.import_module(f"mmdemo.demos.{run.model_id.demo}.config").PRESETS
    experiment = _experiment(run, presets[run.model_id.name])
    network, history = experiment.network()
    if experiment.quarter:
        eight_bits.round_weights(network)
    elif experiment.half:
        half_precision.round_weights(network)
    folds = {name: _trained_fold(experiment, fit) for name, fit in experiment.folds().items()}
    measured = experiment.measure(network, folds)
    artifacts.write(
        run.folder,
        demo=experiment.demo,
        model_id=run.model_id,
        model=network,
        config=experiment.config,
        preprocess=measured.preprocess,
        results=measured.results,
        history=history,
        provenance=fitting.provenance(run),
        folds=folds if experiment.stores_folds else {},
        texts=experiment.files(),
        half=experiment.half,
        quarter=experiment.quarter,
        stands_on=experiment.stands_on(),
    )


def evaluate(run: Run) -> list[Result]:
    """The results of `measure_again`."""
    return measure_again(run).results


def measure_again(run: Run) -> Measured:
    """Measure the network in `run.folder` again, and what inference needs beside it.

    Raises:
        DataMissing: a public set is not in the data folder.
        UserError: the network cannot be measured on the public set.
        WeightsError: the folder is missing or corrupted.
    """
    config = artifacts.read_config(run.model_id.demo, run.folder)
    experiment = _experiment(run, config)
    network = experiment.demo.module("model").build(config)
    runtime.restore(network, run.folder)
    folds = {}
    for name, fit in experiment.folds().items():
        stored = run.folder / "folds" / f"{name}.weights.h5"
        if stored.is_file():
            folds[name] = experiment.build_fold()
            artifacts.load_weights(folds[name], stored)
        else:
            folds[name] = _trained_fold(experiment, fit)
    return experiment.measure(network, folds)


def _experiment(run: Run, config: Any) -> Experiment[Any]:
    training = importlib.import_module(f"mmdemo.demos.{run.model_id.demo}.train")
    experiment: Experiment[Any] = training.experiment(run, config)
    return experiment


def _trained_fold(experiment: Experiment[Any], fit: Callable[[], keras.Model]) -> keras.Model:
    """A fold's network as it is stored, so that measuring it again gives the same figures."""
    network = fit()
    if experiment.stores_folds:
        half_precision.round_weights(network)
    return network
