"""The camera is answered live, a frame at a time."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.actions import FIRST_ANSWER, press, unfold

CAMERA = "document.querySelector('.mm-live video').srcObject"


def test_the_camera_is_answered_live_and_freed(open_page):
    page = open_page("image_classifier", "phone")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    unfold(page, "Live, with the camera")
    press(page, "Start the camera")
    live = page.locator(".mm-live-panel")
    rate = re.compile(r"^\d+\.\d pictures per second are answered\.$")
    expect(live.get_by_role("status")).to_have_text(rate, timeout=FIRST_ANSWER)
    expect(live).to_contain_text("This picture does not look like the photos")  # a test pattern
    expect(live.locator(".mm-thumbs img")).to_be_visible()
    assert page.evaluate(f"{CAMERA}.active")
    page.evaluate(f"window.track = {CAMERA}.getTracks()[0]")
    press(page, "Stop the camera")
    assert page.evaluate("window.track.readyState") == "ended"
    expect(page.get_by_role("button", name="Start the camera")).to_be_visible()
    assert sum("/queue/join" in url for url in asked) == 1, "it is one question"
    assert sum("/run/" in url for url in asked) > 1
    count = len(asked)
    page.wait_for_timeout(500)
    assert len(asked) <= count + 1, "no frame is sent once it has stopped"
