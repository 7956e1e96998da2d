"""Configurations as JSON and back: frozen dataclasses, nested by what they configure."""

from __future__ import annotations

import dataclasses
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
            # A part may be called as one of its settings is: `network`.
            nested = isinstance(left.get(field.name), Mapping)
            part = left.pop(field.name) if nested else _flat(left, kind)
            arguments[field.name] = from_dict(kind, part)
        elif field.name in left:
            arguments[field.name] = _tuples(left.pop(field.name))
    if left:
        raise TypeError(f"{cls.__name__} has no {', '.join(left)}")
    return cls(**arguments)


def replace(config: C, **settings: Any) -> C:
    """A configuration with some settings changed, whichever of its parts they stand in.

    Raises:
        TypeError: there is no such setting.
    """
    parts = {}
    for field in fields(config):  # type: ignore[arg-type]
        part = getattr(config, field.name)
        if is_dataclass(part):
            names = {setting.name for setting in fields(part)}
            own = {name: settings.pop(name) for name in names & settings.keys()}
            parts[field.name] = dataclasses.replace(part, **own)  # type: ignore[type-var]
    return dataclasses.replace(config, **parts, **settings)  # type: ignore[type-var]


def _flat(left: dict[str, Any], kind: Any) -> dict[str, Any]:
    """Take the settings of a part from those that stand beside it."""
    return {field.name: left.pop(field.name) for field in fields(kind) if field.name in left}


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
