"""How the networks and the baselines are measured, by the protocol that `train` describes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import keras
import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import Normalizer

from mmdemo.core.measure import metrics
from mmdemo.core.measure.pairs import Pairs, verification_results
from mmdemo.core.measure.report import Result
from mmdemo.core.nets.metric_learning import pairwise_distances

from . import data
from .config import Input

FRAMINGS = {
    "images": ("", "photos as the set frames them"),
    "detected": ("_found_faces", "each face found and cropped by the detector"),
}
"""Arrays of `data.People`: the suffix of the task, and a description."""
FIGURES = ("eer", "auc", "tar_at_far_1pct")
BATCH = 256
"""Faces that a network embeds at once."""
DRAWS = 1000
"""Of the bootstrap."""

Embed = Callable[[np.ndarray], np.ndarray]
"""uint8 crops `(N, h, w)` to vectors `(N, d)`."""
HeldOut = tuple[np.ndarray, np.ndarray]
"""The distances `(N, N)` of all photos of a fold, and their people `(N,)`."""


def embedder(network: keras.Model, size: Input) -> Embed:
    """A network as a function of crops."""

    def embed(crops: np.ndarray) -> np.ndarray:
        parts = np.split(crops, range(BATCH, len(crops), BATCH))
        vectors = [network(data.inputs(part, size), training=False) for part in parts]
        return np.concatenate([keras.ops.convert_to_numpy(part) for part in vectors])

    return embed


def baselines(people: data.People, size: Input) -> dict[str, Embed]:
    """Classical methods fitted on `people`, at the resolution of the networks."""

    def pixels(crops: np.ndarray) -> np.ndarray:
        return data.inputs(crops, size).reshape(len(crops), -1)

    known = pixels(people.images)
    components = min(100, len(known) - 1)
    eigenfaces = PCA(components, svd_solver=_solver(known)).fit(known)
    lda = fisherfaces(known, people.labels, components)
    return {
        "raw_pixels": pixels,
        "eigenfaces": lambda crops: eigenfaces.transform(pixels(crops)),
        "fisherfaces": lambda crops: Normalizer().transform(lda.transform(pixels(crops))),
    }


def fisherfaces(pixels: np.ndarray, labels: np.ndarray, components: int) -> Pipeline:
    """Whitened principal components and linear discriminants, fitted.

    Belhumeur et al. 1997, "Eigenfaces vs. Fisherfaces".

    Args:
        pixels: `(N, height * width)`.
        labels: `(N,)` people.
        components: at most so many.
    """
    components = min(components, len(pixels) - len(np.unique(labels)))
    whiten = PCA(components, whiten=True, svd_solver=_solver(pixels))
    return make_pipeline(whiten, LinearDiscriminantAnalysis()).fit(pixels, labels)


def cross_validate(
    people: data.People, size: Input, method: str, networks: Mapping[str, keras.Model]
) -> tuple[list[Result], Pairs]:
    """Figures of the folds' networks and of the baselines on people who were held out.

    Args:
        people: all.
        size: of the networks' input.
        method: what the networks are called.
        networks: one per fold of `data.folds`.

    Returns:
        The results, and the networks' own pairs of detected faces, pooled over the folds.
    """
    held_out: dict[tuple[str, str], list[HeldOut]] = defaultdict(list)
    for fold, (kept, held) in data.folds(len(people.names)).items():
        methods = baselines(people.of(kept), size) | {method: embedder(networks[fold], size)}
        tested = people.rows(held)
        for framing in FRAMINGS:
            for name, embed in methods.items():
                distances = pairwise_distances(embed(getattr(people, framing)[tested]))
                held_out[framing, name].append((distances, people.labels[tested]))
    results = []
    for (framing, name), folds in held_out.items():
        results += held_out_results(name, folds, framing)
    return results, reduce(Pairs.joined, map(pairs_of, held_out["detected", method]))


def held_out_results(
    method: str, held_out: Sequence[HeldOut], framing: str, known: str = ""
) -> list[Result]:
    """Figures of one method.

    Args:
        method: its name.
        held_out: one per fold.
        framing: of the photos: a key of `FRAMINGS`.
        known: what else the protocol's description says.
    """
    suffix, framed = FRAMINGS[framing]
    folds = [pairs_of(fold) for fold in held_out]
    genuine = sum(int(fold.same.sum()) for fold in folds)
    impostor = sum(len(fold.same) for fold in folds) - genuine
    split = (
        f"{len(folds)} folds of people, none both trained on and tested; all {genuine:,} genuine "
        f"and {impostor:,} impostor pairs within the held-out folds, averaged over the folds; "
        f"{framed}{known}"
    )
    results = verification_results(f"verification{suffix}", method, folds, split, FIGURES, DRAWS)

    ways = sorted({len(np.unique(labels)) for _, labels in held_out})
    hits = []  # of each person
    for distances, labels in held_out:
        of_photos = metrics.one_shot_hits(distances, labels)
        hits += [float(of_photos[labels == person].mean()) for person in np.unique(labels)]
    one_shot = Result(
        f"one_shot{suffix}",
        method,
        f"one_shot_{'_to_'.join(map(str, dict.fromkeys((ways[0], ways[-1]))))}way",
        float(np.mean(hits)),
        "the same folds: every choice of one enrolled photo for each person of the held-out "
        f"fold, all other photos there are named; {framed}{known}",
        sum(len(labels) for _, labels in held_out),
        metrics.bootstrap_ci(np.mean, hits, n=DRAWS),
    )
    return [*results, one_shot]


def pairs_of(fold: HeldOut) -> Pairs:
    """Every pair of a fold's photos."""
    distances, labels = fold
    return Pairs.within(distances, labels, groups=labels)


def _solver(pixels: np.ndarray) -> str:
    """The exact solver that is quick for many pictures, or for few."""
    return "covariance_eigh" if len(pixels) > pixels.shape[1] else "full"
