"""Each page in each language, theme and width: nothing in the console, nothing for axe to say."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page

from fleet_manager.web.registry import ADDRESSES
from fleet_manager.web.server import make_console
from tests.browser.conftest import Served, enter

assert make_console.__name__  # importing it registers every page
SHOTS = os.environ.get("SCENIC_GATE_SCREENSHOTS")
"""A folder: pictures of every page are left there, for people to look at."""
QUERIES = {
    "/people/user": "?name=zhang",
    "/tickets/story": "?q=%231",
    "/fleet/gate": "?gate=gate-2",
    "/people/webhooks": "?name=till",
    "/sell": "?till=north-1",
    "/sell/shift": "?till=north-1",
    "/sell/order": "?no=1",
    "/sell/sheet": "?shift=north-1%2F1",
    "/language": None,
    "/link": None,
    "/": None,
    "/tickets/series/export": None,
    "/wall/{token}": None,
}
PATHS = [
    f"{path}{query}"
    for (method, path) in ADDRESSES
    if method == "GET" and (query := QUERIES.get(path, "")) is not None and "{" not in path
]
VARIANTS = [
    (language, theme, width)
    for language in ("zh", "en")
    for theme in ("light", "dark")
    for width in (360, 1920)
]


@pytest.mark.process
@pytest.mark.parametrize(("language", "theme", "width"), VARIANTS)
def test_every_page_is_whole(
    chromium: Browser, served: Served, language: str, theme: str, width: int
) -> None:
    context = enter(
        chromium, served, language, color_scheme=theme, viewport={"width": width, "height": 900}
    )
    wrong: list[str] = []
    page = context.new_page()
    page.on("console", lambda line: wrong.append(f"{page.url}: console: {line.text}"))
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    for path in PATHS:
        try:
            answer = page.goto(served.url + path)
        except Error as error:
            if "Download is starting" not in str(error):
                raise
            continue
        assert answer is not None
        if answer.status != 200:
            wrong.append(f"{path}: status {answer.status}")
            continue
        wrong += [f"{path}: {line}" for line in judged(page)]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            wrong.append(f"{path}: {wide} px wider than the screen")
        if SHOTS:
            name = path.strip("/").replace("/", "-").split("?")[0] or "home"
            shot = Path(SHOTS, f"{name}-{language}-{theme}-{width}.png")
            page.screenshot(path=shot, full_page=True)
    context.close()
    assert not wrong, "\n".join(wrong)


def judged(page: Page) -> list[str]:
    """Return what axe finds wrong with a page."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:120]}" for one in found]
