"""core.ui.arrival: a page's first question is answered beforehand, and stored."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from mmdemo.core import language
from mmdemo.core.errors import UserError
from mmdemo.core.ui import arrival, pictures
from tests.support.toy import TOY

NETWORKS = {"default": "1234"}


@dataclasses.dataclass
class ToyPage:
    """A page with two questions; what the first one's handler was given."""

    asked: list[Any] = dataclasses.field(default_factory=list)
    fields: list[Any] = dataclasses.field(default_factory=list)

    def render(self) -> None:
        text, kind = gr.Textbox(label="Text"), gr.Radio(["a", "b"], value="b")
        result, choice = gr.HTML(), gr.Radio([], visible=False)
        offered = arrival.examples({"<One>": ["one"], "Two": ["two"]}, [text], "Examples")
        button = gr.Button("Ask")

        def answer(written: str, chosen: str) -> tuple[str, Any]:
            self.asked.append((written, chosen))
            red = pictures.picture(np.full((20, 30, 3), (200, 0, 0), np.uint8))
            return f'<p>{written}, {chosen}</p><img src="{red}">', gr.update(visible=True)

        arrival.ask(TOY, button, answer, [text, kind], [result, choice], offered=offered)
        other = gr.Textbox(label="Other")
        second = arrival.examples({"Three": ["three"]}, [other], "Examples")
        arrival.ask(TOY, gr.Button("Again"), answer, [other, kind], [gr.HTML()], offered=second)
        self.fields = [text, result, other]


@pytest.fixture
def toy_page(monkeypatch, tmp_path) -> ToyPage:
    page = ToyPage()
    monkeypatch.setattr(arrival, "folder", lambda demo: tmp_path / arrival.FOLDER)
    monkeypatch.setattr(arrival, "networks", lambda demo: NETWORKS)
    monkeypatch.setattr(type(TOY), "module", lambda demo, name: SimpleNamespace(render=page.render))
    return page


def drawn(page: ToyPage) -> tuple[str, str, str]:
    """What the fields and the result hold as the page arrives."""
    with gr.Blocks(), arrival.page(TOY):
        page.render()
    text, result, other = page.fields
    return text.value, result.value, other.value


def test_an_answer_is_stored_and_the_page_arrives_with_it(toy_page, tmp_path):
    arrival.store(TOY)
    asked = [("one", "b")] * len(language.codes())
    assert toy_page.asked == asked, "the first example, and the settings as they come"
    stored = json.loads((tmp_path / "answered" / "answer.json").read_text())
    html = '<p>one, b</p><img src="./answered/toy/1.webp">'
    languages = {code: [html, None] for code in language.codes()}
    assert stored == {"networks": NETWORKS, "html": languages}, "a picture is stored once"
    with Image.open(tmp_path / "answered" / "1.webp") as picture:
        assert picture.size == (30, 20)
    text, result, other = drawn(toy_page)
    assert text == "one"
    assert result.endswith(html)
    assert "&lt;One&gt;" in result, "the visitor is told that it is an example"
    assert not other, "only a page's first question arrives answered"
    assert toy_page.asked == asked, "no network is asked for that"


def test_pictures_of_an_earlier_answer_go(toy_page, tmp_path):
    arrival.store(TOY)
    (tmp_path / "answered" / "2.webp").touch()
    (tmp_path / "answered" / arrival.CARD).touch()
    arrival.store(TOY)
    found = sorted(path.name for path in (tmp_path / "answered").iterdir())
    assert found == ["1.webp", "answer.json", "card.webp"]


def test_other_networks_do_not_get_an_answer_that_is_not_theirs(toy_page, monkeypatch):
    assert drawn(toy_page) == (None, None, None), "there is none yet"
    arrival.store(TOY)
    monkeypatch.setattr(arrival, "networks", lambda demo: {"default": "5678"})
    assert drawn(toy_page) == (None, None, None)


def test_an_example_asks_as_the_button_does(toy_page):
    with gr.Blocks() as blocks:
        toy_page.render()
    pressed = [function.fn for function in blocks.fns.values() if function.name == "answer"]
    assert len(pressed) == 4, "two buttons, and the examples of each"


def test_an_example_shows_what_it_is_and_is_called_by_its_name(tmp_path: Path):
    file = tmp_path / "red.png"
    Image.new("RGB", (4, 4), "red").save(file)
    rows = {"A <cat>": [file, "unseen"], "Joy": ["I <loved> it. " * 9, ""], "Hi": ["Hi", ""]}
    with gr.Blocks() as blocks:
        fields = [gr.Textbox(), gr.Textbox()]
        arrival.examples(rows, fields, "Examples")
    (shown,) = (block for block in blocks.blocks.values() if isinstance(block, gr.Dataset))
    (picture,), (words,), (name,) = shown.samples
    assert picture.startswith('<img src="./thumbnail/')
    assert picture.endswith(
        'alt="" loading="lazy" width="46" height="46"><span>A &lt;cat&gt;</span>'
    )
    assert words.startswith('<span>Joy</span><small aria-hidden="true">I &lt;loved&gt; it. I ')
    assert len(words) < 140, "its first words"
    assert name == "<span>Hi</span>", "a text that its name tells is not said twice"


def test_a_page_that_asks_nothing_is_told_how(monkeypatch):
    silent = SimpleNamespace(render=lambda: None)
    monkeypatch.setattr(type(TOY), "module", lambda demo, name: silent)
    with pytest.raises(UserError, match="asks nothing"):
        arrival.question(TOY)


def test_a_file_is_put_into_its_field(tmp_path: Path):
    file = tmp_path / "red.png"
    Image.new("RGB", (4, 4), "red").save(file)
    photo = gr.Image(type="filepath")
    value = arrival._as_sent(photo, file)
    assert value["meta"] == {"_type": "gradio.FileData"}
    assert Path(value["path"]).name == "red.png"
