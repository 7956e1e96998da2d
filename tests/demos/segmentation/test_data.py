"""One's own data and what is said of its mistakes; crops; drawn fields."""

from __future__ import annotations

import numpy as np

from mmdemo.core.data import drawn_nuclei as drawn
from mmdemo.core.data import outlined
from mmdemo.demos.segmentation import altered, config, data, kinds


def test_the_public_streets_have_their_parts(needs_data):
    needs_data("camvid")
    test = data.street("test")
    assert len(test) == 233 and len(test.names) == 11
    assert {labels.shape for labels in test.labels} == {(360, 480)}
    shares = np.bincount(np.concatenate([each.ravel() for each in test.labels]), minlength=256)
    assert shares[11:].sum() == shares[outlined.VOID] > 0
    assert shares[test.names.index("road")] > 100 * shares[test.names.index("bicyclist")] > 0


def test_the_public_pets_have_their_parts(needs_data):
    needs_data("pets_sample")
    parts = [data.pets(part) for part in ("train", "val", "test")]
    assert sum(map(len, parts)) == len({file for part in parts for file in part.files}) == 540
    for part in parts:
        assert len({file.rpartition("_")[0] for file in part.files}) == 3
        assert {int(value) for each in part.labels for value in np.unique(each)} == {0, 1, 2}


def test_grabcut_finds_what_differs_from_the_edge():
    image = np.full((80, 100, 3), (30, 90, 40), np.uint8)
    image[20:60, 30:70] = (200, 60, 50)
    found = kinds.grabcut(image)
    assert not found[22:58, 32:68].any() and found[:10].all()
    assert kinds.grabcut(np.full((3, 200, 3), 9, np.uint8)).shape == (3, 200)


def test_kinds_go_where_their_picture_goes():
    """Crops keep above and below, and nothing is asked of what lies beside the picture."""
    labels = np.zeros((100, 140), np.int32)
    labels[50:] = 3
    pictures = outlined.Pictures(
        [np.repeat((80 * labels)[..., None], 3, 2).astype(np.uint8)],
        [labels],
        [],
        ["a"],
        ("a",) * 4,
    )
    batches = altered.Altered(pictures, config.STREET, seed=0)
    pixels, wanted = batches[0]
    assert wanted.shape == (6, 288, 288, 1) and set(np.unique(wanted)) == {0, 3, outlined.VOID}
    for crop, map_ in zip(pixels, wanted[..., 0], strict=True):
        known = map_ != outlined.VOID
        bright = crop.mean(axis=2) > (crop.min() + crop.max()) / 2
        assert (bright == (map_ == 3))[known].mean() > 0.95
        rows = np.nonzero(map_ == 3)[0].mean(), np.nonzero(map_ == 0)[0].mean()
        assert rows[0] > rows[1]


def test_maps_go_where_their_picture_goes():
    """What glows in an altered crop is what its map says is inside."""
    image, labels = drawn.field("fluorescence", 30, 3)
    pictures = outlined.Pictures(
        [np.where(labels[..., None] > 0, 255, image // 9)], [labels], [], ["a"]
    )
    pictures.images[0] = pictures.images[0].astype(np.uint8)
    batches = altered.Altered(pictures, config.DEFAULT, seed=0)
    pixels, wanted = batches[0]
    assert pixels.shape == (8, 160, 160, 3) and wanted.shape == (8, 160, 160, 3)
    for crop, maps in zip(pixels, wanted, strict=True):
        bright = crop.mean(axis=2) > (crop.min() + crop.max()) / 2
        assert (bright == (maps[..., 0] > 0.5)).mean() > 0.95
    again, _ = altered.Altered(pictures, config.DEFAULT, seed=0)[0]
    assert (again == pixels).all()
