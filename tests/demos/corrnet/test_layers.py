"""What the layer with another one's kernel says where that one is missing."""

from __future__ import annotations

import keras
import pytest

from mmdemo.demos.corrnet.model import TransposedDense


def test_a_stored_layer_refuses_another_kernel_than_its_source_s(tmp_path):
    """Keras restores a layer twice where two nested models share it: its weights but once."""
    encode = keras.layers.Dense(2)
    view, code, whole = (keras.Input((size,)) for size in (3, 2, 3))
    encoder = keras.Model(view, encode(view))
    decoder = keras.Model(code, TransposedDense(encode)(code))
    keras.Model(whole, decoder(encoder(whole))).save(tmp_path / "a.keras")
    with pytest.raises(ValueError, match="layers of one model"):
        keras.saving.load_model(tmp_path / "a.keras")
