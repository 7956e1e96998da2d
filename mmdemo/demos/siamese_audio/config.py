"""Presets of the siamese sound networks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network, its input and its training.

    Attributes:
        features: `log_mel` (picture of the sound, cut into windows) or `mfcc` (one per recording).
        sample_rate: of the samples that the features are computed from, in Hz.
        frames: columns of the network's input.
        bands: rows of the network's input: mel bands, or MFCC coefficients.
        fft: samples of one spectrum (log-mel).
        hop: samples from one spectrum to the next (log-mel).
        lowest: lower edge of the mel bands in Hz (log-mel).
        floor: decibels below the loudest point of a window that are drawn (log-mel).
        trim: quieter frames than this, in decibels below the loudest, are cut off both ends.
        salient: windows whose loudest point is more decibels below the recording's are left out.
        decimation: every how many-th sample is used, without a filter (MFCC).
        filters: channels of the convolutions (log-mel).
        units: widths of the dense layers (MFCC).
        projection: width of the training head's projection (log-mel).
        dropout: share of values dropped: between dense layers, or before the projection.
        objective: `cosine_softmax` on classes or `contrastive` on pairs.
        scale: factor of the cosines before the softmax.
        label_smoothing: share of the label spread over all classes.
        margin: of the contrastive loss.
        pairs: genuine pairs to train on, and as many impostor pairs (contrastive).
        generated_kinds: kinds of synthetic sound to learn first, and beside the real ones.
        variations: sounds of each generated kind.
        generated_epochs: epochs on generated sounds alone, before any real sound.
        real_share: share of real recordings among the samples afterwards.
        epochs: with `cosine_softmax` of `steps` batches each, else passes over the pairs.
        steps: batches of an epoch (`cosine_softmax`).
        batch: samples of a batch.
        generated_learning_rate: peak of the schedule on generated sounds alone.
        learning_rate: peak of the schedule.
        weight_decay: of AdamW.
        averaging: momentum of the weights' moving average.
        time_stretch: log factor of the speed, either way.
        pitch_scale: log factor along the mel axis, either way.
        pitch_shift: mel bands, either way.
        equaliser: standard deviation in decibels of a smooth curve over the bands.
        mask_frames: widest band of time that is blanked, twice for each window.
        mask_bands: widest band of pitch that is blanked, twice for each window.
        mix: share of windows that are a sum of two recordings, labelled in proportion.
        noise: share of windows with another sound or noise behind them, label kept.
    """

    features: str
    sample_rate: int = 16_000
    frames: int = 128
    bands: int = 64
    fft: int = 1024
    hop: int = 320
    lowest: float = 50.0
    floor: float = 70.0
    trim: float = 60.0
    salient: float = 25.0
    decimation: int = 3
    filters: tuple[int, ...] = (16, 32, 64, 64, 128)
    units: tuple[int, ...] = (128, 128, 128)
    projection: int = 64
    dropout: float = 0.1
    objective: str = "cosine_softmax"
    scale: float = 16.0
    label_smoothing: float = 0.05
    margin: float = 1.0
    pairs: int = 1000
    generated_kinds: int = 600
    variations: int = 8
    generated_epochs: int = 40
    real_share: float = 0.8
    epochs: int = 20
    steps: int = 50
    batch: int = 32
    generated_learning_rate: float = 3e-3
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    averaging: float = 0.98
    time_stretch: float = 0.2
    pitch_scale: float = 0.08
    pitch_shift: float = 2.5
    equaliser: float = 4.0
    mask_frames: int = 24
    mask_bands: int = 8
    mix: float = 0.5
    noise: float = 0.3


DEFAULT = Config(features="log_mel")

BOOK = Config(
    features="mfcc",
    frames=400,
    bands=20,
    objective="contrastive",
    pairs=60,
    epochs=13,
    batch=128,
    learning_rate=1e-3,
)

TINY = Config(
    features="log_mel",
    frames=32,
    bands=16,
    filters=(4, 8),
    projection=8,
    dropout=0.0,
    generated_kinds=4,
    variations=2,
    generated_epochs=1,
    epochs=2,
    steps=4,
    batch=8,
    mask_frames=4,
    mask_bands=2,
)

PRESETS = {"default": DEFAULT, "book": BOOK}
