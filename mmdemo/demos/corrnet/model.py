"""The correlational neural network for any two views.

Chandar, Khapra, Larochelle, Ravindran 2016, "Correlational neural networks", Neural Computation
28(2). The tutorial's variant differs in where the views are added and in what is tied: see
`config.BOOK` and the demo's README.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers, ops

from .config import Config, Network, Training

EPSILON = 1e-6


def correlation(left: Any, right: Any) -> Any:
    """Sum over dimensions of the correlation between two codes in a batch; a scalar.

    Both are centred over the batch first. At most the number of dimensions; a dimension without
    variance counts as 0.

    Args:
        left: `(B, d)`.
        right: `(B, d)`.
    """
    left = left - ops.mean(left, axis=0)
    right = right - ops.mean(right, axis=0)
    covariance = ops.sum(left * right, axis=0)
    variances = ops.sum(ops.square(left), axis=0) * ops.sum(ops.square(right), axis=0)
    return ops.sum(covariance / ops.sqrt(variances + EPSILON**2))


def redundancy(code: Any) -> Any:
    """Sum of squared correlations between different dimensions of one code `(B, d)`; a scalar."""
    code = code - ops.mean(code, axis=0)
    code = code / ops.sqrt(ops.sum(ops.square(code), axis=0) + EPSILON)
    squared = ops.square(ops.matmul(ops.transpose(code), code))  # (d, d)
    return ops.sum(squared) - ops.sum(ops.diagonal(squared))


@keras.saving.register_keras_serializable(package="mmdemo")
class TransposedDense(layers.Layer):
    """A dense layer with the transposed kernel of another one and a bias of its own.

    A stored network finds the other one again where both are layers of the same model, not of two
    that are nested in it.

    Input shape: `(B, units of the other)`.
    Output shape: `(B, inputs of the other)`.

    Args:
        source: the other one.
        activation: of the output.

    Example:

    >>> encode = layers.Dense(2)
    >>> view = keras.Input((3,))
    >>> model = keras.Model(view, TransposedDense(encode)(encode(view)))
    >>> inputs = np.random.rand(1, 3)
    >>> ops.shape(model(inputs))
    (1, 3)
    """

    def __init__(self, source: layers.Dense, activation: str = "linear", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)
        self._source = lambda: source  # not an attribute: the kernel is the source's alone

    def build(self, input_shape: Any) -> None:
        self.bias = self.add_weight(
            shape=(self._source().kernel.shape[0],), initializer="zeros", name="bias"
        )

    @property
    def kernel(self) -> Any:
        """The other one's, transposed."""
        return ops.transpose(self._source().kernel)

    def call(self, inputs: Any) -> Any:
        return self.activation(ops.matmul(inputs, self.kernel) + self.bias)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        return (input_shape[0], self._source().kernel.shape[0])

    def get_config(self) -> dict[str, Any]:
        source = keras.saving.serialize_keras_object(self._source())
        return {
            **super().get_config(),
            "activation": keras.activations.serialize(self.activation),
            "units": self._source().kernel.shape[0],
            # Only the source that the model holds itself is built when this layer is restored.
            "source": {key: value for key, value in source.items() if key != "build_config"},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> TransposedDense:
        """As `get_config` gives it.

        Raises:
            ValueError: the model that is restored does not hold the source.
        """
        own = {key: value for key, value in config.items() if key != "units"}
        source = keras.saving.deserialize_keras_object(config["source"])
        if not source.built:
            raise ValueError(f"{config['name']} and {source.name} must be layers of one model")
        return cls(**{**own, "source": source})


def build(config: Config) -> keras.Model:
    """The network that is served: two views to code and reconstructions; uncompiled.

    Input shapes: `(B, *left)` and `(B, *right)`; a view of zeros counts as missing.
    Output shape: `(B, code + size of left + size of right)`: the code, then the flat
    reconstructions of both views; where there is a listener, then its 11 probabilities
    (`outputs.forward` takes them apart).

    Raises:
        ValueError: `tied` together with convolutions or with a decoder of its own.
    """
    network = config.network
    if network.tied and (network.filters or network.decoder):
        raise ValueError("a tied decoder mirrors a dense encoder, and has no layers of its own")
    # === Layers ===
    left = keras.Input(network.left, name="left")
    right = keras.Input(network.right, name="right")
    encode_left = _encoder(network, network.left, "encode_left")
    encode_right = _encoder(network, network.right, "encode_right")
    join = _join(network)
    decode_left = _decoder(network, network.left, encode_left, "decode_left")
    decode_right = _decoder(network, network.right, encode_right, "decode_right")
    listen = _listener(network) if network.listener else None
    outputs = layers.Concatenate(name="code_left_right")

    # === Functional model ===
    code = join([encode_left(left), encode_right(right)])
    parts = [code, decode_left(code), decode_right(code)]
    if listen is not None:
        parts.append(listen(right))
    return keras.Model([left, right], outputs(parts), name="corrnet")


def _encoder(config: Network, shape: tuple[int, ...], name: str) -> keras.Model:
    """One view to its share of the code."""
    # === Layers ===
    view = keras.Input(shape, name=f"{name}_view")
    hidden: list[layers.Layer] = []
    if config.filters:
        hidden.append(layers.Reshape((*shape, 1), name=f"{name}_channel"))
        for index, filters in enumerate(config.filters, start=1):
            hidden.append(
                layers.Conv2D(
                    filters,
                    5 if index == 1 else 3,
                    strides=2,
                    padding="same",
                    activation=config.hidden_activation,
                    name=f"{name}_conv_{index}",
                )
            )
    hidden.append(layers.Flatten(name=f"{name}_flatten"))
    for index, units in enumerate(config.encoder, start=1):
        hidden.append(layers.Dropout(config.dropout, name=f"{name}_dropout_{index}"))
        hidden.append(layers.Dense(units, config.hidden_activation, name=f"{name}_hidden_{index}"))
    # The paper adds the views and one bias, then squashes; the tutorial squashes, then adds.
    share = layers.Dense(
        config.code,
        None if config.sum_first else config.code_activation,
        use_bias=not config.sum_first,
        name=f"{name}_code",
    )

    # === Functional model ===
    x = view
    for layer in hidden:
        x = layer(x)
    return keras.Model(view, share(x), name=name)


def _join(config: Network) -> keras.Model:
    """Shares of the code from both views to the code."""
    # === Layers ===
    shares = [keras.Input((config.code,), name=f"share_{side}") for side in ("left", "right")]
    add = layers.Add(name="sum")
    squash = layers.Activation(config.code_activation, name="squash")
    bias = Bias(name="bias")

    # === Functional model ===
    code = squash(bias(add(shares))) if config.sum_first else add(shares)
    return keras.Model(shares, code, name="join")


def _decoder(
    config: Network, shape: tuple[int, ...], encoder: keras.Model, name: str
) -> keras.Model:
    """The code to one flat view."""
    # === Layers ===
    code = keras.Input((config.code,), name=f"{name}_code")
    if config.tied:
        mirrored = [layer for layer in encoder.layers[::-1] if isinstance(layer, layers.Dense)]
        *hidden, view = [
            TransposedDense(
                source,
                config.hidden_activation if index < len(mirrored) else config.output_activation,
                name=f"{name}_tied_{index}",
            )
            for index, source in enumerate(mirrored, start=1)
        ]
    else:
        hidden = [
            layers.Dense(units, config.hidden_activation, name=f"{name}_hidden_{index}")
            for index, units in enumerate(config.decoder, start=1)
        ]
        view = layers.Dense(math.prod(shape), config.output_activation, name=f"{name}_view")

    # === Functional model ===
    x = code
    for layer in hidden:
        x = layer(x)
    return keras.Model(code, view(x), name=name)


def _listener(config: Network) -> keras.Model:
    """The right view to probabilities of the ten digits and of none."""
    # === Layers ===
    view = keras.Input(config.right, name="listen_view")
    hidden: list[layers.Layer] = [layers.Reshape((*config.right, 1), name="listen_channel")]
    for index, filters in enumerate(config.listener, start=1):
        hidden += [
            layers.Conv2D(
                filters,
                5 if index == 1 else 3,
                strides=2,
                padding="same",
                use_bias=False,
                name=f"listen_conv_{index}",
            ),
            layers.BatchNormalization(name=f"listen_norm_{index}"),
            layers.ReLU(name=f"listen_relu_{index}"),
        ]
    hidden += [
        layers.Flatten(name="listen_flatten"),
        layers.Dropout(0.1, name="listen_dropout_1"),
        layers.Dense(64, "relu", name="listen_hidden"),
        layers.Dropout(0.1, name="listen_dropout_2"),
    ]
    heard = layers.Dense(11, "softmax", name="listen_digit_or_none")

    # === Functional model ===
    x = view
    for layer in hidden:
        x = layer(x)
    return keras.Model(view, heard(x), name="listen")


@keras.saving.register_keras_serializable(package="mmdemo")
class Bias(layers.Layer):
    """Adds a learned vector.

    Input shape: `(B, d)`.
    Output shape: `(B, d)`.

    Example:

    >>> layer = Bias()
    >>> inputs = np.array([[1.0, 5.0]])
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[1.0, 5.0]]
    """

    def build(self, input_shape: Any) -> None:
        self.bias = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="bias")

    def call(self, inputs: Any) -> Any:
        return inputs + self.bias


class Trainer(keras.Model):
    """The network called three times, with both views, the left alone and the right alone.

    `fit` takes `[left, right]` and no target. The loss is that of the paper: the error of both
    reconstructions from each of the three codes, less `correlation_weight` times the correlation
    between the codes of the left and of the right view.

    Args:
        network: from `build`.
        config: the weights of the loss.
    """

    def __init__(self, network: keras.Model, config: Training) -> None:
        super().__init__(name="trainer")
        self.parts = {name: network.get_layer(name) for name in PARTS}
        self.config = config
        self.error_tracker = keras.metrics.Mean("reconstruction_loss")
        self.correlation_tracker = keras.metrics.Mean("correlation")

    def call(self, inputs: Any, training: bool | None = None) -> tuple[Any, Any, Any]:
        """Codes and flat views from (both, left alone, right alone), stacked: `(3, B, n)`."""
        parts = self.parts
        left, right = inputs
        shares_left = parts["encode_left"](left, training=training)
        shares_right = parts["encode_right"](right, training=training)
        # A missing view is one of zeros, so that its share is the same for every sample.
        no_left = parts["encode_left"](ops.zeros_like(left[:1]), training=False)
        no_right = parts["encode_right"](ops.zeros_like(right[:1]), training=False)
        no_left = ops.broadcast_to(no_left, ops.shape(shares_left))
        no_right = ops.broadcast_to(no_right, ops.shape(shares_right))
        codes = parts["join"](
            [
                ops.concatenate([shares_left, shares_left, no_left]),
                ops.concatenate([shares_right, no_right, shares_right]),
            ]
        )  # (3 B, d)
        decoded = (parts[name](codes, training=training) for name in PARTS[3:])
        return tuple(ops.stack(ops.split(x, 3, axis=0)) for x in (codes, *decoded))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Reconstruction error less the weighted correlation; a scalar."""
        codes, *decoded = y_pred
        error = sum(self._error(view, made) for view, made in zip(x, decoded, strict=True))
        related = correlation(codes[1], codes[2])
        self.error_tracker.update_state(error)
        self.correlation_tracker.update_state(related)
        loss = error - self.config.correlation_weight * related
        if self.config.decorrelation_weight:
            repeated = redundancy(codes[1]) + redundancy(codes[2])
            loss = loss + self.config.decorrelation_weight * repeated
        return loss

    def _error(self, view: Any, decoded: Any) -> Any:
        """Squared errors of the three reconstructions `(3, B, n)` of a view, averaged over B."""
        flat = ops.reshape(view, (-1, decoded.shape[-1]))  # (B, ...) -> (B, n)
        squared = ops.square(decoded - flat)
        each = ops.mean(squared, axis=2) if self.config.mean_error else ops.sum(squared, axis=2)
        return ops.sum(ops.mean(each, axis=1))


PARTS = ("encode_left", "encode_right", "join", "decode_left", "decode_right")
