"""Trained networks to stand on: a backbone from the weights of another network of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmdemo.core.demo import ModelId
from mmdemo.core.errors import WeightsError
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts

if TYPE_CHECKING:
    import keras


def load(model_id: ModelId) -> keras.Model:
    """The backbone of a trained network: to put a task of one's own on.

    Raises:
        WeightsError: the weights are missing or corrupted.
    """
    return runtime.build(model_id)[0].get_layer(artifacts.BACKBONE)


def fill(network: keras.Model, model_id: ModelId) -> None:
    """Give the layer `backbone` of a network the weights of a trained one.

    Raises:
        WeightsError: they are missing or corrupted, or are those of another backbone.
    """
    backbone = network.get_layer(artifacts.BACKBONE)
    trained = load(model_id).get_weights()
    if [weight.shape for weight in trained] != [weight.shape for weight in backbone.weights]:
        raise WeightsError(
            f"The weights of {model_id} are those of another backbone than this preset's. Train it "
            f"again: python -m mmdemo train {model_id.training_target}"
        )
    backbone.set_weights(trained)


def take_stages(network: keras.Model) -> None:
    """Start stages of the layer `heads` as those of `backbone` whose layers have their names."""
    trained = {each.name: each for each in network.get_layer(artifacts.BACKBONE).layers}
    for layer in network.get_layer(artifacts.HEADS).layers:
        if layer.weights and layer.name in trained:
            layer.set_weights(trained[layer.name].get_weights())


def record(model_id: ModelId) -> dict[str, str]:
    """What a weights folder says of the network that its own stands on.

    Raises:
        WeightsError: that network's weights are missing or corrupted.
    """
    folder = artifacts.locate(model_id)
    artifacts.verify(folder)
    return {"weights": str(model_id), "sha256": str(artifacts.checksum(folder))}


def config(model_id: ModelId) -> Any:
    """The configuration that a trained network was built with.

    Raises:
        WeightsError: its weights are missing or corrupted.
    """
    return artifacts.load(model_id).config
