"""The embedding networks, and what is put around them to train them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from mmdemo.core.media import mel
from mmdemo.core.nets.metric_learning import CosineLogits
from mmdemo.core.nets.plain import plain

from . import features as spectra
from .config import Config, Input, Network


def build(config: Config) -> keras.Model:
    """The embedding network: features of one sound in, one vector out; uncompiled.

    Input shape: `(B, frames, bands, 1)` for log-mel windows in [-1, 1];
    `(B, bands, frames)` for MFCC. Output shape: `(B, members * 2 * filters[-1])`, whose mean over a
    recording's windows is brought to length 1 (`features.pooled`), for log-mel; `(B, units[-1])`
    for MFCC.

    Raises:
        ValueError: the features are neither `log_mel` nor `mfcc`.
    """
    if config.input.features == "log_mel":
        return _committee(config.input, config.network)
    if config.input.features == "mfcc":
        return _mfcc_network(config.input, config.network)
    raise ValueError(f"features must be log_mel or mfcc, got {config.input.features!r}")


def build_classifier(network: keras.Model, classes: int, config: Network) -> keras.Model:
    """The network with a head `(B, classes)` for training; uncompiled.

    The head projects the embedding before the cosine softmax and is left behind afterwards: what
    comes before the projection carries over better to kinds that training never heard (Chen et
    al. 2020, "A simple framework for contrastive learning of visual representations").
    """
    sound = keras.Input(network.input_shape[1:], name="sound")
    x = layers.Dropout(config.dropout, name="dropout")(network(sound))
    x = layers.Dense(config.projection, name="project")(x)
    x = layers.UnitNormalization(name="direction")(x)
    logits = CosineLogits(classes, config.scale, name="cosine_logits")(x)
    return keras.Model(sound, logits, name="classifier")


def features(network: keras.Model, config: Config) -> keras.Model:
    """What kinds of sound of one's own are told apart by; see `core.nets.taught`.

    Input shape: `(B, samples)`: as many as `features.clip_samples` at `config.input.sample_rate`,
    mono, of any loudness but silence.
    Output shape: `(B, members * 2 * filters[-1])`, of length 1.
    """
    size = config.input
    sound = keras.Input((spectra.clip_samples(size),), name="sound")
    x = sound - ops.mean(sound, axis=1, keepdims=True)
    x = x / ops.maximum(ops.max(ops.absolute(x), axis=1, keepdims=True), 1e-9)
    x = layers.ZeroPadding1D(size.fft // 2, name="margins")(ops.expand_dims(x, -1))

    def fixed(layer: keras.layers.Layer, x: keras.KerasTensor, kernel: np.ndarray) -> Any:
        made = layer(x)
        layer.set_weights([kernel])
        layer.trainable = False
        return made

    # A spectrum is a convolution with waves; its mel bands are sums.
    count = size.fft // 2 + 1
    taper = np.hanning(size.fft + 1)[:-1]
    turns = 2 * np.pi * np.outer(np.arange(size.fft), np.arange(count)) / size.fft
    power = 0.0
    for name, waves in (("cosines", np.cos(turns)), ("sines", np.sin(turns))):
        convolution = layers.Conv1D(count, size.fft, size.hop, use_bias=False, name=name)
        part = fixed(convolution, x, (taper[:, None] * waves)[:, None])  # (B, frames, count)
        power = ops.square(part) + power
    bank = mel.filters(size.sample_rate, size.fft, size.bands, size.lowest)
    x = fixed(layers.Dense(size.bands, use_bias=False, name="mel"), power, bank)
    loudest = ops.max(x, axis=(1, 2), keepdims=True)
    x = ops.maximum(x / ops.maximum(loudest, 1e-20), 10 ** (-size.floor / 10))
    x = ops.log(x) * (20 / np.log(10) / size.floor) + 1.0  # as `features.drawn`: from -1 to 1
    x = plain(network, ops.expand_dims(x, -1), {Mean: _mean})
    return keras.Model(sound, layers.UnitNormalization(name="direction")(x), name="features")


def _mean(x: keras.KerasTensor, layer: Mean) -> keras.KerasTensor:
    return ops.mean(x, axis=layer.axis)


def _committee(size: Input, config: Network) -> keras.Model:
    if config.members == 1:
        return _log_mel_network(size, config)
    picture = keras.Input((size.frames, size.bands, 1), name="log_mel")
    members = [_log_mel_network(size, config, f"member_{i}") for i in range(config.members)]
    vectors = layers.Concatenate(name="side_by_side")([member(picture) for member in members])
    return keras.Model(picture, vectors, name="committee")


def _log_mel_network(size: Input, config: Network, name: str = "log_mel_network") -> keras.Model:
    picture = keras.Input((size.frames, size.bands, 1), name="log_mel")
    x = picture
    for index, filters in enumerate(config.filters, start=1):
        first, last = index == 1, index == len(config.filters)
        window, strides = (5, 2) if first else (3, 1)
        convolution = layers.Conv2D(
            filters, window, strides, padding="same", use_bias=False, name=f"conv_{index}"
        )
        x = layers.BatchNormalization(momentum=0.95, name=f"norm_{index}")(convolution(x))
        x = layers.ReLU(name=f"relu_{index}")(x)
        if not first and not last:
            x = layers.MaxPooling2D(2, name=f"pool_{index}")(x)
    x = Mean(axis=2, name="mean_over_bands")(x)  # (B, T, bands, C) -> (B, T, C)
    mean = layers.GlobalAveragePooling1D(name="mean_over_time")(x)
    loudest = layers.GlobalMaxPooling1D(name="max_over_time")(x)
    x = layers.Concatenate(name="mean_and_max")([mean, loudest])  # (B, 2 C)
    x = layers.UnitNormalization(name="embedding")(x)
    # Set after the training, by `whitening.fit`.
    whiten = layers.Dense(
        x.shape[-1], kernel_initializer="identity", trainable=False, name="whiten"
    )
    return keras.Model(picture, whiten(x), name=name)


def _mfcc_network(size: Input, config: Network) -> keras.Model:
    # === Layers ===
    mfcc = keras.Input((size.bands, size.frames), name="mfcc")
    dense = [
        layers.Dense(units, activation="relu", name=f"dense_{index}")
        for index, units in enumerate(config.units, start=1)
    ]
    dropout = [
        layers.Dropout(config.dropout, name=f"dropout_{index}")
        for index in range(1, len(config.units))
    ]

    # === Functional model ===
    x = layers.Flatten(name="flatten")(mfcc)  # (B, bands, frames) -> (B, bands * frames)
    for index, layer in enumerate(dense):
        x = layer(x)
        if index < len(dropout):
            x = dropout[index](x)
    return keras.Model(mfcc, x, name="mfcc_network")


@keras.saving.register_keras_serializable(package="mmdemo")
class Mean(layers.Layer):
    """Mean over one axis, which is dropped.

    Input shape: any.
    Output shape: the same without `axis`.

    Example:

    >>> layer = Mean(axis=1)
    >>> inputs = np.array([[[1.0, 5.0], [3.0, 6.0]]])
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[2.0, 5.5]]
    """

    def __init__(self, axis: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        return ops.mean(inputs, axis=self.axis)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return tuple(size for index, size in enumerate(input_shape) if index != self.axis)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
