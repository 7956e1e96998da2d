"""What holds for everybody on every page: it keeps still, can be read, and no message blocks it."""

from __future__ import annotations

import json
import re
import urllib.request

import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import expect

from mmdemo.catalog import DEMOS
from tests.browser.actions import FIRST_ANSWER, panel, press, settled, toast, turn_to, upload

PATHS = ["", *(demo.slug for demo in DEMOS)]


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_a_message_blocks_nothing(open_page, viewport):
    page = open_page("siamese_face", viewport)
    turn_to(page, "Who is it?")
    press(page, "Enrol")
    assert "Give the person a name first." in toast(page)
    page.wait_for_timeout(1000)
    assert page.locator(".error:visible").filter(has_text=re.compile("^Error$")).count() == 0
    message = page.locator(".toast-body").first.bounding_box()
    assert message["height"] < 80
    at = [message["x"] + message["width"] / 3, message["y"] + message["height"] / 2]
    top = "([x, y]) => !document.elementFromPoint(x, y).closest('.toast-wrap')"
    assert page.evaluate(top, at), "a click on the message goes to what it lies over"
    page.get_by_placeholder("Name of the person").locator("visible=true").fill("Ada")
    page.locator(".toast-close").first.click()


def test_the_snippets_show_the_address_of_the_page(open_page, app):
    page = open_page("sentiment")
    turn_to(page, "Use it")
    code = panel(page).locator(".cm-content").first
    expect(code).to_contain_text(f'Client("{app.url}")')
    assert "7860" not in panel(page).inner_text()
    assert f"{app.url}/gradio_api/mcp/" in panel(page).inner_text()


@pytest.mark.parametrize("path", [*PATHS, "config"])
def test_what_is_sent_is_compressed(app, path):
    request = urllib.request.Request(f"{app.url}/{path}", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        packed = answer.read()
        assert answer.headers["content-encoding"] == "gzip"
    with urllib.request.urlopen(f"{app.url}/{path}") as answer:
        assert len(packed) < len(answer.read()) / 3


def test_the_keyboard_passes_the_header_and_shows_where_it_is(open_page):
    page = open_page("sentiment")
    settled(page)
    page.keyboard.press("Tab")
    link = page.locator(".mm-skip")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.url.endswith("/sentiment#content")
    expect(page.locator("#content")).to_be_in_viewport()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "tab"
    text = page.locator("textarea:visible").first
    text.focus()
    ring = text.evaluate(
        "e => { const s = getComputedStyle(e); return [s.outlineStyle, s.outlineWidth] }"
    )
    assert ring == ["solid", "2px"]


def test_a_part_has_an_address(open_page):
    page = open_page("sentiment#good")
    part = page.get_by_role("tab", name="How good it is")
    expect(part).to_have_attribute("aria-selected", "true")
    turn_to(page, "Use it")
    assert page.url.endswith("/sentiment#use")
    page.evaluate("location.hash = 'how'")
    part = page.get_by_role("tab", name="How it works")
    expect(part).to_have_attribute("aria-selected", "true")


def test_who_wants_no_motion_gets_none(open_page):
    page = open_page("sentiment")
    settled(page)
    page.emulate_media(reduced_motion="reduce")
    slow = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(element => {
            const {transitionDuration, animationDuration} = getComputedStyle(element);
            return `${transitionDuration},${animationDuration}`.split(',')
                .some(time => parseFloat(time) > 0.02);
        }).map(element => element.outerHTML.slice(0, 200))"""
    )
    assert slow == []


def test_screen_readers_are_told_what_a_shaded_word_does(open_page):
    page = open_page("sentiment")
    page.evaluate(
        """html => { const e = document.createElement('p'); e.className = 'mm-shaded';
            e.innerHTML = html; document.querySelector('.gradio-container').append(e); }""",
        '<mark class="mm-up">fine</mark><mark class="mm-down">dull</mark>'
        '<mark class="mm-up mm-weak">the</mark>',
    )
    said = page.evaluate(
        """() => [...document.querySelectorAll('.mm-shaded mark')]
            .map(e => getComputedStyle(e, '::after').content)"""
    )
    assert [json.loads(text) if text != "none" else "" for text in said[-3:]] == [
        " (raises it) ",
        " (lowers it) ",
        "",
    ]


def test_a_photo_of_a_phone_is_taken(open_page, generated):
    page = open_page("image_classifier")
    settled(page)
    photo = generated.folder / "photo.heic"
    pillow_heif.from_pillow(Image.fromarray(generated.pixels(240, 320))).save(photo)
    upload(page, "Photo", photo)
    press(page, "What is it?")
    expect(page.locator(".mm-arrival:visible")).to_have_count(0, timeout=FIRST_ANSWER)
    expect(page.get_by_text("The network saw, enlarged:")).to_be_visible(timeout=FIRST_ANSWER)
