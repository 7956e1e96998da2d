"""Training the networks that cut out, on crops of pictures.

python -m mmdemo train segmentation/nuclei --preset default
python -m mmdemo train segmentation/nuclei --preset unet
python -m mmdemo train segmentation/nuclei --preset encoder_decoder
python -m mmdemo train segmentation/nuclei --preset deeplab
python -m mmdemo train segmentation/street
python -m mmdemo train segmentation/pets
"""

from __future__ import annotations

from mmdemo.core.train.fit import Run

from .config import Config
from .cutting import Cutting
from .kinds import EXPERIMENTS
from .things import Things


def experiment(run: Run, config: Config) -> Cutting:
    """What `train` and `evaluate` run."""
    return EXPERIMENTS.get(run.model_id.task, Things)(run, config)
