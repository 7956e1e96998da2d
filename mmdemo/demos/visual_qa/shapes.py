"""One shape in a picture, easy-VQA: trained and measured. Importing this module imports Keras."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from mmdemo.core.data import foreign
from mmdemo.core.measure.report import Result, abroad, results_of
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train.batches import Shuffled
from mmdemo.core.train.experiment import Measured
from mmdemo.core.train.fit import Run

from . import data, infer, measure, questions
from .config import Config
from .data import Asked
from .learning import Learning, OfEasy, compile_loss, reader

TASK, ABROAD, PHOTOS = "shapes", "shapes_elsewhere", "photos"
TEST = "easy-VQA, official test part, 9,673 questions on 1,000 pictures"
ELSEWHERE, PICTURES = (
    "1,000 scenes by another painter, with other sizes, tints and grounds, asked in free words",
    1_000,
)
KINDS = (
    "116 photos of people in COCO, and the same 1,000 scenes, told by whether four in five of "
    "their points have a scene's colours"
)
QUESTIONS = 5
"""Of each sort, about each scene from elsewhere."""
HIDDEN, HIDDEN_EPOCHS, HIDDEN_BATCH, HIDDEN_RATE = 128, 4, 256, 1e-3
"""Of the layer that is tried behind the chapter's network."""


class OneShape(Learning):
    """A preset that answers questions about one shape."""

    def __init__(self, run: Run, config: Config) -> None:
        super().__init__(run, config)
        self.known = data.easy("train")
        self.test = data.easy("test")

    def batches(self) -> OfEasy:
        return OfEasy(self.known, self.config.training, self.run.seed)

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Right answers on the official test part and on scenes from elsewhere."""
        preset, seed = self.run.preset, self.run.seed
        read = reader(network, "shapes")
        said = measure.at_home(preset, read, self.known, self.test, seed)
        if self.config.network.network == "vgg":
            said["hidden"] = self._hidden(network)
            said["added"] = measure.added(
                self.known, measure.contents(self.known), self.test, measure.contents(self.test)
            )
        results = measure.results(TASK, "shapes", said, self.test, TEST)
        pictures, made = data.strange_shapes(PICTURES, seed)
        strange = data.put(pictures, made, "shapes", np.random.default_rng(seed), QUESTIONS)
        said = measure.elsewhere(preset, read, self.known, strange, "shapes", seed)
        results += abroad(measure.results(ABROAD, "shapes", said, strange, ELSEWHERE))
        results += abroad(_photos(preset, pictures))
        return Measured(results, {infer.BLIND: measure.shares(self.known, "shapes")})

    def _hidden(self, network: keras.Model) -> np.ndarray:
        """What the same network answers with one more layer, which alone is trained."""
        side_by_side = network.get_layer("side_by_side").output
        parts = compile_call(keras.Model(network.inputs, side_by_side))
        distinct = list(questions.KNOWN["shapes"])
        width = self.config.network.question
        blank = np.zeros((1, *self.known.pictures.shape[1:]), np.float32)
        asked = parts(blank, questions.numbers(distinct, "shapes")[None])[:, :width]
        place = {text: number for number, text in enumerate(distinct)}

        def seen(pictures: np.ndarray) -> np.ndarray:
            one = questions.numbers(distinct[:1], "shapes")[None]
            chunks = np.array_split(pictures, -(-len(pictures) // 50))
            found = [
                parts(chunk.astype(np.float32) / 255, np.repeat(one, len(chunk), axis=0))
                for chunk in chunks
            ]
            return np.concatenate(found)[:, width:]

        def joined(of: Asked, maps: np.ndarray, rows: np.ndarray) -> np.ndarray:
            texts = [place[of.questions[row]] for row in rows]
            return np.concatenate([asked[texts], maps[of.rows[rows]]], axis=1)

        keras.utils.set_random_seed(self.run.seed)
        head = keras.Sequential(
            [
                keras.Input((side_by_side.shape[-1],)),
                keras.layers.Dense(HIDDEN, activation="relu"),
                keras.layers.Dense(self.config.network.answers, activation="softmax"),
            ],
            name="head",
        )
        maps = seen(self.known.pictures)
        batches = Shuffled(
            len(self.known.answers),
            HIDDEN_BATCH,
            lambda rows: (joined(self.known, maps, rows), self.known.answers[rows]),
            self.run.seed,
        )
        compile_loss(head, HIDDEN_RATE, HIDDEN_EPOCHS * len(batches))
        self.fit(head, batches, "hidden", epochs=HIDDEN_EPOCHS, shuffle=False)
        maps = seen(self.test.pictures)
        rows = np.array_split(np.arange(len(self.test.answers)), -(-len(self.test.answers) // 500))
        call = compile_call(head)
        return np.concatenate([call(joined(self.test, maps, each)).argmax(axis=1) for each in rows])


def _photos(preset: str, scenes: np.ndarray) -> list[Result]:
    photos = foreign.everyday("test")
    figures = {
        "foreign_told": measure.told(photos, "shapes"),
        "known_told": measure.told(scenes, "shapes"),
    }
    return results_of(PHOTOS, {preset: figures}, KINDS, len(photos))
