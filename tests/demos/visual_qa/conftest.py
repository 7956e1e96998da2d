"""Small networks of every preset, trained on scenes that the program draws."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.data import foreign
from mmdemo.core.serve import runtime
from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.visual_qa import DEMO, config, data, learning, measure, relations, scenes, shapes

SIX = {
    "side": config.RELATIONS.network.side,
    "words": config.RELATIONS.network.words,
    "answers": config.RELATIONS.network.answers,
    "task": "relations",
}
SMALL = {
    "shapes/default": config.TINY,
    "shapes/book": replace(config.TINY, network="vgg", filters=(2, 3, 4), blocks=0),
    "relations/default": replace(config.TINY, seeks=True, **SIX),
    "relations/relation": replace(
        config.TINY, network="relation", filters=(2, 3, 4, 4), blocks=0, **SIX
    ),
}


def easy(split: str) -> data.Asked:
    """Scenes as easy-VQA has them, all questions of each."""
    pictures = 8 if split == "train" else 6
    made = [scenes.random_scene("shapes", seed) for seed in range(pictures)]
    drawn = np.stack([scenes.draw(things, "shapes") for things in made])
    return data.put(drawn, made, "shapes", np.random.default_rng(0), 200)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory):
    """Weights of every preset: their `Run`s, by name."""
    root = tmp_path_factory.mktemp("visual_qa")
    patch = pytest.MonkeyPatch()
    patch.setenv("MMDEMO_WEIGHTS", str(root / "weights"))
    patch.setattr(config, "PRESETS", SMALL)
    patch.setattr(data, "easy", easy)
    patch.setattr(shapes, "PICTURES", 6)
    patch.setattr(shapes, "HIDDEN_EPOCHS", 1)
    patch.setattr(shapes, "HIDDEN_BATCH", 128)
    patch.setattr(relations, "KNOWN", 60)
    patch.setattr(relations, "TEST_PICTURES", 8)
    patch.setattr(relations, "STRANGE_PICTURES", 6)
    patch.setattr(foreign, "everyday", lambda part: np.random.default_rng(0).integers(
        0, 256, (3, 80, 80, 3)).astype(np.uint8))  # fmt: skip
    # Questions that those few scenes leave without an answer have one here.
    complete = measure.from_question

    def from_question(known: data.Asked) -> measure.Answerer:
        blind = complete(known)
        seen = set(known.questions)

        def answer(asked: data.Asked) -> np.ndarray:
            texts = tuple(text if text in seen else known.questions[0] for text in asked.questions)
            return blind(data.Asked(asked.pictures, asked.rows, texts, asked.answers))

        return answer

    patch.setattr(measure, "from_question", from_question)
    compile_loss = learning.compile_loss

    def eagerly(network, *others):  # a graph for two steps would take seconds
        compile_loss(network, *others)
        network.run_eagerly = True

    patch.setattr(learning, "compile_loss", eagerly)
    patch.setattr(shapes, "compile_loss", eagerly)
    runs = {}
    for model_id in DEMO.model_ids:
        run = Run(model_id, root / "weights" / str(model_id), root / "work")
        runs[model_id.name] = run
        experiment.train(run)
    runtime.cache.clear()
    yield runs
    runtime.cache.clear()
    patch.undo()
