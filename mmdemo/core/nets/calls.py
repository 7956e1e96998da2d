"""The calls of a functional network's layers on one input, made once and kept for a while.

A network is run layer by layer, in nested networks too, so that shared layers have a call each
time, no second network is built for a look, and all backends do alike. Looking at one layer after
the other would run it as often; so what its calls took and gave is kept, bounded in bytes and in
time, and let go with the visitor's session. A network whose calls are too large for that is run
anew up to the call that is looked at, and lets go on the way what is no longer needed.
Imports Keras when called.
"""

from __future__ import annotations

import hashlib
import inspect
import threading
import time
import weakref
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import _

if TYPE_CHECKING:
    import keras

KEPT_BYTES = 128 * 1024**2
"""Of all calls that are kept, whoever's they are; a network that makes more is not kept."""
KEPT_SECONDS = 600.0
"""Since the last look at them."""


@dataclass(frozen=True)
class Call:
    """One call of a layer, as the network makes it: tensors of its backend.

    Attributes:
        layer, args, kwargs, outputs: of the call.
        sources: which inputs of the network it depends on.
        shapes: of the outputs in the network, None where the input decides.
    """

    layer: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: Any
    sources: frozenset[int]
    shapes: tuple[tuple[int | None, ...], ...]

    @property
    def taken(self) -> list[Any]:
        """The tensors that the layer takes, in the order of its arguments, named or not."""
        order = list(inspect.signature(self.layer.call).parameters)
        named = sorted(self.kwargs, key=lambda name: order.index(name) if name in order else -1)
        given = [*self.args, *(self.kwargs[name] for name in named)]
        return [value for value in flat(given) if _is_tensor(value)]


class _Stop(Exception):
    """The call that was looked for is made."""

    def __init__(self, call: Call) -> None:
        super().__init__("reached")
        self.call = call


class _TooMuch(Exception):
    """The calls of a network are more than is kept."""


@dataclass
class _Kept:
    """All calls of a network on one input, by layer, in the order in which they were made.

    Attributes:
        network: whose they are; gone as soon as it is no longer in memory.
        calls: by the id of their layer; None where they are too many.
        nbytes: of what they gave.
        since: the last look at them, on the monotonic clock.
    """

    network: weakref.ref[Any]
    calls: dict[int, list[Call]] | None
    nbytes: int
    since: float


class Memory:
    """Calls that are kept, those that nobody looked at for the longest time go first.

    Args:
        max_bytes, seconds: bounds.
    """

    def __init__(self, max_bytes: int = KEPT_BYTES, seconds: float = KEPT_SECONDS) -> None:
        self.max_bytes = max_bytes
        self.seconds = seconds
        self._kept: OrderedDict[tuple[bytes, int], _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, network: Any, inputs: Sequence[np.ndarray]) -> dict[int, list[Call]] | None:
        """All calls of a network on one input; None where they are too large to be kept."""
        key = (_digest(inputs), id(network))
        with self._lock:
            self._sweep()
            known = self._kept.get(key)
            if known is not None:
                known.since = time.monotonic()
                self._kept.move_to_end(key)
                return known.calls
        calls: dict[int, list[Call]] | None = {}
        nbytes = 0

        def watch(made: Call) -> None:
            nonlocal nbytes
            nbytes += sum(_nbytes(tensor) for tensor in flat(made.outputs))
            if nbytes > self.max_bytes:
                raise _TooMuch
            made_calls.setdefault(id(made.layer), []).append(made)

        made_calls: dict[int, list[Call]] = {}
        try:
            _start(network, inputs, watch)
            calls = made_calls
        except _TooMuch:
            calls, nbytes = None, 0
        with self._lock:
            self._kept[key] = _Kept(weakref.ref(network), calls, nbytes, time.monotonic())
            self._kept.move_to_end(key)
            self._sweep()
        return calls

    def forget(self, inputs: Sequence[np.ndarray]) -> None:
        """Let go what networks made of an input."""
        digest = _digest(inputs)
        with self._lock:
            for key in [key for key in self._kept if key[0] == digest]:
                del self._kept[key]

    @property
    def nbytes(self) -> int:
        """Of all that is kept."""
        with self._lock:
            return sum(kept.nbytes for kept in self._kept.values())

    def _sweep(self) -> None:
        old = time.monotonic() - self.seconds
        for key, kept in list(self._kept.items()):
            if kept.since < old or kept.network() is None:
                del self._kept[key]
        total = sum(kept.nbytes for kept in self._kept.values())
        while total > self.max_bytes:
            total -= self._kept.popitem(last=False)[1].nbytes


memory = Memory()


def reach(network: keras.Model, inputs: Sequence[np.ndarray], layer: Any, call: int) -> Call:
    """One call of one layer of a network, with what it takes and gives.

    Args:
        network: a functional one.
        inputs: an array `(1, ...)` per input of the network.
        layer: of the network, or of one that is nested in it.
        call: which of the layer's calls, from 0.

    Raises:
        UserError: the layer is called less often.
    """
    calls = memory.find(network, inputs)
    if calls is not None:
        made = calls.get(id(layer), [])
        if call < len(made):
            return made[call]
        raise UserError(_("This layer is not called so often."))
    left = call

    def watch(made: Call) -> None:
        nonlocal left
        if made.layer is layer:
            if left == 0:
                raise _Stop(made)
            left -= 1

    try:
        _start(network, inputs, watch, layer)
    except _Stop as stop:
        return stop.call
    raise UserError(_("This layer is not called so often."))


def count(network: keras.Model, layer: Any) -> int:
    """How often a network calls a layer, nested networks too; an input of it is given once."""
    return max(_count(_graph(network), layer), 1)


def flat(structure: Any) -> list[Any]:
    """What a structure of lists, tuples and dictionaries holds."""
    import keras

    return list(keras.tree.flatten(structure))


def array(tensor: Any) -> np.ndarray:
    """A tensor of the backend's as float64."""
    import keras

    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float64)


def _start(
    network: keras.Model,
    inputs: Sequence[np.ndarray],
    watch: Callable[[Call], None],
    only: Any = None,
) -> None:
    import keras

    given = [
        keras.ops.convert_to_tensor(array, dtype=tensor.dtype)
        for array, tensor in zip(inputs, network.inputs, strict=True)
    ]
    graph = _graph(network)
    for index, (tensor, value) in enumerate(zip(graph.inputs, given, strict=True)):
        layer = tensor._keras_history.operation
        watch(Call(layer, (), {}, value, frozenset([index]), (tensor.shape,)))
    _run(graph, given, [frozenset([i]) for i in range(len(given))], watch, only)


def _run(
    graph: Any,
    inputs: Sequence[Any],
    sources: Sequence[frozenset[int]],
    watch: Callable[[Call], None],
    only: Any = None,
) -> tuple[list[Any], list[frozenset[int]]]:
    """The outputs of a functional network and what inputs they depend on; `watch` sees each call.

    Inputs of nested networks are no calls: what feeds them has its own row.

    Args:
        graph, inputs, sources, watch: the network, tensors, their origins.
        only: of the outermost network, the layer that all is for; what does not lead to it is
            left out, and there are no outputs.
    """
    import keras

    values = {id(t): x for t, x in zip(graph.inputs, inputs, strict=True)}
    origins = {id(t): s for t, s in zip(graph.inputs, sources, strict=True)}
    nodes = list(_nodes(graph)) if only is None else _leading(graph, only)
    outputs_of = graph.outputs if only is None else []
    awaited = Counter(id(t) for node in nodes for t in node.input_tensors)
    awaited.update(id(t) for t in outputs_of)
    for node in nodes:
        operation = node.operation
        args, kwargs = node.arguments.fill_in(values)
        own = [origins[id(t)] for t in node.input_tensors]
        origin = frozenset[int]().union(*own)
        if isinstance(operation, keras.Model):
            taken = [values[id(t)] for t in node.input_tensors]
            made, found = _run(_graph(operation), taken, own, watch)
        else:
            if getattr(operation, "_call_has_training_arg", False):
                kwargs["training"] = False
            outputs = operation(*args, **kwargs)
            shapes = tuple(tensor.shape for tensor in node.outputs)
            watch(Call(operation, tuple(args), kwargs, outputs, origin, shapes))
            made = flat(outputs)
            found = [origin] * len(made)
        for tensor, value, source in zip(node.outputs, made, found, strict=True):
            values[id(tensor)], origins[id(tensor)] = value, source
        for tensor in node.input_tensors:
            awaited[id(tensor)] -= 1
            if not awaited[id(tensor)]:
                del values[id(tensor)]
    return [values[id(t)] for t in outputs_of], [origins[id(t)] for t in outputs_of]


def _leading(graph: Any, layer: Any) -> list[Any]:
    """The calls that lead to those of a layer, and these, in order."""
    nodes = list(_nodes(graph))
    makers = {id(tensor): node for node in nodes for tensor in node.outputs}
    wanted = [node for node in nodes if _calls(node, layer)]
    needed: set[int] = set()
    while wanted:
        node = wanted.pop()
        if id(node) not in needed:
            needed.add(id(node))
            wanted += [makers[id(t)] for t in node.input_tensors if id(t) in makers]
    return [node for node in nodes if id(node) in needed]


def _graph(network: Any) -> Any:
    """A Sequential holds the functional network that it is."""
    return getattr(network, "_functional", None) or network


def _nodes(graph: Any) -> Iterator[Any]:
    """The calls of a functional network, what feeds others first; of one layer as they were made.

    Its inputs are not among them.
    """
    by_depth = graph._nodes_by_depth
    for depth in sorted(by_depth, reverse=True):
        calls = [node for node in by_depth[depth] if node.operation and not node.is_input]
        yield from sorted(calls, key=lambda node: node.operation._inbound_nodes.index(node))


def _count(graph: Any, layer: Any) -> int:
    """How often a network calls a layer, nested networks too."""
    return sum(_calls(node, layer) for node in _nodes(graph))


def _calls(node: Any, layer: Any) -> int:
    import keras

    if isinstance(node.operation, keras.Model):
        return _count(_graph(node.operation), layer)
    return int(node.operation is layer)


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _nbytes(tensor: Any) -> int:
    return 4 * int(np.prod(tensor.shape))


def _digest(inputs: Sequence[np.ndarray]) -> bytes:
    made = hashlib.blake2b(digest_size=16)
    for each in inputs:
        made.update(f"{each.dtype}{each.shape}".encode())
        made.update(np.ascontiguousarray(each).tobytes())
    return made.digest()
