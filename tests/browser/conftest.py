"""The real app in a real browser, as visitors on a desk and on a phone see it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.server import Server

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
VIEWPORTS = {"desktop": (1280, 900), "phone": (390, 844)}
expect.set_options(timeout=20_000)  # a busy machine is slow; only what never comes fails


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """An installed Chromium; its event loop must end before other tests have one of their own."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        if os.environ.get("MMDEMO_REQUIRE_BROWSER"):
            pytest.fail("no Chromium is installed, and this run must not skip the browser tests")
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield launched
        launched.close()


@contextmanager
def visitor(browser: Browser, app: Server) -> Iterator[Callable[..., Page]]:
    """Opens addresses of the app; fails at the end if a page logged an error."""
    contexts = []
    errors: list[str] = []

    def open_(path: str = "", viewport: str = "desktop", dark: bool = False) -> Page:
        width, height = VIEWPORTS[viewport]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            has_touch=viewport == "phone",
            color_scheme="dark" if dark else "light",
            permissions=["camera", "microphone", "clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{app.url}/{path}")
        page.locator("h1").first.wait_for()
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def open_page(browser: Browser, app: Server) -> Iterator[Callable[..., Page]]:
    """Opens an address of the app, on a `viewport`, `dark` or not."""
    with visitor(browser, app) as open_:
        yield open_


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Saves a picture for the README when pytest runs with `--screenshots DIR`."""
    folder = request.config.getoption("--screenshots")

    def save(page: Page, name: str) -> None:
        if folder:
            page.wait_for_timeout(500)  # fonts and transitions
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return save
