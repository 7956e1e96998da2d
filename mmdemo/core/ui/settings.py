"""Settings of a page that a link carries and restores."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import gradio as gr

from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.ui.languages import link


@dataclass(frozen=True)
class Setting:
    """A component whose value goes into the link to a page's settings.

    Attributes:
        name: of the query parameter.
        component: a choice, a number or a check box; never what a visitor uploads or writes.
        limits: properties of the component under a preset, where they depend on it.
        parse: a choice from the text of a link; raises a UserError where there is no such choice.
    """

    name: str
    component: Any
    limits: Callable[[str], dict[str, Any]] | None = None
    parse: Callable[[str], Any] | None = None

    def restored(self, query: Mapping[str, str]) -> Any:
        """The update that a link asks for; what makes no sense is passed over."""
        update = self._limits(query.get("preset"))
        text = query.get(self.name)
        if text is None:
            return gr.update(**update) if update else gr.skip()
        if isinstance(self.component, gr.Radio | gr.Dropdown):
            update |= self._choice(text)
        elif isinstance(self.component, gr.Checkbox):
            update |= {"value": text == "true"} if text in ("true", "false") else {}
        elif isinstance(self.component, gr.Slider | gr.Number):
            update |= self._number(text, update)
        return gr.update(**update) if update else gr.skip()

    def _choice(self, text: str) -> dict[str, Any]:
        choices = {str(value): value for _, value in self.component.choices}
        if text in choices:
            return {"value": choices[text]}
        try:
            return {} if self.parse is None else {"value": self.parse(text)}
        except UserError:  # of a link that somebody changed
            return {}

    def _limits(self, preset: str | None) -> dict[str, Any]:
        if self.limits is None or preset is None:
            return {}
        try:
            return self.limits(preset)
        except UserError:  # a preset that is not there
            return {}

    def _number(self, text: str, update: Mapping[str, Any]) -> dict[str, Any]:
        try:
            value = float(text)
        except ValueError:
            return {}
        if not math.isfinite(value):
            return {}
        low = update.get("minimum", self.component.minimum)
        high = update.get("maximum", self.component.maximum)
        value = value if low is None else max(value, low)
        return {"value": value if high is None else min(value, high)}


_collected: ContextVar[list[Setting] | None] = ContextVar("settings", default=None)


def setting(name: str, component: Any, **options: Any) -> Any:
    """Have the link to a page's settings carry a component's value; answers the component.

    Args:
        name, component, options: as in `Setting`.
    """
    collected = _collected.get()
    if collected is not None and name not in {known.name for known in collected}:
        collected.append(Setting(name, component, **options))
    return component


def limits(component: Any) -> Callable[[str], dict[str, Any]] | None:
    """What a component of the page being drawn may be under a preset, where that matters."""
    for known in _collected.get() or ():
        if known.component is component:
            return known.limits
    return None


@contextmanager
def settings_link(blocks: gr.Blocks) -> Iterator[None]:
    """Around a page's widgets: a button that copies a link, and its restoration on arrival."""
    settings: list[Setting] = []
    token = _collected.set(settings)
    try:
        yield
    finally:
        _collected.reset(token)
    components = [known.component for known in settings]
    copy = gr.Button(_("Copy link to these settings"), size="sm", elem_classes="mm-link")
    answer = gr.HTML(padding=False)
    code = _COPY_LINK.replace("NAMES", json.dumps([known.name for known in settings]))
    code = code.replace("SEARCH", json.dumps(link("")))
    for text in (_("Copied"), _("Copy this")):
        code = code.replace("TEXT", json.dumps(text), 1)
    copy.click(None, components, [answer], js=code, api_visibility="private")

    def restore(request: gr.Request) -> Any:
        query = dict(request.query_params)
        updates = [known.restored(query) for known in settings]
        return updates if len(updates) > 1 else updates[0]

    if settings:
        restore.__annotations__["request"] = gr.Request
        blocks.load(
            restore,
            None,
            components,
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )


_COPY_LINK = """async (...values) => {
  const url = new URL(location.href);
  url.hash = "";
  url.search = SEARCH;
  NAMES.forEach((name, index) => url.searchParams.set(name, values[index]));
  url.hash = window.mmQuestion ?? "";
  delete window.mmQuestion;
  let copied = true;
  try { await navigator.clipboard.writeText(url.href); } catch (error) { copied = false; }
  const done = copied ? TEXT : TEXT;
  dispatchEvent(new CustomEvent("mm-link", { detail: { url: url.href, copied } }));
  const text = url.href.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  return `<p class="mm-note" role="status">${done}: <a href="${text}">${text}</a></p>`;
}"""
