"""Training and evaluation of the siamese face networks.

    python -m mmdemo train siamese_face --preset default   # about 25 minutes on two cores
    python -m mmdemo train siamese_face --preset book      # about 4 minutes

Expected on the ORL faces, on people who were not trained on: DEFAULT about 4 % equal error rate and
0.96 one-shot accuracy; BOOK and the baselines stand in the same `metrics.json`.

Protocol. The people are cut, in the order of the set, into four folds: a network is trained on
three of them and measured on the fourth. Verification looks at all pairs of photos within the
held-out fold, one-shot accuracy at all episodes there (`core.metrics.one_shot_hits`). Figures are
computed per fold and averaged; intervals come from resampling people. All of it is done twice: with
the photos as the set frames them, and with each face found and cropped by the detector, as happens
to a visitor's photo. The shipped network is trained on everybody; its threshold, probability and
error curve come from the fold networks' distances of the held-out, found faces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from mmdemo.core.measure import metrics
from mmdemo.core.measure.report import Result
from mmdemo.core.nets.metric_learning import (
    ContrastiveLoss,
    SupervisedContrastiveLoss,
    mean_label_below,
    pairwise_distances,
)
from mmdemo.core.train import fit as training
from mmdemo.core.weights import artifacts

from . import DEMO, data, faces
from .config import PRESETS, Config
from .model import build, build_branches, build_siamese

BOOK_METRIC = "mean_label_below_0.5"
BOOK_ACCURACY = 0.9779
BOOK_SPLIT = (
    "the book's own test: a random quarter of 20,000 pairs of all people; the same people and "
    "photos are in training and test"
)
FRAMINGS = {
    "images": ("", "photos as the set frames them"),
    "found": ("_found_faces", "each face found and cropped by the detector"),
}
"""Arrays of `data.People`: the suffix of the task, and a description."""
DRAWS = 1000
"""Of the bootstrap."""
SHARE_TESTED = 0.25
"""The part of the pairs that the book holds back."""

Embed = Callable[[np.ndarray], np.ndarray]
"""uint8 crops `(N, h, w)` to vectors `(N, d)`."""


def train(run: training.Run) -> None:
    """Train the networks of the folds and the one that is served, measure, write the folder."""
    config = _config(run)
    people = data.load(run.data)
    fold_networks, history = {}, []
    for name, (kept, _) in _named_folds(people):
        fold_networks[name], _ = _fit(run, config, people.of(kept), name)
    network, history = _fit(run, config, people, "everybody")
    for fold in fold_networks.values():
        _round_to_half(fold)  # as they are stored, so that `evaluate` finds the same figures
    results, held_out = _measure(run, config, people, fold_networks, network)
    artifacts.write(
        run.folder,
        demo=DEMO,
        preset=run.preset,
        model=network,
        config=config,
        preprocess=_preprocess(config, people, *held_out),
        results=results,
        history=history,
        provenance=training.provenance(run),
        folds=fold_networks if config.network == "book" else None,
    )


def evaluate(run: training.Run) -> list[Result]:
    """Recompute every figure of a weights folder.

    The networks of the folds are read from `folds/` where they are shipped, else from the
    checkpoints in `run.work`; those that are in neither are trained again.
    """
    config = _config(run)
    people = data.load(run.data)
    network = build(config)
    artifacts.load_weights(network, run.folder / artifacts.WEIGHTS)
    fold_networks = {}
    for name, (kept, _) in _named_folds(people):
        shipped = run.folder / "folds" / f"{name}.weights.h5"
        if shipped.is_file():
            fold_networks[name] = build(config)
            artifacts.load_weights(fold_networks[name], shipped)
        else:
            fold_networks[name], _ = _fit(run, config, people.of(kept), name)
            _round_to_half(fold_networks[name])
    results, _ = _measure(run, config, people, fold_networks, network)
    return results


# === Training ===


def _fit(
    run: training.Run, config: Config, people: data.People, name: str
) -> tuple[keras.Model, list[dict[str, float]]]:
    fit = fit_book if config.network == "book" else fit_committee
    return fit(run, config, people, name)


def fit_book(
    run: training.Run, config: Config, people: data.People, name: str
) -> tuple[keras.Model, list[dict[str, float]]]:
    """Train the book's network on the part of its random pairs that it does not test on."""
    keras.utils.set_random_seed(run.seed)
    network = build(config)
    siamese = build_siamese(network)
    siamese.compile(
        keras.optimizers.RMSprop(config.learning_rate),
        ContrastiveLoss(config.margin),
        jit_compile=False,
    )
    first, second, same = _book_pairs(people, config, run.seed)
    kept = slice(int(SHARE_TESTED * len(same)), None)
    images = data.inputs(people.images, config.height, config.width)
    pairs = _Pairs(images, first[kept], second[kept], same[kept], config.batch_size, run.seed)
    stage = run.stage(name, config)
    history = training.fit(siamese, pairs, stage=stage, epochs=config.epochs, seed=run.seed)
    return network, history


def fit_committee(
    run: training.Run, config: Config, people: data.People, name: str
) -> tuple[keras.Model, list[dict[str, float]]]:
    """Train the branches together on batches of altered photos, then solve the linear branch."""
    keras.utils.set_random_seed(run.seed)
    network = build(config)
    branches = build_branches(network, config)
    steps = config.epochs * config.steps
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=config.learning_rate, warmup_steps=max(1, steps // 20)
    )
    branches.compile(
        keras.optimizers.AdamW(rate, weight_decay=config.weight_decay),
        [SupervisedContrastiveLoss(config.temperature) for _ in range(config.branches)],
        jit_compile=False,
    )
    batches = _Batches(people, config, run.seed)
    stage = run.stage(name, config)
    history = training.fit(branches, batches, stage=stage, epochs=config.epochs, seed=run.seed)
    images = data.inputs(people.images, config.height, config.width)
    network.get_layer("linear").set_weights(discriminants(images, people.labels, config))
    return network, history


def discriminants(images: np.ndarray, labels: np.ndarray, config: Config) -> list[np.ndarray]:
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
    whiten, lda = _fisherfaces(
        pixels, np.concatenate([labels, labels + labels.max() + 1]), config.linear_components
    )
    directions = lda.scalings_[:, : config.linear_units]
    matrix = whiten.components_.T / np.sqrt(whiten.explained_variance_) @ directions
    kernel = np.zeros((pixels.shape[1], config.linear_units))
    kernel[:, : matrix.shape[1]] = matrix
    return [kernel, -whiten.mean_ @ kernel]


class _Pairs(keras.utils.PyDataset):
    """Batches of fixed pairs, in a new order every epoch."""

    def __init__(
        self,
        images: np.ndarray,
        first: np.ndarray,
        second: np.ndarray,
        same: np.ndarray,
        batch_size: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.images, self.first, self.second = images, first, second
        self.same = same.astype("float32")[:, None]
        self.batch_size = batch_size
        self.rng = np.random.default_rng(seed)
        self.order = self.rng.permutation(len(same))

    def __len__(self) -> int:
        return -(-len(self.same) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, np.ndarray]:
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        left, right = self.images[self.first[chosen]], self.images[self.second[chosen]]
        return (left, right), self.same[chosen]

    def on_epoch_end(self) -> None:
        self.order = self.rng.permutation(len(self.same))


class _Batches(keras.utils.PyDataset):
    """Batches of altered photos, new ones every time."""

    def __init__(self, people: data.People, config: Config, seed: int) -> None:
        super().__init__()
        self.images = data.inputs(people.images, config.height, config.width)[..., 0]
        self.labels = people.labels
        self.config = config
        self.rng = np.random.default_rng(seed)

    def __len__(self) -> int:
        return self.config.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, Any]:
        images, labels = data.batch(self.images, self.labels, self.config, self.rng)
        return images, (labels,) * self.config.branches


def _book_pairs(
    people: data.People, config: Config, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first quarter is the book's test set."""
    return data.random_pairs(people.labels, config.pairs, np.random.default_rng(seed))


# === Evaluation ===


def baselines(people: data.People, config: Config) -> dict[str, Embed]:
    """Classical methods fitted on `people`, at the resolution of the networks."""

    def pixels(crops: np.ndarray) -> np.ndarray:
        return data.inputs(crops, config.height, config.width).reshape(len(crops), -1)

    known = pixels(people.images)
    components = min(100, len(known) - 1)
    eigenfaces = PCA(components, svd_solver="full").fit(known)
    whiten, lda = _fisherfaces(known, people.labels, components)

    def fisherfaces(crops: np.ndarray) -> np.ndarray:
        vectors = lda.transform(whiten.transform(pixels(crops)))
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return {
        "raw_pixels": pixels,
        "eigenfaces": lambda crops: eigenfaces.transform(pixels(crops)),
        "fisherfaces": fisherfaces,
    }


def embedder(network: keras.Model, config: Config) -> Embed:
    """A network as a function of crops."""

    def embed(crops: np.ndarray) -> np.ndarray:
        images = data.inputs(crops, config.height, config.width)
        return np.asarray(keras.ops.convert_to_numpy(network(images, training=False)))

    return embed


def held_out_results(
    method: str, held_out: Sequence[tuple[np.ndarray, np.ndarray]], framing: str
) -> list[Result]:
    """Figures of one method.

    Args:
        held_out: per fold, the distances `(N, N)` of all its photos and their people `(N,)`.
        framing: of the photos: a key of `FRAMINGS`.
    """
    suffix, framed = FRAMINGS[framing]
    groups = [(fold, person) for fold, (_, p) in enumerate(held_out) for person in np.unique(p)]
    sizes = sorted({len(np.unique(labels)) for _, labels in held_out})
    ways = "_to_".join(map(str, sorted({sizes[0], sizes[-1]})))
    pairs = [data.pairs_within(labels) for _, labels in held_out]
    genuine = sum(int(same.sum()) for *_, same in pairs)
    total = sum(len(same) for *_, same in pairs)
    split = (
        f"{len(held_out)} folds of people, none both trained on and tested; all "
        f"{genuine:,} genuine and {total - genuine:,} impostor pairs within the held-out folds, "
        f"averaged over the folds; {framed}"
    )
    per_fold = [_by_person(distances, labels) for distances, labels in held_out]

    def averaged(read: Callable[[metrics.Verification], float]) -> Callable[[list[Any]], float]:
        def statistic(chosen: list[tuple[int, Any]]) -> float:
            values = []
            for fold, table in enumerate(per_fold):
                people = [person for number, person in chosen if number == fold]
                if len(set(people)) > 1:  # else there is no impostor pair
                    values.append(read(_verification_of(table, people)))
            return float(np.mean(values)) if values else float("nan")

        return statistic

    figures = {
        "eer": lambda curve: curve.eer,
        "auc": lambda curve: curve.auc,
        "tar_at_far_1pct": lambda curve: curve.tar_at_far_1pct,
    }
    results = []
    for name, read in figures.items():
        statistic = averaged(read)
        interval = metrics.bootstrap_ci(statistic, groups, n=DRAWS)
        results.append(
            Result(f"verification{suffix}", method, name, statistic(groups), split, total, interval)
        )
    hits = [
        float(own.mean())
        for distances, labels in held_out
        for own in _split_by(metrics.one_shot_hits(distances, labels), labels)
    ]
    results.append(
        Result(
            f"one_shot{suffix}",
            method,
            f"one_shot_{ways}way",
            float(np.mean(hits)),
            "the same folds: every choice of one enrolled photo for each person of the held-out "
            f"fold, all other photos there are named; {framed}",
            sum(len(labels) for _, labels in held_out),
            metrics.bootstrap_ci(np.mean, hits, n=DRAWS),
        )
    )
    return results


def _measure(
    run: training.Run,
    config: Config,
    people: data.People,
    fold_networks: dict[str, keras.Model],
    network: keras.Model,
) -> tuple[list[Result], tuple[np.ndarray, np.ndarray]]:
    """All results, and the pooled held-out distances and labels of the network's own pairs."""
    held_out: dict[tuple[str, str], list[tuple[np.ndarray, np.ndarray]]] = {}
    for name, (kept, held) in _named_folds(people):
        methods = baselines(people.of(kept), config)
        methods[run.preset] = embedder(fold_networks[name], config)
        tested = people.of(held)
        for framing in FRAMINGS:
            for method, embed in methods.items():
                distances = pairwise_distances(embed(getattr(tested, framing)))
                held_out.setdefault((framing, method), []).append((distances, tested.labels))
    results = []
    for (framing, method), folds in held_out.items():
        results += held_out_results(method, folds, framing)

    pooled, same = [], []
    for distances, labels in held_out["found", run.preset]:
        first, second, genuine = data.pairs_within(labels)
        pooled.append(distances[first, second])
        same.append(genuine)
    if config.network == "book":
        results += _book_results(run, config, people, network)
    return results, (np.concatenate(pooled), np.concatenate(same))


def _book_results(
    run: training.Run, config: Config, people: data.People, network: keras.Model
) -> list[Result]:
    """The figure that the book prints, under the book's protocol and name."""
    first, second, same = _book_pairs(people, config, run.seed)
    tested = slice(0, int(SHARE_TESTED * len(same)))
    vectors = embedder(network, config)(people.images)
    distances = np.linalg.norm(vectors[first[tested]] - vectors[second[tested]], axis=1)
    value = mean_label_below(distances, same[tested])
    count = tested.stop
    results = [Result("book_protocol", run.preset, BOOK_METRIC, value, BOOK_SPLIT, count)]
    if run.data is None:
        results.append(
            Result("book_protocol", "published:book", BOOK_METRIC, BOOK_ACCURACY, BOOK_SPLIT, count)
        )
    return results


def _preprocess(
    config: Config, people: data.People, distances: np.ndarray, same: np.ndarray
) -> dict[str, Any]:
    """What inference needs beside the network."""
    curve = metrics.verification(distances, same)
    return {
        "height": config.height,
        "width": config.width,
        "grey_values": "0 to 1",
        "crop": faces.ORL.to_dict(),
        "threshold": curve.threshold_at_eer,
        "eer_of_one_threshold": curve.eer,
        "calibration": metrics.Calibration.fit(distances, same).to_dict(),
        "curve": curve.thinned(),
        "people": len(people.names),
    }


def _fisherfaces(
    pixels: np.ndarray, labels: np.ndarray, components: int
) -> tuple[PCA, LinearDiscriminantAnalysis]:
    components = min(components, len(pixels) - len(np.unique(labels)))
    whiten = PCA(components, whiten=True, svd_solver="full").fit(pixels)
    return whiten, LinearDiscriminantAnalysis().fit(whiten.transform(pixels), labels)


def _by_person(distances: np.ndarray, labels: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
    """The distances of the pairs of every two people, and of everyone's own pairs."""
    table = {}
    everybody = np.unique(labels)
    for one in everybody:
        for other in everybody[everybody >= one]:
            block = distances[np.ix_(labels == one, labels == other)]
            own = one == other
            table[int(one), int(other)] = (
                block[np.triu_indices(len(block), 1)] if own else (block.ravel())
            )
    return table


def _verification_of(
    table: dict[tuple[int, int], np.ndarray], people: Sequence[int]
) -> metrics.Verification:
    """The curve of these people; one who stands there twice counts as two who never met."""
    genuine = [table[int(person), int(person)] for person in people]
    impostor = [
        table[min(int(one), int(other)), max(int(one), int(other))]
        for index, one in enumerate(people)
        for other in people[index + 1 :]
        if one != other
    ]
    distances = np.concatenate([*genuine, *impostor])
    same = np.arange(len(distances)) < sum(map(len, genuine))
    return metrics.verification(distances, same)


def _split_by(values: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    return [values[labels == label] for label in np.unique(labels)]


def _named_folds(people: data.People) -> list[tuple[str, tuple[list[int], list[int]]]]:
    parts = data.folds(len(people.names))
    return [(f"fold_{index + 1}", part) for index, part in enumerate(parts)]


def _config(run: training.Run) -> Config:
    config = PRESETS[run.preset]
    return config if run.epochs is None else replace(config, epochs=run.epochs)


def _round_to_half(network: keras.Model) -> None:
    network.set_weights(
        [weight.astype(np.float16).astype(weight.dtype) for weight in network.get_weights()]
    )
