"""The set's people, parts and pairs, on a small one of the same layout; figures abroad."""

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.data import datasets
from mmdemo.demos.siamese_face import abroad, faces, measure, wild
from mmdemo.demos.siamese_face.config import TINY

from . import drawing

PEOPLE = [f"Person_{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWX"]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """24 drawn people of two photos; 20 to develop on, 4 to test on."""
    root = tmp_path_factory.mktemp("data")
    folder = root / "lfw_faces"
    drawn = drawing.people(len(PEOPLE), 2)
    for row, image in enumerate(drawn.images):
        name = PEOPLE[drawn.labels[row]]
        (folder / "faces" / name).mkdir(parents=True, exist_ok=True)
        photo = np.full((112, 112), 90, np.uint8)
        photo[:, 10:102] = image
        Image.fromarray(photo).save(folder / "faces" / name / f"{name}_{row % 2 + 1:04d}.png")
    known, tested = PEOPLE[:20], PEOPLE[20:]
    lines = {
        "peopleDevTrain.txt": ["21", *(f"{name}\t2" for name in known), "Nobody_Here\t1"],
        "pairsDevTest.txt": [
            "3",
            *(f"{name}\t1\t2" for name in tested),
            f"{tested[0]}\t1\t7",
            *(f"{one}\t1\t{two}\t2" for one in tested for two in tested if one != two),
            f"{tested[0]}\t1\tNobody_Here\t1",
        ],
    }
    for name, text in lines.items():
        (folder / name).write_text("\n".join(text) + "\n")
    patch = pytest.MonkeyPatch()
    patch.setenv("MMDEMO_DATA", str(root))
    patch.setitem(
        datasets.REGISTRY,
        "lfw_faces",
        datasets.REGISTRY["lfw_faces"].__class__(
            **{**vars(datasets.REGISTRY["lfw_faces"]), "marker": "peopleDevTrain.txt"}
        ),
    )
    yield wild.Wild.read(root / "work")
    patch.undo()


def test_nobody_is_in_two_parts(small):
    known, held_out = small.known(), small.held_out()
    tested, first, second = small.tested()
    assert len(known.names) == 18
    assert held_out.names == (PEOPLE[0], PEOPLE[10])
    assert set(known.names) | set(held_out.names) == set(PEOPLE[:20])
    assert tested.names == tuple(PEOPLE[20:])
    assert small.everybody().names == tuple(PEOPLE)
    same = tested.labels[first] == tested.labels[second]
    assert same.tolist() == [True] * 4 + [False] * 12
    assert known.images.shape == (36, faces.HEIGHT, faces.WIDTH)


def test_faces_are_sought_once(small, monkeypatch):
    before = small.known().images

    def never(grey):
        raise AssertionError("sought again")

    monkeypatch.setattr(faces, "find", never)
    assert np.array_equal(small.known().images, before)


def test_the_face_in_the_middle_is_taken(astronaut):
    grey = astronaut[:, :, 0]
    middle = grey[10:230, 110:340]  # the face is in the middle
    assert wild._central(middle) is not None
    aside = grey[0:400, 0:400]
    assert wild._central(aside) is None
    assert wild._central(np.full((112, 112), 128, np.uint8)) is None


def test_figures_abroad(small, people, monkeypatch):
    monkeypatch.setattr(measure, "DRAWS", 20)
    elsewhere = abroad.Elsewhere.of(small, people)
    methods = measure.baselines(small.known(), TINY.input)
    curves = abroad.held_out_curves(elsewhere, methods)
    found = abroad.in_the_wild(elsewhere, methods, curves, "nobody")
    assert {r.method for r in found} == {"raw_pixels", "eigenfaces", "fisherfaces"}
    assert {r.metric for r in found} == {*measure.FIGURES, "accuracy", *_RATES}
    assert not any(r.foreign for r in found)
    studio = abroad.in_the_studio(elsewhere, {"raw_pixels": methods["raw_pixels"]}, curves)
    assert all(r.foreign for r in studio)
    assert {"false_accepts", "one_shot_3way", "eer"} <= {r.metric for r in studio}
    stored = abroad.calibrate(elsewhere, methods["raw_pixels"], ("wild", "studio"))
    assert stored["measured_on"] == ["wild", "studio"]
    curve = stored["curve"]
    far, frr = (
        np.interp(stored["threshold"], curve["thresholds"], curve[k]) for k in ("far", "frr")
    )
    assert far == pytest.approx(frr, abs=0.05)


_RATES = ("false_accepts", "false_accepts_said")
