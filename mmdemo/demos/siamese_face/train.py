"""Training and evaluation of the siamese face networks.

    python -m mmdemo train siamese_face --preset default   # about 25 minutes on two cores
    python -m mmdemo train siamese_face --preset book      # about 4 minutes

Expected on the ORL faces, on people who were not trained on: DEFAULT about 4 % equal error rate and
0.96 one-shot accuracy; BOOK and the baselines stand in the same `metrics.json`.

Protocol. The people are cut, in the order of the set, into four folds: a network is trained on
three of them and measured on the fourth. Verification looks at all pairs of photos within the
held-out fold, one-shot accuracy at all episodes there (`metrics.one_shot_hits`). Figures are
computed per fold and averaged; intervals come from resampling people. All of it is done twice: with
the photos as the set frames them, and with each face found and cropped by the detector, as happens
to a visitor's photo. The shipped network is trained on everybody; its threshold, probability and
error curve come from the fold networks' distances of the held-out, found faces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import keras
import numpy as np

from mmdemo.core.measure import decisions
from mmdemo.core.measure.report import Result, results_of
from mmdemo.core.nets.metric_learning import SupervisedContrastiveLoss, mean_label_below
from mmdemo.core.train.batches import Batches, warm_up_cosine
from mmdemo.core.train.embedding import EmbeddingExperiment
from mmdemo.core.train.experiment import Measured, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts

from . import DEMO, data, faces, measure
from .config import Config, Network
from .model import build, build_branches

SHARE_TESTED = 0.25
"""The part of the pairs that the book holds back."""
BOOK_METRIC = "mean_label_below_0.5"
BOOK_ACCURACY = 0.9779
BOOK_SPLIT = (
    "the book's own test: a random quarter of 20,000 pairs of all people; the same people and "
    "photos are in training and test"
)


class FaceExperiment(EmbeddingExperiment[Config, data.People]):
    """A network for everybody, and one per fold of people."""

    demo = DEMO
    half = False

    def __init__(self, run: Run, config: Config) -> None:
        super().__init__(run, config)
        self.everything = data.load(run.data)
        folds = data.folds(len(self.everything.names)).items()
        self.parts = {name: self.everything.of(kept) for name, (kept, _) in folds}

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        size = self.config.input
        results, pairs = measure.cross_validate(self.everything, size, self.run.preset, folds)
        preprocess = {
            **asdict(size),
            "grey_values": "0 to 1",
            "crop": asdict(faces.ORL),
            "eer_of_one_threshold": pairs.verification().eer,
            "people": len(self.everything.names),
            **decisions.calibrate(pairs.distances, pairs.same),
        }
        return Measured(results, preprocess)


class Book(FaceExperiment):
    """The book's network, trained on the part of its random pairs that it does not test on."""

    stores_folds = True

    def fit_to(self, people: data.People, name: str) -> Trained:
        training = self.config.training
        images = data.inputs(people.images, self.config.input)
        pairs = self._pairs(people, slice(self._tested, None))
        return self.fit_pairs(images, pairs, name, training, training.batch_size)

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        measured = super().measure(network, folds)
        return Measured([*measured.results, *self.book_results(network)], measured.preprocess)

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


class Committee(FaceExperiment):
    """Branches, trained together on batches of altered photos, and a linear branch, solved."""

    def fit_to(self, people: data.People, name: str) -> Trained:
        config, training = self.config, self.config.training
        keras.utils.set_random_seed(self.run.seed)
        network = build(config)
        branches = build_branches(network, config.network.branches)
        steps = (self.run.epochs or training.epochs) * training.steps
        rate = warm_up_cosine(training.learning_rate, max(1, steps // 20), steps)
        branches.compile(
            keras.optimizers.AdamW(rate, weight_decay=training.weight_decay),
            [SupervisedContrastiveLoss(training.temperature) for _ in branches.outputs],
            jit_compile=False,
        )
        batches = AlteredPhotos(people, config, self.run.seed)
        history = self.fit(branches, batches, name, epochs=training.epochs)
        images = data.inputs(people.images, config.input)
        linear = discriminants(images, people.labels, config.network)
        network.get_layer("linear").set_weights(linear)
        return Trained(network, history)

    def fold(self, people: data.People, name: str) -> keras.Model:
        network = super().fold(people, name)
        artifacts.round_to_half(network)  # as those of BOOK are stored
        return network


def experiment(run: Run, config: Config) -> FaceExperiment:
    """How a preset is trained and measured."""
    return (Book if config.network.network == "book" else Committee)(run, config)


class AlteredPhotos(Batches):
    """Batches of altered photos of a few people, each photo drawn and altered anew.

    Half the people of a batch appear mirrored throughout: to the loss a person's mirror image is
    somebody else's, who looks much like them.

    A batch: `(people * photos, height, width, 1)`, and their numbers `(people * photos,)` as the
    target of each branch.
    """

    def __init__(self, people: data.People, config: Config, seed: int) -> None:
        super().__init__(seed)
        self.images = data.inputs(people.images, config.input)[..., 0]
        self.rows = [np.flatnonzero(people.labels == p) for p in range(len(people.names))]
        self.config = config

    def __len__(self) -> int:
        return self.config.training.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, Any]:
        rng, training = self.rng(index), self.config.training
        photos, numbers = [], []
        count = min(training.people, len(self.rows))
        for number, person in enumerate(rng.choice(len(self.rows), count, replace=False)):
            own = self.rows[person]
            mirrored = rng.random() < 0.5
            for row in rng.choice(own, training.photos, replace=len(own) < training.photos):
                image = self.images[row][:, ::-1] if mirrored else self.images[row]
                photos.append(data.alter(image, self.config.alteration, rng))
                numbers.append(number)
        targets = (np.array(numbers),) * self.config.network.branches
        return np.stack(photos)[..., None], targets


def discriminants(images: np.ndarray, labels: np.ndarray, config: Network) -> list[np.ndarray]:
    """Kernel and bias of the linear branch: PCA, whitening and LDA as one matrix.

    Belhumeur et al. 1997, "Eigenfaces vs. Fisherfaces", on standardised pixels, with every person's
    mirror image as a person of their own.

    Args:
        images: float32 `(N, height, width, 1)`, 0 to 1.

    Returns:
        `(height * width, linear_units)` and `(linear_units,)`; directions that so few people do
        not span stay 0.
    """
    both = np.concatenate([images, images[:, :, ::-1]])
    pixels = both.reshape(len(both), -1).astype(np.float64)
    pixels = pixels - pixels.mean(axis=1, keepdims=True)
    pixels /= pixels.std(axis=1, keepdims=True) + 1e-3
    people = np.concatenate([labels, labels + labels.max() + 1])
    whiten, lda = measure.fisherfaces(pixels, people, config.linear_components)
    directions = lda.scalings_[:, : config.linear_units]
    matrix = whiten.components_.T / np.sqrt(whiten.explained_variance_) @ directions
    kernel = np.zeros((pixels.shape[1], config.linear_units))
    kernel[:, : matrix.shape[1]] = matrix
    return [kernel, -whiten.mean_ @ kernel]
