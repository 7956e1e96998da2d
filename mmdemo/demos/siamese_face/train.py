"""Training and evaluation of the siamese face networks.

    python -m mmdemo train siamese_face --preset default   # 6 networks; 3 minutes on a GPU of 2022
    python -m mmdemo train siamese_face --preset book      # about 8 minutes on two cores

The first time, the faces of 11,209 photos are sought, which takes ten minutes on two cores.
DEFAULT's networks were trained beside each other under JAX (`KERAS_BACKEND=jax`).
Expected on the ORL faces, on people who were not trained on: DEFAULT about 3 % equal error rate and
0.98 one-shot accuracy; BOOK and the baselines stand in the same `metrics.json`.

Protocol. The people are cut, in the order of the set, into four folds: a network is trained on
three of them and measured on the fourth. Verification looks at all pairs of photos within the
held-out fold, one-shot accuracy at all episodes there (`metrics.one_shot_hits`). Figures are
computed per fold and averaged; intervals come from resampling people. All of it is done twice: with
the photos as the set frames them, and with each face found and cropped by the detector, as happens
to a visitor's photo. One more network knows people of Labeled Faces in the Wild alone, and is
measured on others of them and on ORL; BOOK, which knows ORL alone, is measured in the wild. The
shipped network is trained on everybody; its threshold, probability and error curve come from those
measurements abroad (`abroad.calibrate`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cached_property, partial
from typing import Any

import keras
import numpy as np
from tqdm.auto import tqdm

from mmdemo.core.measure import decisions
from mmdemo.core.measure.report import Result, abroad, results_of
from mmdemo.core.nets.metric_learning import CosineMarginLoss, mean_label_below
from mmdemo.core.serve.backend import JIT
from mmdemo.core.train.batches import Batches, warm_up_cosine
from mmdemo.core.train.embedding import EmbeddingExperiment
from mmdemo.core.train.experiment import Measured, Trained
from mmdemo.core.train.fit import Run

from . import DEMO, data, faces, measure
from .abroad import Elsewhere, calibrate, held_out_curves, in_the_studio, in_the_wild
from .config import Config
from .model import build, build_learner
from .wild import Wild

ABROAD = "abroad"
"""The network that is measured on people and cameras that it knows nothing of."""
SHARE_TESTED = 0.25
"""The part of the pairs that the book holds back."""
BOOK_METRIC = "mean_label_below_0.5"
BOOK_ACCURACY = 0.9779
BOOK_SPLIT = (
    "the book's own test: a random quarter of 20,000 pairs of all people; the same people and "
    "photos are in training and test"
)


Networks = Mapping[str, keras.Model]
Abroad = tuple[list[Result], dict[str, Any]]


class FaceExperiment(EmbeddingExperiment[Config, data.People]):
    """A network for everybody, and one per fold of people."""

    demo = DEMO

    def __init__(self, run: Run, config: Config) -> None:
        super().__init__(run, config)
        self.everything = data.load(run.data)
        folds = data.folds(len(self.everything.names)).items()
        learnt = self.learnt()
        self.parts = {name: learnt.of(kept) for name, (kept, _) in folds}
        self.wild = Wild.read(run.work) if run.data is None else None

    def learnt(self) -> data.People:
        """The photos of `everything` that are trained on."""
        return self.everything

    def measure(self, network: keras.Model, folds: Networks) -> Measured:
        size = self.config.input
        results, pairs = measure.cross_validate(self.everything, size, self.run.preset, folds)
        if self.wild is None:
            decides = decisions.calibrate(pairs.distances, pairs.same)
        else:
            further, decides = self.measure_abroad(self.wild, network, folds)
            results += further
        preprocess = {
            **asdict(size),
            "grey_values": "0 to 1",
            "crop": asdict(faces.ORL),
            **decides,
        }
        return Measured(results, preprocess)

    @abstractmethod
    def measure_abroad(self, wild: Wild, network: keras.Model, folds: Networks) -> Abroad:
        """Figures of unknown people before unknown cameras, and what `decide` reads."""


class Book(FaceExperiment):
    """The book's network, trained on the part of its random pairs that it does not test on."""

    half = False
    stores_folds = True

    def fit_to(self, people: data.People, name: str) -> Trained:
        training = self.config.training
        images = data.inputs(people.images, self.config.input)
        pairs = self._pairs(people, slice(self._tested, None))
        return self.fit_pairs(images, pairs, name, training, training.batch_size)

    def measure(self, network: keras.Model, folds: Networks) -> Measured:
        measured = super().measure(network, folds)
        return Measured([*measured.results, *self.book_results(network)], measured.preprocess)

    def measure_abroad(self, wild: Wild, network: keras.Model, folds: Networks) -> Abroad:
        elsewhere = Elsewhere.of(wild, self.everything)
        embed = measure.embedder(network, self.config.input)
        methods = measure.baselines(self.everything, self.config.input) | {self.run.preset: embed}
        curves = held_out_curves(elsewhere, methods)
        results = in_the_wild(elsewhere, methods, curves, "ORL's people alone")
        return abroad(results), calibrate(elsewhere, embed, ("wild",))

    def book_results(self, network: keras.Model) -> list[Result]:
        """The book's own figure."""
        first, second, same = self._pairs(self.everything, slice(self._tested))
        vectors = measure.embedder(network, self.config.input)(self.everything.images)
        distances = np.linalg.norm(vectors[first] - vectors[second], axis=1)
        figures = {self.run.preset: {BOOK_METRIC: mean_label_below(distances, same)}}
        if self.run.data is None:
            figures["published:book"] = {BOOK_METRIC: BOOK_ACCURACY}
        return results_of("book_protocol", figures, BOOK_SPLIT, len(same))

    @property
    def _tested(self) -> int:
        """How many of the pairs, the first ones, are the book's test set."""
        return int(SHARE_TESTED * 2 * self.config.training.pairs)

    def _pairs(self, people: data.People, part: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng(self.run.seed)
        first, second, same = data.random_pairs(people.labels, self.config.training.pairs, rng)
        return first[part], second[part], same[part]


class Residual(FaceExperiment):
    """Learns ORL's people and those of Labeled Faces in the Wild, or one's own people alone.

    Beside the networks of ORL's folds there is one that knows nobody of ORL and nobody of the test
    of view 1: what it gives there is what a visitor may expect.
    """

    stores_folds = True

    def learnt(self) -> data.People:
        return self.everything.in_both_framings

    def network(self) -> Trained:
        return self.fit_to(self._with_wild(self.learnt()), "everything")

    def folds(self) -> Mapping[str, Callable[[], keras.Model]]:
        folds = {
            name: partial(self._fold, partial(self._with_wild, part), name)
            for name, part in self.parts.items()
        }
        if self.wild is not None:
            folds[ABROAD] = partial(self._fold, self.wild.known, ABROAD)
        return folds

    def _fold(self, people: Callable[[], data.People], name: str) -> keras.Model:
        return self.fold(people(), name)

    def _with_wild(self, people: data.People) -> data.People:
        return people if self.wild is None else data.People.joined(self.wild.everybody(), people)

    def measure_abroad(self, wild: Wild, network: keras.Model, folds: Networks) -> Abroad:
        elsewhere = Elsewhere.of(wild, self.everything)
        embed = measure.embedder(folds[ABROAD], self.config.input)
        methods = measure.baselines(wild.known(), self.config.input) | {self.run.preset: embed}
        curves = held_out_curves(elsewhere, methods)
        results = in_the_wild(elsewhere, methods, curves, "other people of that set alone")
        results += in_the_studio(elsewhere, methods, curves)
        return results, calibrate(elsewhere, embed, ("wild", "studio"))

    def fit_to(self, people: data.People, name: str) -> Trained:
        training = self.config.training
        keras.utils.set_random_seed(self.run.seed)
        network = build(self.config)
        learner = build_learner(network, len(people.names))
        batches = AlteredPhotos(people, self.config, self.run.seed)
        steps = (self.run.epochs or training.epochs) * len(batches)
        rate = warm_up_cosine(training.learning_rate, max(1, steps // 20), steps)
        optimizer = keras.optimizers.AdamW(rate, weight_decay=training.weight_decay)
        optimizer.exclude_from_weight_decay(var_names=["gamma", "beta"])
        loss = CosineMarginLoss(training.margin, training.scale)
        # XLA is slower than TensorFlow itself on a processor, and JAX has nothing else.
        learner.compile(optimizer, loss, jit_compile=JIT)
        return Trained(network, self.fit(learner, batches, name, epochs=training.epochs))


def experiment(run: Run, config: Config) -> FaceExperiment:
    """How a preset is trained and measured."""
    return (Book if config.network.network == "book" else Residual)(run, config)


class AlteredPhotos(Batches):
    """Batches of altered photos: all of most people, a few of those of whom there are many.

    A photo is altered `copies` times before the training, which costs less than altering it anew in
    each epoch. Half the photos are mirrored.

    A batch: `(batch_size, height, width, 1)`, and whom each shows, `(batch_size,)`.
    """

    def __init__(self, people: data.People, config: Config, seed: int) -> None:
        super().__init__(seed)
        self.people = people
        self.labels = people.labels
        self.config = config
        self.training = config.training
        self._drawn = (-1, np.empty(0, int))

    def __len__(self) -> int:
        counts = np.minimum(np.bincount(self.labels), self.training.photos)
        return max(1, int(counts.sum()) // self.training.batch_size)

    @cached_property
    def copies(self) -> np.ndarray:
        """uint8 `(N, copies, height, width)`; made when the first batch is asked for."""
        images = data.inputs(self.people.images, self.config.input)[..., 0]
        copies = np.empty((len(images), self.training.copies, *images.shape[1:]), np.uint8)
        for row, image in enumerate(tqdm(images, desc="altering", unit="photo", disable=None)):
            rng = np.random.default_rng([self.seed, row])
            for copy in copies[row]:
                altered = data.alter(image, self.config.alteration, rng)
                copy[:] = np.rint(255 * np.clip(altered, 0, 1))
        return copies

    def rows(self) -> np.ndarray:
        """The photos of this epoch, in random order."""
        if self._drawn[0] != self.epoch:
            order = self.rng().permutation(len(self.labels))
            by_person = order[np.argsort(self.labels[order], kind="stable")]
            counts = np.bincount(self.labels)
            place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
            few = by_person[place < self.training.photos]
            self._drawn = self.epoch, self.rng(0).permutation(few)
        return self._drawn[1]

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        size = self.training.batch_size
        rows = self.rows()[index * size : (index + 1) * size]
        rng = self.rng(1, index)
        images = self.copies[rows, rng.integers(self.training.copies, size=len(rows))]
        mirrored = rng.random(len(rows)) < 0.5
        images[mirrored] = images[mirrored, :, ::-1]
        return images[..., None].astype(np.float32) / 255, self.labels[rows]
