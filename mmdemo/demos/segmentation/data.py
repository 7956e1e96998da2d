"""The public set of street scenes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mmdemo.core.data import datasets
from mmdemo.core.data.outlined import VOID, Pictures, label_map
from mmdemo.core.media.image import open_image

from .words import STREET


def street(part: str) -> Pictures:
    """A part of the public set of street scenes: `train`, `val` or `test`.

    Raises:
        DataMissing: it is not in the data folder.
    """
    folder = datasets.path("camvid")
    known = [line.split() for line in (folder / "classes.txt").read_text("utf-8").splitlines()]
    names = tuple(STREET[name] for _, name in known if name in STREET)
    images, labels, files = [], [], []
    for line in (folder / f"{part}.txt").read_text(encoding="utf-8").splitlines():
        image, drawn = (folder.joinpath(*Path(each).parts[1:]) for each in line.split())
        values = label_map(drawn).astype(np.int32)
        images.append(open_image(image))
        labels.append(np.where(values < len(names), values, VOID))
        files.append(image.stem)
    return Pictures(images, labels, [], files, names)
