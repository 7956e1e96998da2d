"""core.nets.taught, plain and onnx_file: what is taken home answers what the page answers."""

from __future__ import annotations

import json
import zipfile

import keras
import numpy as np
import onnxruntime
import pytest
from keras import layers, ops
from PIL import Image

from mmdemo.core.nets import onnx_file, plain, taught
from mmdemo.core.train import head
from tests.support import own_classes


def examples(name):
    """Fifty inputs, some of them of odd sizes, and a head that was trained on some others."""
    rng = np.random.default_rng(7)
    if name == "sounds":
        kinds, model_id = own_classes.SOUNDS, own_classes.VOICES
        made = [own_classes.sound(kinds[i % 3], rng)[:40_640] for i in range(62)]
    else:
        kinds, model_id = own_classes.SHAPES, own_classes.PICTURES
        made = [own_classes.shape(kinds[i % 3], rng) for i in range(60)]
        made += [np.full((1, 1, 3), 9, np.uint8), made[0][:7, :200].copy()]
    features = taught.embed(model_id, made[:12])
    return model_id, kinds, made[12:], head.fitted(features, np.arange(12) % 3, 3)


@pytest.mark.parametrize("name", ["pictures", "sounds"])
def test_the_files_answer_what_the_page_answers(name, tmp_path):
    model_id, kinds, given, trained = examples(name)
    assert len(given) == 50
    page = trained.probabilities(taught.embed(model_id, given))
    assert page.argmax(axis=1).tolist().count(0) not in (0, 50)
    batches = [one[None].astype(np.float32) for one in given]

    content = taught.export(model_id, trained, kinds, ".onnx")
    session = onnxruntime.InferenceSession(content)
    said = session.get_modelmeta().custom_metadata_map["classes"]
    assert json.loads(said) == list(kinds)
    (field,) = session.get_inputs()
    onnx = np.stack([session.run(None, {field.name: batch})[0][0] for batch in batches])
    assert np.abs(onnx - page).max() < 1e-5

    path = tmp_path / "taught.keras"
    path.write_bytes(taught.export(model_id, trained, kinds, ".keras"))
    assert b"mmdemo" not in zipfile.ZipFile(path).read("config.json"), "Keras alone can load it"
    network = keras.saving.load_model(path)
    made = np.stack([ops.convert_to_numpy(network(batch))[0] for batch in batches])
    assert np.abs(made - page).max() < 1e-5


def test_another_head_changes_what_is_taken_home():
    model_id, kinds, given, trained = examples("sounds")
    taught.export(model_id, trained, kinds, ".onnx")
    other = head.Head(trained.kernel[:, ::-1].copy(), trained.bias[::-1].copy())
    session = onnxruntime.InferenceSession(taught.export(model_id, other, kinds, ".onnx"))
    made = session.run(None, {"sound": given[0][None]})[0][0]
    page = trained.probabilities(taught.embed(model_id, given[:1]))[0]
    np.testing.assert_allclose(made, page[::-1], atol=1e-5)


@pytest.mark.parametrize("size", [(200, 300), (300, 200), (1, 1), (40, 60), (1000, 90)])
def test_the_middle_square_is_scaled_as_pillow_does_it(size, generated):
    pixels = generated.pixels(*size)
    picture = keras.Input((None, None, 3))
    network = keras.Model(picture, plain.middle_square(picture, 80))
    made = ops.convert_to_numpy(network(pixels[None].astype(np.float32)))[0]
    height, width = size
    side = min(size)
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side)
    wanted = Image.fromarray(pixels).resize((80, 80), Image.Resampling.BILINEAR, box)
    # Pillow rounds twice, and looks at no pixel beyond the square.
    away = np.abs(made - np.asarray(wanted, np.float32))
    assert away[4:-4, 4:-4].max() < 4


def test_what_cannot_be_written_is_named():
    given = keras.Input((4, 2))
    with pytest.raises(ValueError, match="LSTM"):
        onnx_file.to_onnx(keras.Model(given, layers.LSTM(2)(given)))


def test_a_layer_of_ones_own_needs_a_stand_in():
    @keras.saving.register_keras_serializable(package="mmdemo-test")
    class Own(layers.Layer):
        def call(self, x):
            return x + 1

    given = keras.Input((3,))
    network = keras.Model(given, Own()(given))
    with pytest.raises(ValueError, match="Own"):
        plain.plain(network, given)
    made = plain.plain(network, given, {Own: lambda x, _layer: x + 1.0})
    same = keras.Model(given, made)
    np.testing.assert_array_equal(ops.convert_to_numpy(same(np.zeros((1, 3)))), np.ones((1, 3)))
