"""Presets of the siamese sound networks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Input:
    """What a network sees of a sound.

    Attributes:
        features: `log_mel` (picture of the sound, cut into windows) or `mfcc` (one per recording).
        sample_rate: of the samples that the features are computed from, in Hz.
        frames: columns of the network's input.
        bands: rows of the network's input: mel bands, or MFCC coefficients.
        decimation: every how many-th sample is used, without a filter (MFCC).
        fft: samples of one spectrum (log-mel, as all below).
        hop: samples from one spectrum to the next.
        lowest: lower edge of the mel bands in Hz.
        floor: decibels below the loudest point of a window that are drawn.
        trim: quieter frames than this, in decibels below the loudest, are cut off both ends.
        salient: windows whose loudest point is more decibels below the recording's are left out.
    """

    features: str = "log_mel"
    sample_rate: int = 16_000
    frames: int = 128
    bands: int = 64
    decimation: int = 3
    fft: int = 1024
    hop: int = 320
    lowest: float = 50.0
    floor: float = 70.0
    trim: float = 60.0
    salient: float = 25.0


@dataclass(frozen=True)
class Network:
    """The layers.

    Attributes:
        filters: channels of the convolutions (log-mel).
        units: widths of the dense layers (MFCC).
        dropout: share of values dropped: between dense layers, or before the projection.
        projection: width of the training head's projection (log-mel).
        scale: factor of the cosines before its softmax (log-mel).
        members: networks side by side in what is served: one that heard everything, and those of
            `data.unseen_kinds`, which heard half of the kinds each (log-mel).
        whitening: how far the scatter within kinds is evened out in the embedding: the power of its
            inverse, .5 for wholly (log-mel).
    """

    filters: tuple[int, ...] = (16, 32, 64, 64, 128)
    units: tuple[int, ...] = (128, 128, 128)
    dropout: float = 0.1
    projection: int = 64
    scale: float = 16.0
    members: int = 1
    whitening: float = 0.25


@dataclass(frozen=True)
class Training:
    """How a network learns real recordings.

    Attributes:
        objective: `cosine_softmax` on classes or `contrastive` on pairs.
        epochs: with `cosine_softmax` of `steps` batches each, else passes over the pairs.
        batch: samples of a batch.
        learning_rate: peak of the schedule.
        margin: of the contrastive loss.
        pairs: genuine pairs to train on, and as many impostor pairs (contrastive).
        steps: batches of an epoch (`cosine_softmax`, as all below).
        real_share: share of real recordings among the samples, beside generated ones.
        label_smoothing: share of the label spread over all classes.
        weight_decay: of AdamW.
        averaging: momentum of the weights' moving average.
    """

    objective: str = "cosine_softmax"
    epochs: int = 20
    batch: int = 32
    learning_rate: float = 2e-3
    margin: float = 1.0
    pairs: int = 1000
    steps: int = 50
    real_share: float = 0.8
    label_smoothing: float = 0.05
    weight_decay: float = 1e-4
    averaging: float = 0.98


@dataclass(frozen=True)
class Generated:
    """Synthetic sounds to learn first, and beside the real ones (`cosine_softmax`).

    Attributes:
        generated_kinds: kinds of sound.
        variations: sounds of each kind.
        generated_epochs: epochs on them alone, before any real sound.
        generated_learning_rate: peak of the schedule on them alone.
    """

    generated_kinds: int = 600
    variations: int = 8
    generated_epochs: int = 40
    generated_learning_rate: float = 3e-3


@dataclass(frozen=True)
class Augmentation:
    """How windows are altered (`cosine_softmax`).

    Attributes:
        time_stretch: log factor of the speed, either way.
        pitch_scale: log factor along the mel axis, either way.
        pitch_shift: mel bands, either way.
        equaliser: standard deviation in decibels of a smooth curve over the bands.
        mask_frames: widest band of time that is blanked, twice for each window.
        mask_bands: widest band of pitch that is blanked, twice for each window.
        mix: share of windows that are a sum of two recordings, labelled in proportion.
        noise: share of windows with another sound or noise behind them, label kept.
    """

    time_stretch: float = 0.2
    pitch_scale: float = 0.08
    pitch_shift: float = 2.5
    equaliser: float = 4.0
    mask_frames: int = 24
    mask_bands: int = 8
    mix: float = 0.5
    noise: float = 0.3


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network, its input and its training."""

    input: Input = Input()
    network: Network = Network()
    training: Training = Training()
    generated: Generated = Generated()
    augmentation: Augmentation = Augmentation()


DEFAULT = Config(network=Network(members=3))

BOOK = Config(
    Input("mfcc", frames=400, bands=20),
    training=Training("contrastive", epochs=13, batch=128, learning_rate=1e-3, pairs=60),
)

TINY = Config(
    Input(frames=32, bands=16),
    Network(filters=(4, 8), projection=8, dropout=0.0),
    Training(epochs=2, steps=4, batch=8),
    Generated(generated_kinds=4, variations=2, generated_epochs=1),
    Augmentation(mask_frames=4, mask_bands=2),
)

PRESETS = {"default": DEFAULT, "book": BOOK}
