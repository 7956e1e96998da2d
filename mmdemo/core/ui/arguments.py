"""What arrives at an event is what its components give, or the sender is told what it should be."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.exceptions import InvalidPathError
from gradio_client.utils import async_traverse, is_file_obj_with_meta, is_http_url_like
from pydantic import ConfigDict, TypeAdapter, ValidationError

from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.serve import fetch
from mmdemo.core.ui.events import refusal
from mmdemo.core.ui.languages import SpokenBlocks


class CheckedBlocks(SpokenBlocks):
    """An app whose every event checks its values before it moves a file or calls a handler.

    Pages send what their widgets hold; a program may send anything, to the events of pages too.
    """

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """As Gradio's own.

        Raises:
            gr.Error: a value is missing or of another kind, a file was not uploaded here, or
                cannot be fetched from the address that stands for it.
        """
        if not _is_text(inputs):
            raise refusal(_("Some text of this request is not Unicode: it has half a character."))
        names = list(inspect.signature(block_fn.fn).parameters)
        if len(inputs) < len(block_fn.inputs):
            missing = ", ".join(names[len(inputs) : len(block_fn.inputs)])
            raise refusal(
                _("This asks for {count} values and got {given}: there is no {missing}.").format(
                    count=len(block_fn.inputs), given=len(inputs), missing=missing
                )
            )
        for name, block, value in zip(names, block_fn.inputs, inputs, strict=False):
            now = state[block._id] if state is not None and block._id in state else block
            if wanted := wrong(now, value):
                raise refusal(
                    _("{name} must be {wanted}, not {value}.").format(
                        name=name, wanted=wanted, value=_kind(value)
                    )
                )
        inputs = await _fetched(inputs)
        try:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except (InvalidPathError, ValidationError) as error:
            raise refusal(
                _(
                    "A file of this request was not uploaded here, or is no longer there. "
                    "Upload it again, then ask with the path that the upload answers."
                )
            ) from error


async def _fetched(inputs: list[Any]) -> list[Any]:
    """The values with a file in place of each web address that stands for one.

    Gradio would fetch these as well, without a bound on their size or on the time.
    """
    known: dict[str, str] = {}

    async def local(file: dict[str, Any]) -> dict[str, Any]:
        url = file["path"]
        if not is_http_url_like(url):
            return file
        if url not in known:
            if len(known) == fetch.MAX_FILES:
                raise refusal(
                    _("At most {count} files of a request can be web addresses.").format(
                        count=fetch.MAX_FILES
                    )
                )
            try:
                known[url] = str(await fetch.fetch(url))
            except UserError as error:
                raise refusal(str(error)) from error
        return {**file, "path": known[url], "url": None}

    return await async_traverse(inputs, local, is_file_obj_with_meta)


def json_value(kind: Any, value: Any, **options: Any) -> gr.JSON:
    """A component for JSON of one kind, which its schema tells and `wrong` checks.

    Args:
        kind: such as `list[str]`.
        value, options: of `gr.JSON`.
    """
    component: Any = gr.JSON(value, **options)
    component.adapter = TypeAdapter(kind, config=ConfigDict(strict=True))
    component.api_info = component.adapter.json_schema
    return component


def wrong(component: Any, value: Any) -> str | None:
    """What a component's raw value should be, where it is none of its own; None where it is.

    Args:
        component: as it is now, with the choices that it offers now.
        value: as it came over the network; None stands for an empty component.
    """
    if value is None and not isinstance(component, gr.Dataset):
        return None
    for kinds, check in _CHECKS:
        if isinstance(component, kinds):
            return check(component, value)
    return None


def _text(component: Any, value: Any) -> str | None:
    return None if isinstance(value, str) else _("text")


def _flag(component: Any, value: Any) -> str | None:
    return None if isinstance(value, bool) else _("true or false")


def _number(component: Any, value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return _("a number")
    if getattr(component, "precision", None) == 0 and value != int(value):
        return _("a whole number")
    return None


def _choice(component: Any, value: Any) -> str | None:
    known = [choice for _label, choice in component.choices]
    several = bool(getattr(component, "multiselect", False))
    if several != isinstance(value, list):
        return _("a list of choices") if several else _("one of the choices")
    custom = getattr(component, "allow_custom_value", False)
    for one in value if several else [value]:
        if not isinstance(one, str | int | float) or (one not in known and not custom):
            offered = ", ".join(map(str, known[:20])) + (", ..." if len(known) > 20 else "")
            return _("one of the choices ({offered})").format(offered=offered)
    return None


def _file(component: Any, value: Any) -> str | None:
    files = value if isinstance(value, list) else [value]
    if isinstance(value, list) and getattr(component, "file_count", "single") == "single":
        return _("one uploaded file")
    for file in files:
        if not isinstance(file, dict) or not isinstance(file.get("path"), str):
            form = '{"path": ..., "meta": {"_type": "gradio.FileData"}}'
            return _("an uploaded file, {form}").format(form=form)
    return None


def _drawing(component: Any, value: Any) -> str | None:
    return None if isinstance(value, dict) else _("a drawing")


def _example(component: Any, value: Any) -> str | None:
    count = len(component.raw_samples)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if is_number and 0 <= value < count:
        return None
    return _("the number of an example, 0 to {last}").format(last=count - 1)


def _json(component: Any, value: Any) -> str | None:
    adapter = getattr(component, "adapter", None)  # of one that `json_value` made
    if adapter is None:
        return None
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"[{part!r}]" for part in first["loc"])
        why = f"{where + ': ' if where else ''}{first['msg'].lower()}"  # the library's own words
        return _("JSON of another kind ({why})").format(why=why)
    return None


Check = Callable[[Any, Any], "str | None"]
_CHECKS: tuple[tuple[Any, Check], ...] = (
    (gr.Dataset, _example),
    (gr.JSON, _json),
    (gr.Textbox, _text),
    (gr.Checkbox, _flag),
    ((gr.Number, gr.Slider), _number),
    ((gr.Radio, gr.Dropdown, gr.CheckboxGroup), _choice),
    (gr.ImageEditor, _drawing),
    ((gr.File, gr.Image, gr.Audio, gr.Video, gr.UploadButton, gr.DownloadButton), _file),
)


def _kind(value: Any) -> str:
    """A value's kind in JSON's words; a short one itself."""
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 40 else _("another text")
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    return _("a list") if isinstance(value, list) else _("an object")


def _is_text(value: Any) -> bool:
    """Whether all text in a value can be sent back."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
