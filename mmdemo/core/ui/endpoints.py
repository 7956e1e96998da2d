"""Public endpoints, derived from the functions that answer them."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import gradio as gr

from mmdemo.core.demo import Demo
from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.media import notes
from mmdemo.core.ui.arguments import json_value
from mmdemo.core.ui.events import Lane, on

Photo = Annotated[Path, gr.Image]
Sound = Annotated[Path, gr.Audio]
"""What a parameter takes, for the schema that clients see; a plain `Path` is any file."""


def endpoints(demo: Demo, *functions: Callable[..., Any], lane: Lane = "inference") -> None:
    """A public endpoint per function that answers with JSON, beside the page's own events.

    Called `SLUG_FUNCTION`; the docstring describes it, and each parameter is one of its arguments:
    a `Path`, `Photo` or `Sound` without a default is required, `str`, `int`, `float` (or None) and
    `bool` are what they say, `dict` and `list` are JSON.

    Args:
        demo: whose page is being drawn.
        functions: get the arguments' values; a file as `Path`.
        lane: see `on`.
    """
    hidden: dict[tuple[Any, ...], Any] = {}
    for function in functions:
        kinds = typing.get_type_hints(function, include_extras=True)
        inputs = []
        for parameter in inspect.signature(function).parameters.values():
            kind, default = kinds[parameter.name], parameter.default
            key = (parameter.name, str(kind), str(default))
            if key not in hidden:
                hidden[key] = _widget(parameter.name, kind, default)
            inputs.append(hidden[key])
        on(
            gr.Button(visible=False).click,
            _required(function),
            inputs,
            [gr.JSON(visible=False, label="result")],
            network=demo.slug,
            lane=lane,
            api_name=f"{demo.slug}_{function.__name__}",
            api_description=inspect.cleandoc(function.__doc__ or ""),
        )


def _widget(name: str, kind: Any, default: Any) -> Any:
    """A component that nobody sees, whose schema is that of a parameter."""
    value = None if default is inspect.Parameter.empty else default
    options: dict[str, Any] = {"visible": False, "label": name}
    if kind is Path:
        return gr.File(**options)
    if typing.get_origin(kind) is Annotated:
        return typing.get_args(kind)[1](type="filepath", **options)
    if kind is str:
        return gr.Textbox(value, **options)
    if kind is bool:
        return gr.Checkbox(bool(value), **options)
    if kind is int:
        return gr.Number(value, precision=0, **options)
    if kind in (float, float | None, int | None):
        return gr.Number(value, **options)
    return json_value(kind, value, **options)


def _required(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with a clear word where a required file is not in the request."""
    signature = inspect.signature(function)
    kinds = typing.get_type_hints(function)
    files = [
        index
        for index, parameter in enumerate(signature.parameters.values())
        if kinds[parameter.name] is Path and parameter.default is inspect.Parameter.empty
    ]

    def call(*values: Any) -> Any:
        if any(values[index] is None for index in files):
            raise UserError(_("A file is missing from this request."))
        with notes.collected() as found:
            answer = function(*values)
        if found and isinstance(answer, dict):
            answer = answer | {"notes": found}
        return answer

    call.__signature__ = signature  # type: ignore[attr-defined]
    call.__name__, call.__qualname__ = function.__name__, function.__qualname__
    call.__doc__ = function.__doc__
    return call
