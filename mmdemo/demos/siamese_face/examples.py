"""Example photos: those that scikit-image ships, and altered copies of them.

They are made once and kept in the user's cache; no data set is needed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from mmdemo.core.data import examples
from mmdemo.core.language import N_

FACES = (46, 49, 80)
"""Three people among the 25 x 25 pixel crops of scikit-image's LFW sample that enlarge well."""


def pairs() -> list[examples.Pair]:
    """What the page offers to compare; crops are used whole."""
    folder = examples.folder("siamese_face", _make)
    woman, man, other = (folder / f"face-{index}.png" for index in FACES)
    portrait, altered = folder / "astronaut.png", folder / "astronaut-altered.jpg"
    return [
        examples.Pair(N_("One person, mirrored, tilted and darker"), portrait, altered, (False,)),
        examples.Pair(N_("A woman and a man, tight crops"), woman, man, (True,)),
        examples.Pair(N_("Two men, tight crops"), man, other, (True,)),
    ]


def requests() -> tuple[examples.Request, ...]:
    """Two files to verify: what `bench` asks."""
    return (pairs()[0].request("siamese_face_verify", "photo_a", "photo_b"),)


def _make(folder: Path) -> None:
    portrait = Image.open(examples.scikit_image("astronaut.png")).convert("RGB")
    portrait = portrait.crop((90, 0, 390, 300))
    portrait.save(folder / "astronaut.png")
    altered = portrait.transpose(Image.Transpose.FLIP_LEFT_RIGHT).rotate(
        6, Image.Resampling.BICUBIC, fillcolor=(120, 120, 120)
    )
    altered = ImageEnhance.Brightness(altered).enhance(0.7).resize((420, 420))
    altered.save(folder / "astronaut-altered.jpg", quality=60)
    crops = np.load(examples.scikit_image("lfw_subset.npy"))
    for index in FACES:
        small = Image.fromarray((crops[index] * 255).astype(np.uint8))
        small.resize((184, 224), Image.Resampling.BICUBIC).save(folder / f"face-{index}.png")
