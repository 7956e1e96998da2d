"""Configurations as JSON and back: frozen dataclasses, nested by what they configure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, get_type_hints

C = TypeVar("C")


def from_dict(cls: type[C], values: Mapping[str, Any]) -> C:
    """A configuration from what `dataclasses.asdict` made of it.

    JSON has no tuples, and the frozen configurations have no lists. What is missing has its
    default. The settings of a nested configuration may also stand beside it, as those of weights
    do that were stored before configurations were nested.

    Raises:
        TypeError: a setting is unknown, or one without a default is missing.
    """
    left = dict(values)
    kinds = get_type_hints(cls)
    arguments: dict[str, Any] = {}
    for field in fields(cls):  # type: ignore[arg-type]
        kind = kinds[field.name]
        if isinstance(kind, type) and is_dataclass(kind):
            flat = {name: left.pop(name) for name in _names(kind) if name in left}
            arguments[field.name] = from_dict(kind, left.pop(field.name, flat))
        elif field.name in left:
            arguments[field.name] = _tuples(left.pop(field.name))
    if left:
        raise TypeError(f"{cls.__name__} has no {', '.join(left)}")
    return cls(**arguments)


def _names(kind: Any) -> list[str]:
    return [field.name for field in fields(kind)]


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
