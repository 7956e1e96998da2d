"""What a visitor moves: the answer follows a finger, and the keys."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from mmdemo.core.measure.metrics import rates_at
from mmdemo.core.weights import artifacts
from mmdemo.demos.localizer import infer as localizer
from mmdemo.demos.sentiment import infer as sentiment
from mmdemo.demos.siamese_face import DEMO as FACES
from tests.browser.actions import FIRST_ANSWER, overflow, press, settled, turn_to, unfold


def per_cent(text: str) -> float:
    return float(re.search(r"[\d.]+", text)[0])


def requests_of(page: Page) -> list[str]:
    """The questions to the server from now on."""
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url) if "/queue/join" in each.url else None)
    return asked


def touch(page: Page, part: Locator, x: float, y: float, to: tuple[float, float]) -> None:
    """Put a finger on a part, draw it to another place, and lift it: shares of the part's sides."""
    part.scroll_into_view_if_needed()
    frame = part.bounding_box()
    finger = page.context.new_cdp_session(page)

    def point(share: tuple[float, float]) -> dict[str, float]:
        return {
            "x": frame["x"] + share[0] * frame["width"],
            "y": frame["y"] + share[1] * frame["height"],
        }

    def send(kind: str, points: list[dict[str, float]]) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", [point((x, y))])
    send("touchMove", [point(((x + to[0]) / 2, (y + to[1]) / 2))])
    send("touchMove", [point(to)])
    send("touchEnd", [])


def test_words_are_struck_out_and_brought_back(open_page):
    page = open_page("sentiment", "phone")
    settled(page)
    reading = page.locator(".mm-reading")
    words = reading.locator("[data-strike] mark")
    wish = json.loads(reading.locator("[data-strike]").get_attribute("data-strike"))
    said = reading.locator(".mm-verdict b")
    before = said.inner_text()

    def shown(*struck: int) -> str:
        verdict = sentiment.without(wish["text"], struck, wish["preset"])
        share = verdict.probability
        return f"{100 * max(share, 1 - share):.0f} %"

    pushes = [abs(push.push) for push in sentiment.explain(wish["text"]).words]
    strong = sorted(range(len(pushes)), key=pushes.__getitem__)[-3:]
    for word in strong:  # quicker than they are answered
        words.nth(word).tap()
    expect(said).to_have_text(shown(*strong), timeout=FIRST_ANSWER)
    assert said.inner_text() != before
    words.nth(strong[0]).focus()
    page.keyboard.press("Enter")
    expect(words.nth(strong[0])).to_have_attribute("aria-pressed", "false")
    expect(said).to_have_text(shown(*strong[1:]))
    page.keyboard.press("ArrowRight")
    expect(words.nth(strong[0] + 1)).to_be_focused()
    assert overflow(page) <= 0

    page.route("**/queue/join*", lambda route: route.fulfill(status=429, body="{}"))
    words.nth(strong[0]).tap()  # no answer comes: verdict and words stay as they were
    expect(reading.locator(".mm-verdict.mm-waiting")).to_have_count(0)
    expect(words.nth(strong[0])).to_have_attribute("aria-pressed", "false")


def test_the_verdict_and_both_error_rates_follow_the_threshold(open_page):
    page = open_page("siamese_face", "phone")
    settled(page)
    unfold(page, "Settings: network, threshold")
    asked = requests_of(page)
    slider = page.locator(".mm-threshold input[type=range]")
    verdict = page.locator(".mm-verdict[data-outcomes]")
    distance = json.loads(verdict.get_attribute("data-outcomes"))["distance"]
    curve = artifacts.read_json(artifacts.locate(FACES.model_ids[0]), "preprocess.json")["curve"]
    slider.focus()
    for key in ("Home", "PageUp", "PageUp", "End", "ArrowLeft"):
        page.keyboard.press(key)
        threshold = float(slider.input_value())
        far, frr = (100 * rate for rate in rates_at(*curve.values(), threshold))
        expect(verdict.locator(".mm-note")).to_contain_text(f"{threshold:.3f}. At this threshold")
        assert f"{far:.1f} %" in verdict.inner_text()
        assert f"{frr:.1f} %" in slider.get_attribute("aria-valuetext")
        kind = re.compile("mm-no|mm-unsure" if threshold < distance else "mm-yes|mm-unsure")
        expect(verdict).to_have_class(kind)
        expect(page.locator(".mm-answer .mm-marker circle:visible")).to_have_count(2)
    assert asked == []


def test_alpha_moves_through_what_was_measured(open_page):
    page = open_page("localizer", "phone")
    settled(page)
    turn_to(page, "Two losses, one alpha")
    box = page.locator(".mm-along")
    slider, rows = box.locator("input"), localizer.effect_of_alpha()["rows"]
    slider.focus()
    for row in rows:
        said = f"With alpha at {row['alpha']:.1f}, the box is right for "
        said += f"{100 * row['localization_accuracy_given_class']:.1f} %"
        expect(box.locator("output")).to_contain_text(said)
        assert slider.get_attribute("aria-valuetext").startswith(said)
        page.keyboard.press("ArrowRight")
    expect(box.locator(".mm-marker circle")).to_have_count(3)
    assert overflow(page) <= 0


def test_a_cover_is_dragged_over_a_photo(open_page):
    page = open_page("image_classifier", "phone")
    settled(page)
    press(page, "Drag a cover over it")
    square, photo = page.locator(".mm-cover"), page.locator(".mm-covered")
    expect(square).to_be_visible(timeout=FIRST_ANSWER)
    moving = json.loads(page.locator("[data-cover]").get_attribute("data-cover"))
    asked = requests_of(page)

    def under(place: int, size: int) -> None:
        expect(square).to_have_attribute("aria-valuenow", str(place + 1))
        shown = page.locator("[data-cover] .mm-number").all_inner_texts()
        wanted = [100 * share for share in moving["answers"][size][place]]
        assert list(map(per_cent, shown)) == pytest.approx(wanted, abs=0.051)

    touch(page, photo, 0.5, 0.5, (0.02, 0.02))
    under(0, 1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    under(9, 1)
    page.get_by_label("Size of the cover").focus()
    page.keyboard.press("End")
    under(9, 2)
    touch(page, photo, 0.1, 0.1, (0.98, 0.98))
    under(63, 2)
    assert asked == []
    assert overflow(page) <= 0
