"""Outputs of all networks of the catalog under the backend of `$KERAS_BACKEND`.

Run as `python -m tests.support.outputs FILE.npz` by the test that compares backends, since a
process has one backend.
"""

from __future__ import annotations

import sys

import numpy as np

from mmdemo.catalog import DEMOS
from mmdemo.core.serve import runtime


def all_outputs() -> dict[str, np.ndarray]:
    """`MODEL_ID/OUTPUT` -> what the network makes of an input that is the same everywhere."""
    from mmdemo.core.serve import backend

    named = {}
    for model_id in (model_id for demo in DEMOS for model_id in demo.model_ids):
        loaded = runtime.model(model_id)
        inputs = [backend.sample(tensor, batch=2) for tensor in loaded.network.inputs]
        outputs = loaded.call(*inputs)
        for index, output in enumerate(outputs if isinstance(outputs, tuple) else [outputs]):
            named[f"{model_id}/{index}"] = output
        runtime.cache.clear()
    return named | _inside()


def _inside() -> dict[str, np.ndarray]:
    """What is computed beside outputs: gradients, maps of hidden layers, sizes of networks."""
    from mmdemo.core.serve import applications, runtime
    from mmdemo.core.ui.inside import look
    from mmdemo.demos.image_classifier import DEMO, infer

    picture = np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    first, *_, last = infer.map_layers()
    maps = {f"grad_cam/{layer}": infer.grad_cam(picture, 7, layer=layer) for layer in (first, last)}
    one = (picture[None].astype(np.float32),)
    looked, sum_ = runtime.run(DEMO.model_id(), look, one, "backbone/stem_conv", 0, (3, 4, 5))
    parameters = [applications.parameters(name) for name in ("MobileNet", "VGG19")]
    return maps | {
        "look": looked.outputs[0].array,
        "arithmetic": np.array([sum_.found.result, sum_.found.output]),
        "parameters": np.array(parameters),
    }


if __name__ == "__main__":
    np.savez(sys.argv[1], **all_outputs())
