"""Networks that compare and name samples by the distances between their embeddings.

One example enrols a name. What demos of this kind answer alike stands here, whatever their samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from mmdemo.core.demo import Demo
from mmdemo.core.errors import UserError, naming
from mmdemo.core.language import _
from mmdemo.core.measure import decisions
from mmdemo.core.measure.decisions import Decision, Match
from mmdemo.core.serve import runtime
from mmdemo.core.serve.runtime import Loaded
from mmdemo.core.weights import artifacts

S = TypeVar("S")


@dataclass(frozen=True)
class OneShot(Generic[S]):
    """The networks of a demo that embeds samples.

    Every method that runs a network raises a `UserError` where there is no such preset or a sample
    cannot be used, and a `WeightsError` where the weights are missing or corrupted.

    Attributes:
        demo: whose networks these are.
        embeddings: of samples under a network, `(n, dimensions)` float32.
        read: a file as a sample; raises a `UserError` that need not name the file.
        wanted: what `predict` asks for in place of what it was given.
    """

    demo: Demo
    embeddings: Callable[[Loaded, Sequence[S]], np.ndarray]
    read: Callable[[Path], S]
    wanted: str

    def dimensions(self) -> dict[str, int]:
        """Length of an embedding, per preset; read without Keras."""
        return {known.name: artifacts.output_length(known) for known in self.demo.model_ids}

    def network(self, preset: str) -> Loaded:
        """A preset's network with what is stored beside it."""
        return runtime.model(self.demo.model_id(preset))

    def curve(self, preset: str) -> dict[str, list[float]]:
        """The error rates of a preset on held-out pairs: `thresholds`, `far` and `frr` at each."""
        curve: dict[str, list[float]] = self.network(preset).preprocess["curve"]
        return curve

    def embed(self, sample: S, preset: str = "default") -> np.ndarray:
        """Embedding `(d,)` of a sample, float32."""
        return self.embeddings(self.network(preset), [sample])[0]

    def embed_all(self, sample: S) -> dict[str, np.ndarray]:
        """Embedding of a sample under every preset."""
        return {known.name: self.embed(sample, known.name) for known in self.demo.model_ids}

    def embed_mean(self, samples: Sequence[S]) -> dict[str, np.ndarray]:
        """Mean embedding of several samples of one person or kind under every preset, `(d,)` each.

        It is as long as they are on average, so that a mean of unit vectors is one, too.
        """
        means = {}
        for known in self.demo.model_ids:
            vectors = self.embeddings(self.network(known.name), samples)
            mean, length = vectors.mean(axis=0), np.linalg.norm(vectors, axis=1).mean()
            means[known.name] = mean * (length / max(float(np.linalg.norm(mean)), 1e-9))
        return means

    def verify(
        self, sample_a: S, sample_b: S, preset: str = "default", threshold: float | None = None
    ) -> Decision:
        """Are two samples of one person or kind?

        Args:
            sample_a, sample_b: to compare.
            preset: `default` or `book`.
            threshold: distance up to which they count as the same; by default that at which the
                false accept and false reject rates on held-out pairs are equal.
        """
        network = self.network(preset)
        vector_a, vector_b = self.embeddings(network, [sample_a, sample_b])
        return decisions.decide(vector_a, vector_b, network.preprocess, threshold)

    def identify(
        self,
        vector: np.ndarray,
        matrix: np.ndarray,
        names: Sequence[str],
        preset: str = "default",
    ) -> list[Match]:
        """The enrolled names, the nearest to an embedding first.

        Args:
            vector: `(d,)`, from `embed`.
            matrix: `(n, d)` embeddings of the enrolled examples under the same preset.
            names: of the n examples; a name may stand several times and counts by its nearest.
            preset: `default` or `book`.

        Raises:
            UserError: also where nothing is enrolled, or it was with another network.
        """
        return decisions.rank(vector, matrix, names, self.network(preset).preprocess)

    def predict(
        self,
        paths: Sequence[Path],
        preset: str,
        compare: Callable[[S, S, str], Mapping[str, Any]],
    ) -> dict[str, Any]:
        """The command line's answer: compares two files, or names files by a folder of examples.

        Args:
            paths: two files; or a folder with a file or a sub-folder of files per name, then files.
            preset: `default` or `book`.
            compare: what is answered of two samples under a preset.

        Raises:
            UserError: other paths than these, or a file that cannot be used; names it.
        """
        if len(paths) >= 2 and paths[0].is_dir():
            return self._predict_names(paths[0], paths[1:], self.network(preset))
        if len(paths) != 2:
            raise UserError(self.wanted)
        answer = compare(self._read(paths[0]), self._read(paths[1]), preset)
        return {"task": "verify", "files": [str(path) for path in paths], **answer}

    def _predict_names(
        self, folder: Path, queries: Sequence[Path], network: Loaded
    ) -> dict[str, Any]:
        names, files = zip(*enrolled_files(folder), strict=True)
        enrolled = self.embeddings(network, [self._read(file) for file in files])
        threshold = float(network.preprocess["threshold"])
        answers = []
        for query in queries:
            vector = self.embeddings(network, [self._read(query)])[0]
            matches = decisions.rank(vector, enrolled, names, network.preprocess)
            answers.append(
                {
                    "file": str(query),
                    "name": matches[0].name if matches[0].distance <= threshold else None,
                    "candidates": [match.to_dict() for match in matches],
                }
            )
        return {"task": "identify", "threshold": threshold, "answers": answers}

    def _read(self, file: Path) -> S:
        with naming(file):
            return self.read(file)


def enrolled_files(folder: Path) -> list[tuple[str, Path]]:
    """Name and file of each example in a folder: a file per name, or a sub-folder of files.

    Raises:
        UserError: there is none.
    """
    files: list[tuple[str, Path]] = []
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            files += [(entry.name, file) for file in sorted(entry.iterdir()) if file.is_file()]
        elif not entry.name.startswith("."):
            files.append((entry.stem, entry))
    if not files:
        raise UserError(_("The folder {folder} holds no examples to enrol.").format(folder=folder))
    return files
