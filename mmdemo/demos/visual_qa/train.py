"""Training the networks that answer questions about pictures.

python -m mmdemo train visual_qa/shapes --preset default
python -m mmdemo train visual_qa/shapes --preset book
python -m mmdemo train visual_qa/relations --preset default
python -m mmdemo train visual_qa/relations --preset relation
"""

from __future__ import annotations

from mmdemo.core.train.fit import Run

from .config import Config
from .learning import Learning
from .relations import HowTheyLie
from .shapes import OneShape


def experiment(run: Run, config: Config) -> Learning:
    """What `train` and `evaluate` run."""
    kind = HowTheyLie if config.training.task == "relations" else OneShape
    return kind(run, config)
