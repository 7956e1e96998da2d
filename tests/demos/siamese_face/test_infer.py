"""With the weights that are shipped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.errors import UserError
from mmdemo.core.serve import runtime
from mmdemo.demos.siamese_face import DEMO, infer

from . import drawing

PRESETS = pytest.mark.parametrize("preset", ["default", "book"])

# The five largest numbers of the embedding of FACE, by their index. They change when the shipped
# weights are trained again, and never otherwise.
GOLDEN: dict[str, dict[int, float]] = {
    "default": {19: 0.1875, 38: 0.15146, 102: 0.15313, 103: 0.17422, 115: 0.17115},
    "book": {14: 0.35456, 22: 0.70314, 25: 0.99762, 27: 0.68037, 45: 0.0},
}
FACE = drawing.draw_face(np.linspace(0.2, 0.9, 8))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, astronaut) -> Path:
    root = tmp_path_factory.mktemp("photos")
    Image.fromarray(astronaut).save(root / "astronaut.png")
    Image.fromarray(astronaut[:, ::-1]).resize((300, 300)).save(root / "again.jpg")
    Image.fromarray(np.full((99, 99), 128, np.uint8)).save(root / "blank.png")
    Image.fromarray(FACE).save(root / "crop.png")
    enrolled = root / "enrolled"
    (enrolled / "drawn").mkdir(parents=True)
    Image.fromarray(FACE).save(enrolled / "drawn" / "1.png")
    Image.fromarray(astronaut).save(enrolled / "astronaut.png")
    return root


@PRESETS
def test_golden_embedding(preset):
    vector = infer.embed(FACE, preset)
    assert vector.dtype == np.float32
    assert vector.shape == (infer.dimensions()[preset],)
    indices = list(GOLDEN[preset])
    assert np.sort(np.argsort(vector)[-5:]).tolist() == indices
    np.testing.assert_allclose(vector[indices], list(GOLDEN[preset].values()), atol=2e-4)


def test_embed_all_agrees(astronaut):
    crop = infer.crop(astronaut)
    vectors = infer.embed_all(crop)
    assert list(vectors) == ["default", "book"]
    for preset, vector in vectors.items():
        np.testing.assert_allclose(vector, infer.embed(crop, preset), atol=1e-6)


@PRESETS
def test_a_photo_is_the_same_as_itself(astronaut, preset):
    found = infer.verify(astronaut, astronaut, preset)
    assert found.distance == pytest.approx(0, abs=1e-5)
    assert found.same
    # BOOK is seldom sure abroad, where its probability comes from.
    assert found.probability > (0.9 if preset == "default" else 0.7)
    assert found.box_a == found.box_b
    assert json.loads(json.dumps(found.to_dict()))["same"] is True


@PRESETS
def test_verify_is_symmetric_and_follows_the_threshold(astronaut, preset):
    drawn = np.kron(FACE, np.ones((2, 2), np.uint8))
    forth = infer.verify(astronaut, drawn, preset, use_whole_image=True)
    back = infer.verify(drawn, astronaut, preset, use_whole_image=True)
    assert forth.distance == pytest.approx(back.distance, abs=1e-6)
    assert forth.box_a is None
    rates = [
        infer.verify(astronaut, drawn, preset, use_whole_image=True, threshold=t)
        for t in (0.0, forth.distance, 99.0)
    ]
    assert [r.same for r in rates] == [False, True, True]
    assert rates[0].far <= rates[1].far <= rates[2].far == 1.0
    assert rates[0].frr >= rates[1].frr >= rates[2].frr == 0.0


@PRESETS
def test_stored_threshold_is_where_the_held_out_errors_are_equal(astronaut, preset):
    found = infer.verify(astronaut, astronaut, preset)
    assert found.far == pytest.approx(found.frr, abs=0.02)
    assert 0.3 < runtime.model(DEMO.model_id(preset)).preprocess["threshold"] < 2


def test_default_knows_a_changed_photo_from_another_person(astronaut):
    changed = np.clip(astronaut[:, ::-1] * 0.7 + 10, 0, 255).astype(np.uint8)
    assert infer.verify(astronaut, changed).same
    assert not infer.verify(astronaut, FACE, use_whole_image=True).same


def test_no_face_and_too_few_faces(astronaut):
    blank = np.full((99, 99, 3), 128, np.uint8)
    with pytest.raises(UserError, match="No face was found"):
        infer.crop(blank)
    assert infer.crop(blank, use_whole_image=True).shape == (112, 92)
    with pytest.raises(UserError, match="shows 1 face; face 2 was asked for"):
        infer.verify(astronaut, astronaut, face_b=1)
    with pytest.raises(UserError, match="nothing"):
        infer.embed(FACE, "nothing")


def test_identify(astronaut):
    people = drawing.people(4, 2)
    vectors = np.stack([infer.embed(image) for image in people.images])
    names = [f"p{label}" for label in people.labels]
    matches = infer.identify(vectors[3], vectors, names)
    assert matches[0].name == "p1"
    assert matches[0].distance == pytest.approx(0, abs=1e-5)
    assert len(matches) == 4
    assert sorted(match.distance for match in matches) == [m.distance for m in matches]
    with pytest.raises(UserError, match="Nothing is enrolled"):
        infer.identify(vectors[0], np.zeros((0, vectors.shape[1])), [])
    with pytest.raises(UserError, match="another network"):
        infer.identify(vectors[0], vectors[:, :7], names)


def test_predict_two_photos(folder):
    answer = infer.predict([folder / "astronaut.png", folder / "again.jpg"])
    assert answer["task"] == "verify"
    assert answer["same"] is True
    json.dumps(answer)


def test_predict_names(folder):
    answer = infer.predict([folder / "enrolled", folder / "again.jpg", folder / "crop.png"])
    assert [a["candidates"][0]["name"] for a in answer["answers"]] == ["astronaut", "drawn"]
    json.dumps(answer)


def test_predict_refuses(folder):
    with pytest.raises(UserError, match="two photos"):
        infer.predict([folder / "crop.png"])
    with pytest.raises(UserError, match=r"blank\.png: No face"):
        infer.predict([folder / "blank.png", folder / "crop.png"])
    (folder / "empty").mkdir()
    with pytest.raises(UserError, match="no examples"):
        infer.predict([folder / "empty", folder / "crop.png"])


def test_importing_loads_no_keras():
    code = (
        "import sys, mmdemo.demos.siamese_face.infer; "
        "sys.exit(any(m in sys.modules for m in ('keras', 'tensorflow', 'gradio')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_orl_files_are_found_and_told_apart(needs_data):
    root = needs_data("orl_faces")
    crops = [Image.open(root / f"s{p}" / f"{i}.pgm") for p in (1, 2) for i in (1, 2)]
    first, again, other, _ = (np.asarray(crop) for crop in crops)
    assert infer.verify(first, again).same
    assert not infer.verify(first, other).same
