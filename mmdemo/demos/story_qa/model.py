"""The two networks: hops of attention over sentences, and the source's pair of LSTMs."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from .config import Config


@keras.saving.register_keras_serializable(package="mmdemo")
class SentenceEncoder(layers.Layer):
    """Sum of a sentence's word vectors, each scaled by a learned vector of its position.

    Learned position encoding as in Henaff et al. 2017, "Tracking the world state with recurrent
    entity networks".

    Input shape: `(..., words)` int32, 0 for no word.
    Output shape: `(..., dim)`.

    Example:

    >>> layer = SentenceEncoder(vocabulary=10, dim=4)
    >>> inputs = np.array([[[3, 5, 0], [4, 0, 0]]])
    >>> ops.shape(layer(inputs))
    (1, 2, 4)
    """

    def __init__(self, vocabulary: int, dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vocabulary = vocabulary
        self.dim = dim

    def build(self, input_shape: Any) -> None:
        self.words = self.add_weight(
            shape=(self.vocabulary, self.dim),
            initializer=keras.initializers.RandomNormal(stddev=0.3),
            name="words",
        )
        self.positions = self.add_weight(
            shape=(input_shape[-1], self.dim),
            initializer=keras.initializers.RandomNormal(mean=1.0, stddev=0.5),
            name="positions",
        )

    def call(self, inputs: Any) -> Any:
        present = ops.cast(ops.not_equal(inputs, 0), self.compute_dtype)[..., None]
        vectors = ops.take(self.words, inputs, axis=0) * present  # (..., words, dim)
        return ops.sum(vectors * self.positions, axis=-2)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.dim)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "vocabulary": self.vocabulary, "dim": self.dim}


@keras.saving.register_keras_serializable(package="mmdemo")
class NearestMatchAttention(layers.Layer):
    """Attention heads that take the nearest match before, the nearest after, or any match.

    A head that looks back asks each earlier sentence in turn, the latest first, whether it matches,
    and breaks off the part of its attention that matches: weight i of sentence t is
    `p(t, i) * prod over i < j < t of (1 - p(t, j))`, p being the sigmoid of the scaled dot product.
    What no sentence takes is lost. So the order of the sentences needs no position encoding, and
    the latest of several matching facts wins. Csordas, Irie, Schmidhuber 2022, "The neural data
    router" (geometric attention); Tan et al. 2024, "Stick-breaking attention". The other heads are
    those of Vaswani et al. 2017.

    Input shapes: tokens `(B, T, dim)` and presence `(B, T)`, 1 or 0.
    Output shapes: `(B, T, dim)` and the weights `(B, heads, T, T)`.

    Args:
        back: heads that look back.
        ahead: heads that look ahead.
        anywhere: heads that take any match.
        head_dim: width of each.

    Example:

    >>> layer = NearestMatchAttention(back=2, ahead=1, anywhere=1, head_dim=2)
    >>> inputs = (np.random.rand(1, 3, 8), np.array([[1.0, 0.0, 1.0]]))
    >>> [ops.shape(output) for output in layer(*inputs)]
    [(1, 3, 8), (1, 4, 3, 3)]
    """

    def __init__(self, back: int, ahead: int, anywhere: int, head_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.back = back
        self.ahead = ahead
        self.anywhere = anywhere
        self.head_dim = head_dim
        self.heads = back + ahead + anywhere
        width = self.heads * head_dim
        self.query = layers.Dense(width, use_bias=False, name="query")
        self.key = layers.Dense(width, use_bias=False, name="key")
        self.value = layers.Dense(width, use_bias=False, name="value")

    def build(self, tokens_shape: Any, present_shape: Any = None) -> None:
        for layer in (self.query, self.key, self.value):
            layer.build(tokens_shape)
        # At first, what has words in common matches. From unrelated queries and keys, training
        # never finds the chain of matches that induction (qa16) takes.
        self.key.kernel.assign(self.query.kernel)
        self.output_dense = layers.Dense(tokens_shape[-1], name="output_dense")
        self.output_dense.build((None, None, self.heads * self.head_dim))
        # Heads of different reach: at first one stops within a sentence or two, another after 50.
        reach = [np.linspace(-0.5, -4, self.back), np.linspace(-1, -3, self.ahead)]
        self.bias = self.add_weight(
            shape=(self.back + self.ahead, 1, 1),
            initializer=lambda shape, dtype=None: ops.convert_to_tensor(
                np.concatenate(reach).reshape(shape), dtype
            ),
            name="bias",
        )

    def call(self, tokens: Any, present: Any) -> tuple[Any, Any]:
        query = self._split(self.query(tokens)) * self.head_dim**-0.5  # (B, heads, T, head_dim)
        key, value = self._split(self.key(tokens)), self._split(self.value(tokens))
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2)))  # (B, heads, T, T)
        places = ops.arange(ops.shape(tokens)[1])
        earlier = ops.cast(places[None, :] < places[:, None], self.compute_dtype)  # [t, i]: i < t
        present = present[:, None, None, :]
        nearest = self.back + self.ahead
        weights = []
        if self.back:
            matches = scores[:, : self.back] + self.bias[: self.back]
            weights.append(_take_nearest(matches, present * earlier, earlier))
        if self.ahead:
            matches = scores[:, self.back : nearest] + self.bias[self.back :]
            later = ops.transpose(earlier)
            weights.append(_take_nearest(matches, present * later, later))
        if self.anywhere:
            weights.append(ops.softmax(scores[:, nearest:] + (present - 1) * 1e9, axis=-1))
        weights = ops.concatenate(weights, axis=1)
        mixed = ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))  # (B, T, heads, head_dim)
        width = self.heads * self.head_dim
        mixed = ops.reshape(mixed, (-1, ops.shape(tokens)[1], width))
        return self.output_dense(mixed), weights

    def _split(self, x: Any) -> Any:
        x = ops.reshape(x, (-1, ops.shape(x)[1], self.heads, self.head_dim))
        return ops.transpose(x, (0, 2, 1, 3))

    def compute_output_shape(self, tokens_shape: Any, present_shape: Any = None) -> Any:
        batch, length, _ = tokens_shape
        return tokens_shape, (batch, self.heads, length, length)

    def get_config(self) -> dict[str, Any]:
        names = ("back", "ahead", "anywhere", "head_dim")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _take_nearest(matches: Any, allowed: Any, nearer: Any) -> Any:
    """Stick-breaking weights `(B, heads, T, T)`.

    Args:
        matches: logits that sentence i matches what t asks for.
        allowed: 1 where i may be asked.
        nearer: `(T, T)`, [j, i] is 1 where j lies on t's side of i.
    """
    passed_on = -ops.softplus(matches) * allowed  # log(1 - p)
    left = ops.matmul(passed_on, nearer)  # the sum over those between i and t
    return ops.exp(-ops.softplus(-matches) + left) * allowed


@keras.saving.register_keras_serializable(package="mmdemo")
class Hops(layers.Layer):
    """One transformer block, applied several times to the sentences and the question.

    The question is the last token, and a projection of it is added to every sentence, so that a
    sentence knows what is asked. Weights are shared by all hops, as in Dehghani et al. 2019,
    "Universal transformers".

    Input shapes: sentences `(B, S, dim)`, question `(B, dim)`, and the story `(B, S, words)` as
    word ids, in which a row of zeros is no sentence.
    Output shapes: the question's last state `(B, dim)`, and how much it attended to each sentence
    in each hop, `(B, hops, S)`: the mean over the heads that look back or anywhere, at most 1 in
    all. With `return_attention_scores` also that of each head, `(B, heads, hops, S)`.

    Args:
        hops: how often the block is applied.
        back, ahead, anywhere, head_dim: see `NearestMatchAttention`.
        feed_forward: width of the hidden layer behind the attention.
        dropout: share of what each part adds that is dropped in training.

    Example:

    >>> layer = Hops(hops=3, back=2, ahead=1, anywhere=1, head_dim=2, feed_forward=4)
    >>> story = np.array([[[3, 5], [4, 0]]])
    >>> inputs = (np.random.rand(1, 2, 8), np.random.rand(1, 8), story)
    >>> [ops.shape(output) for output in layer(*inputs)]
    [(1, 8), (1, 3, 2)]
    """

    def __init__(
        self,
        hops: int,
        back: int,
        ahead: int,
        anywhere: int,
        head_dim: int,
        feed_forward: int,
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hops = hops
        self.back = back
        self.ahead = ahead
        self.anywhere = anywhere
        self.head_dim = head_dim
        self.feed_forward = feed_forward
        self.rate = dropout
        self.attention = NearestMatchAttention(back, ahead, anywhere, head_dim, name="attention")
        self.expand_first = layers.Dense(feed_forward, activation="relu", name="expand_first")
        self.expand = layers.Dense(feed_forward, activation="relu", name="expand")
        names = ("norm_input", "norm_attention", "norm_feed_forward", "norm_output")
        self.norms = [layers.LayerNormalization(epsilon=1e-3, name=name) for name in names]
        self.dropout = layers.Dropout(dropout, name="dropout")

    def build(self, sentences_shape: Any, question_shape: Any = None, story_shape: Any = None):
        dim = sentences_shape[-1]
        tokens = (None, None, dim)
        self.ask = layers.Dense(dim, name="ask")
        self.contract_first = layers.Dense(dim, name="contract_first")
        self.contract = layers.Dense(dim, name="contract")
        self.ask.build(tokens)
        self.attention.build(tokens)
        for expand, contract in (
            (self.expand_first, self.contract_first),
            (self.expand, self.contract),
        ):
            expand.build(tokens)
            contract.build((None, None, self.feed_forward))
        for norm in self.norms:
            norm.build(tokens)

    def call(
        self,
        sentences: Any,
        question: Any,
        story: Any,
        training: bool = False,
        return_attention_scores: bool = False,
    ) -> Any:
        norm_input, norm_attention, norm_feed_forward, norm_output = self.norms
        present = ops.cast(ops.any(ops.not_equal(story, 0), axis=-1), self.compute_dtype)  # (B, S)
        question = question[:, None]
        asked = sentences + self.ask(question) * present[..., None]
        x = norm_input(ops.concatenate([asked, question], axis=1))  # (B, S + 1, dim)
        present = ops.concatenate([present, ops.ones_like(present[:, :1])], axis=1)
        x = x + self.contract_first(self.expand_first(x))
        attended, scores = [], []
        for _ in range(self.hops):
            mixed, weights = self.attention(norm_attention(x), present)
            x = x + self.dropout(mixed, training=training)
            mixed = self.contract(self.expand(norm_feed_forward(x)))
            x = x + self.dropout(mixed, training=training)
            attended.append(self._of_question(weights))
            scores.append(weights[:, :, -1, :-1])  # (B, heads, S)
        outputs = norm_output(x[:, -1]), ops.stack(attended, axis=1)
        return (*outputs, ops.stack(scores, axis=2)) if return_attention_scores else outputs

    def _of_question(self, weights: Any) -> Any:
        """Mean weight `(B, S)` of each sentence in the question's heads; nothing lies ahead."""
        weights = weights[:, :, -1, :-1]  # (B, heads, S)
        total = ops.sum(weights, axis=1) - ops.sum(
            weights[:, self.back : self.back + self.ahead], axis=1
        )
        return total / max(1, self.back + self.anywhere)

    def compute_output_shape(
        self, sentences_shape: Any, question_shape: Any = None, story_shape: Any = None
    ) -> Any:
        batch, length, dim = sentences_shape
        return (batch, dim), (batch, self.hops, length)

    def get_config(self) -> dict[str, Any]:
        names = ("hops", "back", "ahead", "anywhere", "head_dim", "feed_forward")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own, "dropout": self.rate}


@keras.saving.register_keras_serializable(package="mmdemo")
class Present(layers.Layer):
    """Where there is a word: the mask that `Embedding(mask_zero=True)` makes, as a layer.

    Input shape: `(B, words)` int32.
    Output shape: `(B, words)`, bool.

    Example:

    >>> layer = Present()
    >>> inputs = np.array([[0, 7, 0]])
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[False, True, False]]
    """

    def call(self, inputs: Any) -> Any:
        return ops.not_equal(inputs, 0)

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        return keras.KerasTensor(inputs.shape, dtype="bool")


def build(config: Config) -> keras.Model:
    """Story and question in, an answer out; uncompiled.

    Input shape: for `hops` the story `(B, sentences, words)` and the question `(B, words)`; for
    `lstm` the story `(B, words)` and the question `(B, words)`; int32 word ids, 0 for none.
    Output shape: probabilities `(B, answers)`; for `hops` also the attention
    `(B, hops, sentences)`.

    Raises:
        ValueError: `config.network` is neither `hops` nor `lstm`.
    """
    if config.network == "hops":
        return _hops_network(config)
    if config.network == "lstm":
        return _lstm_network(config)
    raise ValueError(f"network must be hops or lstm, got {config.network!r}")


def _hops_network(config: Config) -> keras.Model:
    reads, sizes = config.input, config.hops
    # === Layers ===
    story = keras.Input((None, reads.sentence_words), dtype="int32", name="story")
    question = keras.Input((reads.sentence_words,), dtype="int32", name="question")
    read_story = SentenceEncoder(reads.vocabulary, config.dim, name="read_story")
    read_question = SentenceEncoder(reads.vocabulary, config.dim, name="read_question")
    hops = Hops(
        sizes.hops,
        sizes.heads_back,
        sizes.heads_ahead,
        sizes.heads_anywhere,
        sizes.head_dim,
        sizes.feed_forward,
        sizes.dropout,
        name="hops",
    )
    answer = layers.Dense(reads.answers, activation="softmax", name="answer")

    # === Functional model ===
    state, attention = hops(read_story(story), read_question(question), story)
    return keras.Model([story, question], [answer(state), attention], name="hops_network")


def _lstm_network(config: Config) -> keras.Model:
    reads, sizes = config.input, config.lstm
    # === Layers ===
    story = keras.Input((None,), dtype="int32", name="story")
    question = keras.Input((None,), dtype="int32", name="question")
    story_words = layers.Embedding(reads.vocabulary, config.dim, name="story_words")
    question_words = layers.Embedding(reads.vocabulary, sizes.question_dim, name="question_words")
    story_present = Present(name="story_present")
    question_present = Present(name="question_present")
    read_story = layers.LSTM(sizes.story_units, name="read_story")
    read_question = layers.LSTM(sizes.question_units, name="read_question")
    join = layers.Concatenate(name="join")
    answer = layers.Dense(reads.answers, activation="softmax", name="answer")

    # === Functional model ===
    told = read_story(story_words(story), mask=story_present(story))
    asked = read_question(question_words(question), mask=question_present(question))
    joined = join([told, asked])
    return keras.Model([story, question], answer(joined), name="lstm_network")
