"""The networks: a picture and any number of questions in, the chances of each answer out."""

from __future__ import annotations

import keras
from keras import layers

from .config import Config, Network
from .layers import Apart, Coordinates, ForEach, Looked, Modulate, Pairs, Seek, Together


def build(config: Config) -> keras.Model:
    """The network that is served.

    Input shapes: pictures `(B, side, side, 3)`, colours from 0 to 1; questions `(B, Q, length)`,
    numbers of words.
    Output shapes: chances of the answers `(B, Q, answers)`; of `film` also where each block looked,
    `(B, Q, blocks, h, w)` from 0 to 1.

    Raises:
        ValueError: no such network.
    """
    network = config.network
    kinds = {"film": _film, "vgg": _vgg, "relation": _relation}
    if network.network not in kinds:
        raise ValueError(f"no network is called '{network.network}'")
    picture = keras.Input((network.side, network.side, 3), name="picture")
    questions = keras.Input((None, network.length), dtype="int32", name="questions")
    words = layers.Embedding(
        network.words + 1,
        network.word,
        embeddings_initializer=keras.initializers.RandomUniform(-network.spread, network.spread),
        name="words",
    )(Apart(name="one_by_one")(questions))
    hidden, *shown = kinds[network.network](network, picture, questions, words)
    chances = layers.Dense(network.answers, activation="softmax", name="answer")(hidden)
    outputs = [
        Together(name=name)([each, questions])
        for name, each in zip(("answers", "looked"), (chances, *shown), strict=False)
    ]
    several = len(outputs) > 1
    return keras.Model(
        [picture, questions], outputs if several else outputs[0], name=network.network
    )


# === FiLM (Perez et al. 2018) ===


def _film(
    network: Network,
    picture: keras.KerasTensor,
    questions: keras.KerasTensor,
    words: keras.KerasTensor,
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The last hidden layer `(N, hidden)`, and where blocks looked `(N, blocks, h, w)`."""
    asked = layers.GRU(network.question, name="question")(words)
    maps = _maps(network, picture)
    channels = network.filters[-1]
    updates = []
    beside: list[keras.KerasTensor] = []
    pooled: list[keras.KerasTensor] = []
    for number in range(1, network.blocks + 1):
        placed = Coordinates(name=f"where_{number}")(maps)
        if beside:
            placed = layers.Concatenate(name=f"beside_{number}")([placed, *beside])
        maps = layers.Conv2D(channels, 1, activation="relu", name=f"mix_{number}")(placed)
        update = layers.Conv2D(
            channels, 3, padding="same", use_bias=False, name=f"conv_{number}"
        )(maps)  # fmt: skip
        update = layers.BatchNormalization(center=False, scale=False, name=f"norm_{number}")(update)
        if number == 1:  # until here a picture was the same to all its questions
            maps = ForEach(name="seen")([maps, questions])
            update = ForEach(name="seen_update")([update, questions])
        wanted = layers.Dense(2 * channels, name=f"wanted_{number}")(asked)
        update = layers.ReLU(name=f"update_{number}")(
            Modulate(name=f"film_{number}")([update, wanted])
        )
        updates.append(update)
        maps = layers.Add(name=f"block_{number}")([maps, update])
        if number == 1 and network.seeks:
            away, there = Seek(name="seek")([maps, layers.Dense(3, name="said")(update)])
            beside, pooled = [away], [there]
    maps = layers.Conv2D(network.hidden, 1, activation="relu", name="sum_up")(maps)
    # The mean, too: to count is to add up.
    pooled += [
        layers.GlobalMaxPooling2D(name="most")(maps),
        layers.GlobalAveragePooling2D(name="mean")(maps),
    ]
    together = layers.BatchNormalization(name="norm")(layers.Concatenate(name="pooled")(pooled))
    hidden = layers.Dense(network.hidden, activation="relu", name="hidden")(together)
    return hidden, Looked(name="looked_at")(updates)


def _maps(network: Network, picture: keras.KerasTensor) -> keras.KerasTensor:
    """Convolutions that halve the picture, `(B, h, w, filters[-1])`."""
    maps = picture
    for number, filters in enumerate(network.filters, start=1):
        maps = layers.Conv2D(
            filters, 3, strides=2, padding="same", use_bias=False, name=f"stem_{number}"
        )(maps)
        maps = layers.BatchNormalization(name=f"stem_norm_{number}")(maps)
        maps = layers.ReLU(name=f"stem_relu_{number}")(maps)
    return maps


# === The chapter's: a picture and a question side by side ===


def _vgg(
    network: Network,
    picture: keras.KerasTensor,
    questions: keras.KerasTensor,
    words: keras.KerasTensor,
) -> tuple[keras.KerasTensor]:
    """What was seen and what was asked, `(N, places * filters + question)`."""
    asked = layers.LSTM(network.question, name="question")(words)
    maps = picture
    for group, filters in enumerate(network.filters, start=1):
        for number in range(1, 4 if group == 3 else 3):
            maps = layers.Conv2D(
                filters,
                3,
                padding="same" if number == 1 else "valid",
                activation="relu",
                kernel_initializer="he_normal",
                name=f"conv_{group}_{number}",
            )(maps)
        maps = layers.MaxPooling2D(2, name=f"pool_{group}")(maps)
    seen = ForEach(name="seen")([layers.Flatten(name="flat")(maps), questions])
    return (layers.Concatenate(name="side_by_side")([asked, seen]),)


# === A relation network (Santoro et al. 2017) ===


def _relation(
    network: Network,
    picture: keras.KerasTensor,
    questions: keras.KerasTensor,
    words: keras.KerasTensor,
) -> tuple[keras.KerasTensor]:
    """The last hidden layer `(N, hidden)`: the sum over all pairs of places."""
    asked = layers.GRU(network.question, name="question")(words)
    maps = Coordinates(name="where")(_maps(network, picture))
    places = layers.Reshape((-1, maps.shape[-1]), name="places")(maps)  # (B, h * w, C + 2)
    one, other = (
        ForEach(name=f"{name}_seen")(
            [layers.Dense(network.hidden, use_bias=False, name=name)(places), questions]
        )
        for name in ("one", "other")
    )
    wanted = layers.Dense(network.hidden, name="wanted")(asked)
    pairs = Pairs(name="pairs")([one, other, wanted])
    for number in (1, 2):
        pairs = layers.Dense(network.hidden, activation="relu", name=f"pair_{number}")(pairs)
    summed = layers.GlobalAveragePooling1D(name="sum_up")(pairs)
    summed = layers.BatchNormalization(name="norm")(summed)
    return (layers.Dense(network.hidden, activation="relu", name="hidden")(summed),)
