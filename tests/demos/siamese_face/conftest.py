"""Generated people and photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.data import examples
from mmdemo.demos.siamese_face import data

from . import drawing


@pytest.fixture(scope="session")
def people() -> data.People:
    """Twelve drawn people of five photos each."""
    return drawing.people(12, photos=5)


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """A photo with one face at about (176, 65), 98 pixels wide; uint8 `(512, 512, 3)`."""
    return np.asarray(Image.open(examples.scikit_image("astronaut.png")).convert("RGB"))


@pytest.fixture
def own_data(tmp_path: Path, people: data.People) -> Path:
    """A folder as `train --data` takes it: drawn people, cropped as ORL's are."""
    root = tmp_path / "people"
    for index, (image, label) in enumerate(zip(people.images, people.labels, strict=True)):
        folder = root / f"p{label + 1}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{index}.png")
    return root
