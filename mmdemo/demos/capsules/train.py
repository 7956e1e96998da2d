"""Training the networks that read digits, on altered digits of MNIST.

python -m mmdemo train capsules/digits --preset default
python -m mmdemo train capsules/digits --preset book
python -m mmdemo train capsules/digits --preset cnn
python -m mmdemo train capsules/overlaid
"""

from __future__ import annotations

from mmdemo.core.train.fit import Run

from .alone import Alone
from .config import Config
from .learning import Learning
from .overlaid import Overlaid


def experiment(run: Run, config: Config) -> Learning:
    """What `train` and `evaluate` run."""
    return Overlaid(run, config) if config.network.shown > 1 else Alone(run, config)
