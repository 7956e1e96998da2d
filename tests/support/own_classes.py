"""Examples to teach, and how well that goes: `python -m tests.support.own_classes`."""

from __future__ import annotations

import time

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from mmdemo.core.data import examples, photos
from mmdemo.core.demo import ModelId
from mmdemo.core.media.image import open_image

SHAPES = ("rings", "stripes", "blocks")
PHOTOS = {"coffee": "coffee.png", "cat": "chelsea.png", "rocket": "rocket.jpg"}
SOUNDS = ("whistle", "knocks", "rain")
PICTURES, VOICES = ModelId.parse("image_classifier/default"), ModelId.parse("siamese_audio/default")
TAUGHT, ASKED = 20, 50
"""Examples of each class."""


def shape(kind: str, rng: np.random.Generator) -> np.ndarray:
    """A drawing on noise, of any colours and size: uint8 `(height, width, 3)`."""
    width, height = (int(side) for side in rng.integers(160, 320, 2))
    ground = rng.integers(0, 256, 3) + rng.normal(0, 25, (height, width, 3))
    picture = Image.fromarray(ground.clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(2, 6))):
        x, y = rng.uniform(0.2, 0.8, 2) * (width, height)
        size, colour = rng.uniform(20, 60), tuple(int(c) for c in rng.integers(0, 256, 3))
        box = (x - size, y - size, x + size, y + size)
        if kind == "rings":
            draw.ellipse(box, outline=colour, width=int(rng.integers(4, 12)))
        elif kind == "blocks":
            draw.rectangle(box, fill=colour)
        else:
            turn = rng.uniform(0, np.pi)
            across = np.array([np.cos(turn), np.sin(turn)]) * 400
            for shift in range(-3, 4):
                middle = (
                    np.array([x, y]) + shift * size / 2 * np.array([-across[1], across[0]]) / 400
                )
                ends = np.concatenate([middle - across, middle + across])
                draw.line(tuple(ends), fill=colour, width=int(size / 6))
    return np.asarray(picture)


def crop(kind: str, rng: np.random.Generator) -> np.ndarray:
    """A part of a photo that comes with scikit-image, perhaps mirrored, of another brightness."""
    photo = open_image(examples.scikit_image(PHOTOS[kind]))
    side = int(rng.integers(120, 300))
    part = photos.cut(photo, photos.random_window(0.15, rng), side)
    if rng.random() < 0.5:
        part = np.asarray(ImageOps.mirror(Image.fromarray(part)))
    return (part * rng.uniform(0.5, 1.2)).clip(0, 255).astype(np.uint8)


def sound(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Three seconds at 16 kHz, float32."""
    count = 48_000
    at = np.arange(count) / 16_000
    if kind == "whistle":
        turns = rng.uniform(600, 2000) * at + rng.uniform(5, 60) * np.sin(rng.uniform(2, 20) * at)
        made = np.sin(2 * np.pi * turns) * np.minimum(1, 3 * at)
    elif kind == "knocks":
        made = np.zeros(count)
        for start in rng.uniform(0, 2.8, int(rng.integers(3, 9))):
            after = np.maximum(at - start, 0)
            fading = np.exp(-after * rng.uniform(20, 60)) * (at >= start)
            made += fading * np.sin(2 * np.pi * rng.uniform(80, 400) * after)
    else:
        drops = np.where(rng.random(count) < rng.uniform(0.002, 0.02), rng.normal(0, 4, count), 0)
        made = rng.normal(0, 0.3, count) + drops
    made += rng.normal(0, 10 ** rng.uniform(-3, -1.5), count)
    return (made / np.abs(made).max() * rng.uniform(0.1, 0.9)).astype(np.float32)


def sets(name: str) -> tuple[ModelId, tuple[str, ...], list[list[np.ndarray]]]:
    """Network, classes, and 70 examples of each as the network takes them.

    Args:
        name: `shapes`, `photos` or `sounds`.
    """
    from mmdemo.demos.siamese_audio import config, features

    rng = np.random.default_rng(20)
    kinds = {"shapes": SHAPES, "photos": tuple(PHOTOS), "sounds": SOUNDS}[name]
    make = {"shapes": shape, "photos": crop, "sounds": sound}[name]
    made = [[make(kind, rng) for _ in range(TAUGHT + ASKED)] for kind in kinds]
    if name == "sounds":
        made = [[features.clips(one, config.DEFAULT.input)[0] for one in each] for each in made]
    return (VOICES if name == "sounds" else PICTURES), kinds, made


def main() -> None:
    """Print a row per set: seconds, accuracies on unseen examples, and differences of the files."""
    import tempfile
    from pathlib import Path

    import keras
    import onnxruntime
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from mmdemo.core.nets import taught
    from mmdemo.core.train import head

    for name in ("shapes", "photos", "sounds"):
        model_id, kinds, made = sets(name)
        taught.length(model_id)  # the network is in memory
        labels = np.repeat(np.arange(3), TAUGHT)
        begun = time.perf_counter()
        features = taught.embed(model_id, [one for each in made for one in each[:TAUGHT]])
        embedded = time.perf_counter()
        trained = head.fitted(features, labels, 3)
        usable = time.perf_counter()
        parts = head.folds(labels, range(len(labels)))
        assert parts is not None
        *_parts, said = head.held_out(features, labels, 3, parts)
        asked = [one for each in made for one in each[TAUGHT:]]
        truth = np.repeat(np.arange(3), ASKED)
        unseen = taught.embed(model_id, asked)
        page = trained.probabilities(unseen)
        peer = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        peer.fit(features, labels)
        print(
            f"{name}: embedded {embedded - begun:.1f} s, trained {usable - embedded:.2f} s; "
            f"{len(labels)} held out in turn: {(said == labels).mean():.3f}; {len(truth)} unseen: "
            f"{(page.argmax(axis=1) == truth).mean():.3f}, scikit-learn's logistic regression "
            f"{peer.score(unseen, truth):.3f}"
        )
        fifty = range(0, len(asked), 3)
        for kind in taught.FILES:
            begun = time.perf_counter()
            content = taught.export(model_id, trained, kinds, kind)
            seconds = time.perf_counter() - begun
            if kind == ".onnx":
                session = onnxruntime.InferenceSession(content)
                (given,) = session.get_inputs()
                ask = lambda one: session.run(None, {given.name: one})[0]  # noqa: E731, B023
            else:
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder) / "taught.keras"
                    path.write_bytes(content)
                    network = keras.saving.load_model(path)
                ask = lambda one: keras.ops.convert_to_numpy(network(one))  # noqa: E731, B023
            away = [abs(ask(asked[i][None].astype(np.float32))[0] - page[i]).max() for i in fifty]
            print(
                f"  {kind}: {len(content) / 1e6:.1f} MB in {seconds:.1f} s, largest difference on "
                f"{len(away)} inputs {max(away):.1e}"
            )


if __name__ == "__main__":
    main()
