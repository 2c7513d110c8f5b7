"""A console served over HTTPS in a process of its own, and a Chromium that asks it."""

import shutil
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from fleet_manager import centre
from fleet_manager.access.actor import Role, computer_user
from fleet_manager.services.park import NewPark, create
from fleet_manager.tickets import products
from hardware_sim.broker import free_port
from tests.fleet_manager.conftest import furnish
from tests.fleet_manager.web.busy_park import fill
from tests.fleet_manager.web.conftest import PASSWORD, add_person
from tests.fleet_manager.web.sales.busy_office import open_box_office

CHROMIUM = shutil.which("chromium")


@dataclass(frozen=True)
class Served:
    """`url`: without a slash at its end. `name`: of an administrator with PASSWORD."""

    url: str
    folder: Path
    name: str


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A busy park's console."""
    folder = tmp_path_factory.mktemp("console") / "data"
    wanted = NewPark(
        park="west-lake", name_zh="西湖景区", name_en="West Lake", time_zone="Asia/Shanghai"
    )
    create(folder, computer_user(), wanted, datetime.now(UTC))
    with centre.opened(folder) as park:
        furnish(park.store)
        with park.store.write() as connection:
            products.rename(connection, "adult", "成人票", "Adult")
        fill(park)
        open_box_office(park)
        name = add_person(park, Role.ADMINISTRATOR, name="zhang")
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "fleet_manager",
        "--data",
        str(folder),
        "web",
        "--port",
        str(port),
    ]
    process = subprocess.Popen([*command, "--address", "127.0.0.1"])
    url = f"https://localhost:{port}"
    try:
        wait_until_served(url, process)
        yield Served(url, folder, name)
    finally:
        process.terminate()
        process.wait(20)


def wait_until_served(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Return as soon as the console answers."""
    context = ssl._create_unverified_context()
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/sign-in", context=context, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the console has ended with status {process.returncode}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's browser."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def enter(browser: Browser, served: Served, language: str, **options: object) -> BrowserContext:
    """Return a browser at which the administrator has signed in."""
    locale = {"zh": "zh-CN", "en": "en-GB"}[language]
    context = browser.new_context(locale=locale, ignore_https_errors=True, **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served.url}/sign-in")
    page.fill("[name=name]", served.name)
    page.fill("[name=password]", PASSWORD)
    page.click("button.main")
    page.wait_for_url(f"{served.url}/live")
    page.close()
    return context
