"""Where a network runs: one decorator for every function that runs one.

- On a processor it does nothing.
- On an ordinary GPU the backend uses it; `backend.py` has TensorFlow grow its memory as needed.
- On Hugging Face's ZeroGPU, which lends PyTorch a GPU per call in a forked process, it is
  `spaces.GPU`: arguments and answers travel between processes, so they are arrays and plain values.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

SECONDS = 15
"""What one call takes on a lent GPU, at most, where nothing else is said."""


def is_zero() -> bool:
    """Whether this is a ZeroGPU Space."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def on_gpu(
    seconds: int | Callable[..., int] = SECONDS,
) -> Callable[[Function], Function]:
    """Run a function where the GPU is.

    `runtime.Loaded.call` has it, so that every network is reached through it. A function that calls
    networks many times in a row may carry it too: then it waits for a GPU once.

    Args:
        seconds: at most what one call takes on ZeroGPU, or a function of its arguments that says
            so; the shorter, the sooner its turn.
    """

    def decorate(function: Function) -> Function:
        if not is_zero():
            return function
        import spaces  # before PyTorch, which it prepares

        return spaces.GPU(duration=seconds)(function)

    return decorate


if is_zero():
    os.environ.setdefault("KERAS_BACKEND", "torch")  # it has no TensorFlow
