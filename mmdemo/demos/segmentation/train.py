"""Training the networks that cut out, on crops of pictures.

python -m mmdemo train segmentation/nuclei --preset default
python -m mmdemo train segmentation/nuclei --preset unet
python -m mmdemo train segmentation/nuclei --preset encoder_decoder
python -m mmdemo train segmentation/nuclei --preset deeplab
python -m mmdemo train segmentation/street
"""

from __future__ import annotations

from mmdemo.core.train.fit import Run

from .config import Config
from .cutting import Cutting
from .kinds import Kinds
from .things import Things


def experiment(run: Run, config: Config) -> Cutting:
    """What `train` and `evaluate` run."""
    return Kinds(run, config) if config.network.kinds else Things(run, config)
