"""A class: started for it, the app is joined by the address of this computer in its network."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from mmdemo.core.errors import UserError
from mmdemo.core.serve import classroom
from tests.browser.conftest import VIEWPORTS


def test_a_tablet_scans_the_code_joins_and_has_its_camera_over_https(browser, start, screenshot):
    try:
        classroom.addresses("0.0.0.0")
    except UserError as error:
        pytest.skip(str(error))
    apps = {"http": start("--class"), "https": start("--class", "--https")}
    for scheme, app in apps.items():
        app.address()
        # self-signed: what the visitor does at the browser's warning
        with browser.new_context(
            viewport=dict(zip(("width", "height"), VIEWPORTS["phone"], strict=True)),
            ignore_https_errors=True,
            permissions=["camera", "microphone"],
        ) as context:
            page = context.new_page()
            page.set_default_timeout(30_000)
            page.goto(f"{scheme}://localhost:{app.port}/")
            picture = page.locator(".mm-code").screenshot(scale="css")
            decoded = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
            url, *_ = cv2.QRCodeDetector().detectAndDecode(cv2.resize(decoded, None, fx=4, fy=4))
            assert url == page.locator(".mm-address").inner_text()
            assert url.startswith(f"{scheme}://") and f"Tablets join at {url} " in app.text
            page.goto(url)
            page.get_by_role("link", name="Questions for a lesson").first.click()
            page.locator(".mm-lesson").get_by_role("link", name="One-shot sounds").click()
            page.get_by_text("Questions for a lesson").click()
            expect(page.locator("details[open] li").first).to_be_visible()
            secure = scheme == "https"
            assert page.evaluate("isSecureContext") is secure
            expect(page.locator(".mm-no-camera")).to_be_visible(visible=not secure)
            screenshot(page, f"classroom-{scheme}-phone")
        assert app.end() == 0
    assert app.folders() == []
