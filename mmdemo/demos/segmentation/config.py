"""Presets of the networks that cut out nuclei (the book's three, and ours), streets and pets."""

from __future__ import annotations

from dataclasses import dataclass, field

from mmdemo.core.demo import ModelId
from mmdemo.core.media.stretch import Input
from mmdemo.core.weights.configuration import replace

CLASSIFIER = ModelId("image_classifier", "", "default")
"""Whose backbone DeepLab stands on."""
STRIDE = 16
"""Both sides of a picture are multiples of it, for every preset."""
MAPS = ("inside", "border", "distance")
"""What a network may say of each pixel: see `targets.of_labels`."""


@dataclass(frozen=True)
class Network:
    """What `model.build` makes.

    Attributes:
        network: `unet`, `encoder_decoder` or `deeplab`.
        maps: of `MAPS`, what it says of each pixel, where it knows one kind of thing.
        kinds: how many it tells apart, in place of maps.
        base: channels at full resolution; each halving doubles them (`unet`, `encoder_decoder`).
        depth: how often the picture is halved (`unet`, `encoder_decoder`).
        stem, widths, depths: of the backbone, as `core.nets.backbone.build` takes them (`deeplab`).
        hidden: channels of each branch of the pyramid (`deeplab`).
        low: channels that the finer map is reduced to (`deeplab`).
        dilations: of the pyramid's 3 x 3 convolutions (`deeplab`).
        own_stage: whether the backbone's last stage is trained, too (`deeplab`).
    """

    network: str = "unet"
    maps: tuple[str, ...] = ("inside",)
    kinds: int = 0
    base: int = 16
    depth: int = 4
    stem: int = 0
    widths: tuple[int, ...] = ()
    depths: tuple[int, ...] = ()
    hidden: int = 0
    low: int = 0
    dilations: tuple[int, ...] = ()
    own_stage: bool = False


@dataclass(frozen=True)
class Training:
    """How a network learns.

    Attributes:
        epochs: how often it is stored on the way, and a row of its history is written.
        steps: batches of an epoch.
        batch: crops of a batch.
        crop: their side, in pixels.
        last_epochs: further ones, with larger crops.
        last_crop: their side.
        zoom: crops are scaled by up to this, and by down to one over this.
        learning_rate: the highest one; it rises along a line and falls along a cosine, and so once
            more, to half of it, in the last epochs.
        weight_decay: AdamW's.
    """

    epochs: int = 24
    steps: int = 40
    batch: int = 8
    crop: int = 160
    last_epochs: int = 0
    last_crop: int = 0
    zoom: float = 1.4
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network and trains it."""

    network: Network = Network()
    input: Input = field(default_factory=Input)
    training: Training = Training()


UNET = Config()
DEFAULT = replace(UNET, maps=MAPS, epochs=50, last_epochs=16, last_crop=256)
ENCODER_DECODER = replace(UNET, network="encoder_decoder")
DEEPLAB = replace(
    UNET,
    network="deeplab",
    base=0,
    depth=0,
    stem=32,
    widths=(64, 160, 320, 512),
    depths=(0, 1, 3, 2),
    hidden=64,
    low=32,
    dilations=(2, 4, 6),
)
STREET = replace(
    DEEPLAB,
    maps=(),
    kinds=11,
    hidden=96,
    low=48,
    own_stage=True,
    dark=0.0,
    bright=100.0,
    most=180_000,
    epochs=24,
    batch=6,
    crop=288,
    zoom=1.5,
    learning_rate=1e-3,
)
PETS = replace(
    STREET,
    kinds=3,
    hidden=24,
    low=16,
    own_stage=False,
    most=110_000,
    epochs=16,
    batch=8,
    crop=224,
)
TINY = replace(DEFAULT, base=4, depth=2, epochs=2, steps=3, batch=2, crop=48, learning_rate=1e-2)
PRESETS = {
    "nuclei/default": DEFAULT,
    "nuclei/unet": UNET,
    "nuclei/encoder_decoder": ENCODER_DECODER,
    "nuclei/deeplab": DEEPLAB,
    "street/default": STREET,
    "pets/default": PETS,
}
