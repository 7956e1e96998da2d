"""Finding and cropping faces in a photo that scikit-image ships."""

import dataclasses
import io

import cv2
import numpy as np
import pytest
from PIL import Image

from mmdemo.core.media.image import open_image
from mmdemo.demos.siamese_face import faces

from . import drawing

CENTRE, SIDE = np.array([225.0, 114.0]), 98.0
"""Of the astronaut's face in the photo."""


def only(image: np.ndarray) -> faces.Face:
    found = faces.find(image)
    assert len(found) == 1
    assert found[0].crop.shape == (faces.HEIGHT, faces.WIDTH)
    assert found[0].crop.dtype == np.uint8
    assert found[0].score >= faces.SURE
    return found[0]


def centre_of(face: faces.Face) -> np.ndarray:
    left, top, side = face.box
    return np.array([left + side / 2, top + side / 2])


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def frame_geometry(crops: np.ndarray) -> tuple[faces.Geometry, float]:
    """Where the detector sees the face in frames that were cropped by someone else.

    Args:
        crops: uint8 `(N, faces.HEIGHT, faces.WIDTH)`.

    Returns:
        The median geometry, and the share of frames in which a face was found.

    Raises:
        ValueError: no face was found in any frame.
    """
    boxes = []
    for crop in crops:
        upright = [face for face in faces.find(crop) if abs(face.tilt) < 45]
        if upright:
            boxes.append(max(upright, key=lambda face: face.box[2]).box)
    if not boxes:
        raise ValueError("no face was found in any frame")
    left, top, side = np.array(boxes).T
    geometry = faces.Geometry(
        width=float(np.median(faces.WIDTH / side)),
        right=float(np.median((faces.WIDTH / 2 - left) / side - 0.5)),
        down=float(np.median((faces.HEIGHT / 2 - top) / side - 0.5)),
    )
    return geometry, len(boxes) / len(crops)


@pytest.mark.parametrize("scale", [0.15, 0.5, 1.0, 3.0])
def test_the_same_crop_at_every_scale(astronaut, scale):
    resized = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    face = only(resized)
    assert centre_of(face) == pytest.approx(CENTRE * scale, abs=6 * scale)
    assert face.box[2] == pytest.approx(SIDE * scale, rel=0.1)
    assert likeness(face.crop, only(astronaut).crop) > 0.9


@pytest.mark.parametrize("angle", [-45, -20, 20, 45, 90, 180])
def test_a_turned_face_is_cropped_upright(astronaut, angle):
    matrix = cv2.getRotationMatrix2D((256, 256), angle, 1)
    turned = cv2.warpAffine(astronaut, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    face = only(turned)
    assert centre_of(face) == pytest.approx(matrix @ (*CENTRE, 1), abs=12)
    assert abs((face.tilt + angle + 180) % 360 - 180) < 15
    assert likeness(face.crop, only(astronaut).crop) > 0.6


def test_exif_rotation(astronaut):
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees
    Image.fromarray(np.rot90(astronaut).copy()).save(buffer, "JPEG", exif=exif)
    face = only(open_image(buffer.getvalue()))
    assert centre_of(face) == pytest.approx(CENTRE, abs=6)
    assert abs(face.tilt) < 15


def test_several_faces_stand_from_left_to_right(astronaut):
    found = faces.find(np.concatenate([astronaut, astronaut[:, ::-1]], axis=1))
    assert len(found) == 2
    assert centre_of(found[0]) == pytest.approx(CENTRE, abs=8)
    assert centre_of(found[1]) == pytest.approx((1024 - CENTRE[0], CENTRE[1]), abs=8)


def test_a_face_that_fills_the_picture_is_found(astronaut):
    assert only(astronaut[55:175, 175:275]).box[2] == pytest.approx(SIDE, rel=0.12)


@pytest.mark.parametrize(
    "image",
    [
        np.full((300, 300, 3), 128, np.uint8),
        np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((2, 2000, 3), np.uint8),
        np.zeros((40, 40), np.uint8),
    ],
    ids=["blank", "noise", "one pixel", "sliver", "grey"],
)
def test_no_face(image):
    assert faces.find(image) == []


def test_whole_image():
    crop = np.arange(112 * 92, dtype=np.uint32).reshape(112, 92).astype(np.uint8)
    assert np.array_equal(faces.whole_image(crop), crop)
    wide = np.zeros((112, 292, 3), np.uint8)
    wide[:, 100:192] = 200
    assert (faces.whole_image(wide) == 200).all()
    for shape in ((1, 1), (500, 3), (3, 500), (224, 184)):
        assert faces.whole_image(np.zeros(shape, np.uint8)).shape == (112, 92)


def test_scale():
    scaled = faces.scale(np.full((112, 92), 51, np.uint8), 56, 46)
    assert scaled.shape == (56, 46)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, 0.2, atol=1e-6)


def test_geometry_round_trip():
    assert faces.Geometry(**dataclasses.asdict(faces.ORL)) == faces.ORL


def test_measure_refuses_frames_without_faces():
    with pytest.raises(ValueError, match="no face"):
        frame_geometry(np.zeros((2, 112, 92), np.uint8))


def test_orl_geometry_is_what_is_measured(needs_data):
    needs_data("orl_faces")
    files = sorted(needs_data("orl_faces").glob("s*/[37].pgm"))
    geometry, share = frame_geometry(np.stack([open_image(file)[..., 0] for file in files]))
    assert share > 0.97
    for name, value in dataclasses.asdict(faces.ORL).items():
        assert getattr(geometry, name) == pytest.approx(value, abs=0.03)


def test_generated_people_are_no_photos():
    """They are for training code; nothing here depends on finding faces in them."""
    assert drawing.people(2, 2).images.shape == (4, faces.HEIGHT, faces.WIDTH)
