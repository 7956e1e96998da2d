"""How much each head of an attention looks at each word. Imports Keras when called.

Any layer is asked whose call takes `return_attention_scores`, as Keras' own attentions do: it then
gives, after its outputs, the scores `(B, heads, queries, keys)` or `(B, queries, keys)`.
"""

from __future__ import annotations

import inspect
from typing import Any

from mmdemo.core.nets.calls import Call, flat


def scores(made: Call) -> Any:
    """The scores `(1, heads, queries, keys)` of a call; None where its layer has none to show."""
    if not made.taken or not gives_scores(made.layer):
        return None
    import keras

    options = {**made.kwargs, "return_attention_scores": True}
    found = flat(made.layer(*made.args, **options))[-1]
    if found is None or len(found.shape) not in (3, 4):
        return None
    return found if len(found.shape) == 4 else keras.ops.expand_dims(found, 1)


def gives_scores(layer: Any) -> bool:
    """Whether a layer can be asked for its scores."""
    call = getattr(layer, "call", None)
    return call is not None and "return_attention_scores" in inspect.signature(call).parameters
