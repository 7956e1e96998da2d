"""What happens at an event of a page: files as paths, clear errors, long work that streams.

Everything that a visitor can set off goes through `on`.
"""

from __future__ import annotations

import functools
import inspect
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import gradio as gr
from gradio.context import LocalContext

from mmdemo.core.errors import NO_ROOM, UserError, WeightsError, for_visitors, no_room
from mmdemo.core.language import N_, _
from mmdemo.core.media import notes
from mmdemo.core.serve import runtime
from mmdemo.core.serve.inputs import Record, recorded, sessions

logger = logging.getLogger(__name__)

Lane = Literal["inference", "fetch", "long"]
LANES: dict[Lane, int] = {"inference": 4, "fetch": 2, "long": 1}
"""Events at once of those that compute, of those that may download for minutes, and of those that
compute for minutes. Each lane has a queue of its own, so that no slow one holds up a quick one."""
MAX_SECONDS: dict[Lane, float] = {"inference": 60, "fetch": 900, "long": 600}
"""How long a visitor may hold a place of a lane with a handler that yields."""
MAX_UPLOAD = 64 * 1024**2
OUTDATED = N_("The question or a setting has changed. Ask again to have it answered.")
"""Stands where an answer was, or was about to be."""
_END: Any = object()


def on(
    trigger: Callable[..., Any],
    fn: Callable[..., Any],
    inputs: Sequence[Any] = (),
    outputs: Sequence[Any] = (),
    *,
    network: str | None = None,
    lane: Lane = "inference",
    api_name: str | None = None,
    validator: Callable[..., Any] | None = None,
    **options: Any,
) -> Any:
    """Attach a handler to an event.

    Files arrive as paths and are decoded by `core.media` within its bounds: Gradio's own decoding,
    which has none, is switched off. A `UserError` is shown as its message; any other error is
    logged with its trace and shown as one plain line.

    A handler that yields shows each value as it comes. Where the visitor leaves, or another event
    cancels this one (see `outdate`), it is closed at its next `yield`.

    Args:
        trigger: such as `button.click`.
        fn: gets the components' raw values; a file as `Path` or None.
        inputs: components.
        outputs: components.
        network: slug of the demo whose networks the handler runs; says so on first use.
        lane: in whose queue the event waits.
        api_name: name of the public endpoint; without one the event is private to the page.
        validator: gets the same values and returns `gr.validate(...)` per input.
        options: further options of the event.
    """
    handler = _handler(fn, network, inputs, MAX_SECONDS[lane], remember=not api_name)
    if api_name:
        handler.__name__ = api_name  # what Gradio calls the MCP tool
    return trigger(
        handler,
        inputs=list(inputs),
        outputs=list(outputs),
        preprocess=False,
        api_name=api_name,
        api_visibility="public" if api_name else "private",
        concurrency_id=lane,
        concurrency_limit=LANES[lane],
        validator=None if validator is None else _paths(validator),
        **options,
    )


def outdate(
    answers: Sequence[Any],
    changes: Sequence[Callable[..., Any]],
    hide: Callable[[], Any],
    outputs: Sequence[Any],
) -> None:
    """An answer stands beside its own question alone: where that changes, it goes with a word.

    Args:
        answers: the events that answer, as `on` gives them; one that is under way comes too late.
        changes: such as `photo.change`.
        hide: what empties the outputs; the first that is empty text then says why instead, where
            anything stood there.
        outputs: components.
    """

    values = hide()
    emptied = list(values) if isinstance(values, tuple) else [values]
    code = f"() => ({_one_or_all(emptied)})"
    shown = []
    if "" in emptied:
        place = emptied.index("")
        said = f'<p class="mm-note" role="status">{_(OUTDATED)}</p>'
        why = [*emptied[:place], said, *emptied[place + 1 :]]
        code = f"(shown) => shown ? {_one_or_all(why)} : {_one_or_all(emptied)}"
        shown = [outputs[place]]
    # In the browser, at once: on its way to the server it would meet an answer to the new question.
    for change in changes:
        change(None, shown, list(outputs), js=code, cancels=list(answers), api_visibility="private")


def _one_or_all(values: Sequence[Any]) -> str:
    """As a script gives them to components."""
    return json.dumps(values if len(values) > 1 else values[0])


def offer(widget: gr.File | gr.DownloadButton, file: Path) -> dict[str, Any]:
    """Show a widget from which the visitor takes a file home; the file itself may then go.

    It is copied to Gradio's cache, which empties itself: nothing of a visitor's is to stay.
    """
    return gr.update(value=widget.move_resource_to_block_cache(file), visible=True)


def steps(
    items: Sequence[Any], unit: str = "", size: Callable[[Any], int] = lambda item: 1
) -> Iterator[Any]:
    """The items of a long job, one by one; the page shows how much is done and the time left.

    Args:
        items: what is worked through.
        unit: what is counted, in the plural.
        size: how much of it an item is.
    """
    bar = gr.Progress()
    started = time.monotonic()
    count, done = sum(map(size, items)), 0
    for item in items:
        left = (time.monotonic() - started) / max(done, 1) * (count - done)
        bar(
            (done, count),
            desc=_("about {seconds:.0f} s left").format(seconds=left) if done else None,
            unit=unit or _("steps"),
        )
        yield item
        done += size(item)


def session() -> str | None:
    """What tells the page whose event this is from others; None outside of one."""
    request = LocalContext.request.get(None)
    return None if request is None else request.session_hash


def _handler(
    fn: Callable[..., Any],
    network: str | None,
    inputs: Sequence[Any],
    seconds: float,
    remember: bool = False,
) -> Callable[..., Any]:
    """Wrap a handler of these components: paths in, clear errors out, a word when it takes long.

    What networks were given is remembered for the page (`core.serve.inputs`).
    """
    with_paths = _paths(fn)

    def announce(progress: Any) -> None:
        if network is not None and not runtime.is_loaded(network):
            progress(0.1, desc=_("Starting the network: about ten seconds, the first time only"))

    def keep(record: Record, arguments: Sequence[Any]) -> None:
        asking = session()
        if remember and record.given and asking is not None:
            sessions.keep(asking, fn, tuple(map(_path, arguments)), record)

    @functools.wraps(fn)
    def handler(*values: Any) -> Any:
        *arguments, progress = values
        arguments = _drawn(inputs, arguments)
        announce(progress)
        record = Record()
        try:
            with sessions.event(session()):
                with notes.collected() as found, recorded(record):
                    answer = with_paths(*arguments)
                keep(record, arguments)
            _tell(found)
            return answer
        except gr.Error:
            raise
        except Exception as error:
            raise _shown(error, fn, arguments) from error

    @functools.wraps(fn)
    def generator(*values: Any) -> Iterator[Any]:
        *arguments, progress = values
        arguments = _drawn(inputs, arguments)
        announce(progress)
        end = time.monotonic() + seconds
        under_way = ExitStack()
        try:
            parts: Iterator[Any] = iter(with_paths(*arguments))
            record = Record()
            under_way.enter_context(sessions.event(session()))
            while True:
                # Each part may come from a thread of its own.
                with notes.collected() as found, recorded(record):
                    value = next(parts, _END)
                _tell(found)
                if value is _END:
                    keep(record, arguments)
                    return
                yield value
                if time.monotonic() > end:
                    raise UserError(
                        _(
                            "This took longer than {seconds:.0f} seconds, so it was stopped here: "
                            "others are waiting."
                        ).format(seconds=seconds)
                    )
        except gr.Error:
            raise
        except Exception as error:
            raise _shown(error, fn, arguments) from error
        finally:
            under_way.close()

    wrapped: Any = generator if inspect.isgeneratorfunction(fn) else handler
    # Gradio reads the signature: it names the parameters of an endpoint after it, and passes a
    # progress bar to the parameter that has one as its default.
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    named = [p for p in inspect.signature(fn).parameters.values() if p.kind is kind]
    rest = [inspect.Parameter(f"value_{i}", kind) for i in range(len(named), len(inputs))]
    progress = inspect.Parameter("progress", kind, default=gr.Progress())
    wrapped.__signature__ = inspect.Signature([*named, *rest, progress])
    return wrapped


def _drawn(inputs: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    """Drawings with what the browser sent of them beforehand, which Gradio hands out once."""
    found = list(values)
    for index, (component, value) in enumerate(zip(inputs, values, strict=False)):
        if isinstance(component, gr.ImageEditor) and isinstance(value, dict):
            sent = component.blob_storage.pop(value.get("id") or "", None)
            if sent is not None:
                found[index] = {
                    "background": sent.background,
                    "layers": sent.layers,
                    "composite": sent.composite,
                }
    return found


def _tell(found: Sequence[str]) -> None:
    """Show the page what is to be said of an upload that was read."""
    for text in found:
        gr.Warning(text, title=_("Please note"))


def refusal(message: str) -> gr.Error:
    """What a visitor or a program can put right, shown and not logged."""
    return gr.Error(message, title=_("Please check"), print_exception=False)


def _shown(error: Exception, fn: Callable[..., Any], values: Sequence[Any]) -> gr.Error:
    """What the visitor is told of an error of a handler that got these values."""
    if _is_gone(values):
        return refusal(
            _(
                "An upload is no longer here: it was kept as long as is promised. "
                "Please choose the file again."
            )
        )
    if isinstance(error, UserError):
        if isinstance(error, WeightsError):  # for the owner to put right
            logger.warning("%s: %s", fn.__qualname__, error)
        return refusal(for_visitors(error))
    if no_room(error):
        logger.error("%s: %s", fn.__qualname__, error)
        return gr.Error(_(NO_ROOM), title=_("No room"), print_exception=False)
    if empty := _empty(fn, values):  # a page always sends these
        logger.warning("%s got no %s: %r", fn.__qualname__, ", ".join(empty), error)
        return refusal(
            _("Something is empty that is asked for: {names}.").format(names=", ".join(empty))
        )
    logger.error("%s failed", fn.__qualname__, exc_info=error)
    return gr.Error(
        _(
            "Something went wrong here, and it was not your input's fault. "
            "It has been logged; please try again."
        ),
        print_exception=False,
    )


def _is_gone(values: Sequence[Any]) -> bool:
    """Whether an upload was deleted while its question waited for its turn."""
    several = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return any(
        _is_upload(one) and one.get("path") and not Path(one["path"]).exists() for one in several
    )


def _empty(fn: Callable[..., Any], values: Sequence[Any]) -> list[str]:
    """The parameters that got None, without saying in their annotation that they may."""
    parameters = inspect.signature(fn).parameters.values()
    return [
        parameter.name
        for parameter, value in zip(parameters, values, strict=False)
        if value is None and "None" not in str(parameter.annotation)
    ]


def _paths(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Turn Gradio's file descriptions into paths before calling `fn`."""

    @functools.wraps(fn)
    def call(*values: Any) -> Any:
        return fn(*(_path(value) for value in values))

    return call


def _path(value: Any) -> Any:
    if _is_upload(value):
        if not value.get("path"):
            raise UserError(_("This upload did not arrive. Please choose the file again."))
        return Path(value["path"])
    if isinstance(value, list):
        return [_path(one) for one in value]
    return value


def _is_upload(value: Any) -> bool:
    return isinstance(value, dict) and value.get("meta", {}).get("_type") == "gradio.FileData"


def require_file(*labels: str, **fields: str) -> Callable[..., Any]:
    """A validator: one message per file input that is empty; other inputs always pass.

    Gradio takes a list of what it says of several inputs, and of one alone the bare thing.

    Args:
        labels: what to ask for at each input in turn; an empty label means "not required".
            Looked up when it is said.
        fields: texts that stand in the labels, such as `noun="photo"` in `the first {noun}`.
    """

    def validate(*values: Any) -> Any:
        said = {name: _(text) for name, text in fields.items()}
        found = [
            gr.validate(
                not label or value is not None,
                _("Add {what} first.").format(what=_(label).format(**said))
                if label
                else "accepted",
            )
            for label, value in zip(labels, values, strict=True)
        ]
        return found if len(found) > 1 else found[0]

    return validate
