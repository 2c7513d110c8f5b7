"""The control panel of the live park: hostile requests, and a trainee with a real browser."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from hardware_sim.broker import find_mosquitto
from hardware_sim.demo.site import STAFF, DemoSite
from hardware_sim.live.order_queue import Done, OrderQueue
from hardware_sim.live.panel.panel import Panel
from hardware_sim.live.script import parse_line
from hardware_sim.live.stage import PLANS, Stage
from tests.process.browser import CHROMIUM, Browser

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(find_mosquitto() is None, reason="mosquitto is not installed"),
]


class Ground:
    """A live park with its panel and its queue."""

    def __init__(self, folder: Path) -> None:
        self.site = DemoSite(folder, 1, PLANS, clocks=True, pages=True)
        self.told: list[Done] = []
        stage = Stage(self.site)
        self.queue = OrderQueue(stage.perform)
        self.panel = Panel(self.site, self.queue)
        stage.open()

    @property
    def port(self) -> int:
        return int(self.panel.url.rpartition("/#")[0].rpartition(":")[2])

    @property
    def token(self) -> str:
        return self.panel.url.rpartition("#")[2]

    def ask(self, *lines: str, body: str = "") -> str:
        """The status of the answer to a request as it is written."""
        fields = [*lines[1:], f"Content-Length: {len(body.encode())}"]
        text = "\r\n".join([lines[0], *fields, "", body])
        with socket.create_connection(("127.0.0.1", self.port), 20) as link:
            link.sendall(text.encode())
            return link.recv(4096).decode().split("\r\n")[0].removeprefix("HTTP/1.1 ")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = Ground(tmp_path_factory.mktemp("ground") / "park")
    try:
        with made.panel:
            queue = Thread(target=made.queue.run, args=(made.told.append,), daemon=True)
            queue.start()
            yield made
            made.queue.ask("quit")
            queue.join()
    finally:
        made.site.stop()


def test_the_page_goes_on_without_the_centres_database(ground: Ground) -> None:
    database, away = (ground.site.centre_data / name for name in ("centre.toml", "away"))
    database.rename(away)
    try:
        ground.panel._books_s = 0.0
        assert json.loads(ground.panel._beat())["books"] is None
    finally:
        away.rename(database)
    ground.panel._books_s = 0.0
    assert json.loads(ground.panel._beat())["books"] is not None


def test_files_are_no_secret_and_nothing_else_is_given(ground: Ground) -> None:
    host = f"Host: 127.0.0.1:{ground.port}"
    token = f"Authorization: Bearer {ground.token}"
    origin = f"Origin: http://127.0.0.1:{ground.port}"
    order = json.dumps({"order": "swipe north-1 alien"})
    before = list(ground.told)  # another test may have come first
    assert ground.ask("GET / HTTP/1.1", host) == "200 OK"
    assert ground.ask("GET /panel.js HTTP/1.1", host) == "200 OK"
    assert ground.ask("GET /state HTTP/1.1", host) == "401 Unauthorized"
    assert ground.ask("GET /state HTTP/1.1", host, token) == "200 OK"
    assert ground.ask("GET / HTTP/1.1", "Host: park.example") == "403 Forbidden"
    foreign = "Origin: http://park.example"
    assert ground.ask("POST /act HTTP/1.1", host, token, foreign, body=order) == "403 Forbidden"
    assert ground.ask("POST /act HTTP/1.1", host, origin, body=order) == "401 Unauthorized"
    assert ground.ask("POST /act HTTP/1.1", host, token, body=order) == "404 Not Found"
    assert ground.ask("GET /../panel.py HTTP/1.1", host, token) == "404 Not Found"
    assert ground.told == before


@pytest.mark.parametrize(
    "body", ["", "{}", "[]", '{"order": 7}', '{"order": "a\\nb"}', '{"order": "dance"}', "\u00ff"]
)
def test_what_is_no_order_is_refused_with_a_reason(ground: Ground, body: str) -> None:
    host = f"127.0.0.1:{ground.port}"
    fields = (f"Host: {host}", f"Origin: http://{host}", f"Authorization: Bearer {ground.token}")
    assert ground.ask("POST /act HTTP/1.1", *fields, body=body) == "403 Forbidden"


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not here")
def test_a_trainee_lets_a_visitor_in_and_breaks_things(ground: Ground, tmp_path: Path) -> None:
    gate = "document.querySelector('[data-gate=north-1]')"
    with Browser(tmp_path / "chromium") as browser:
        tab = browser.open(ground.panel.url, 1280, 1000)
        tab.touch("[data-order='swipe north-1 new']")
        tab.until(f"{gate}.dataset.arm === 'open'")
        tab.touch("[data-order='push north-1']")
        tab.until(f"{gate}.querySelector('.answer').dataset.kind === 'taken'")
        tab.until("document.querySelector('#books').dataset.agree === 'true'")
        tab.until("document.querySelector('#books').textContent.endsWith('1 / 1')")
        tab.touch("[data-order='kill centre']")
        tab.until("document.querySelector('#centre-state').className === 'bad'")
        tab.touch("[data-order='start centre']")
        tab.touch("#language")
        tab.until("document.querySelector('h1').textContent.startsWith('The training ground')")
        tab.touch("#line")
        tab.type("push south-1")
        tab.until("document.querySelector('#log .failed').textContent.includes('has no arm')")
        tab.touch("#line")
        tab.type("dance")
        tab.until("document.querySelector('#wrong').textContent.includes('no order')")
        seen = """(() => { const box = document.querySelector('#wrong').getBoundingClientRect();
          return box.top >= 0 && box.bottom <= innerHeight; })()"""
        tab.until(seen)
        assert tab.value("document.querySelector('#line').value") == "dance"
        tab.until(
            "decodeURIComponent(document.querySelector('#save').href)"
            ".endsWith('kill centre\\nstart centre\\n')"
        )
        numbers = "[...document.querySelectorAll('#log li')].map(li => li.value)"
        count = len(ground.told)
        assert tab.value(numbers) == list(range(count, 0, -1))
        for width in (1280, 420):
            tab.resize(width, 900)
            assert tab.value("document.documentElement.scrollWidth <= innerWidth"), width
            low = "[...document.querySelectorAll('button, a')].filter(n => n.offsetHeight < 44)"
            assert tab.value(f"{low}.map(n => n.textContent)") == [], width


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not here")
def test_staff_practise_at_the_handheld_and_see_what_is_broken(
    ground: Ground, tmp_path: Path
) -> None:
    card = "document.querySelector('[data-gate=south-1]')"
    with Browser(tmp_path / "chromium") as browser:
        tab = browser.open(ground.panel.url, 1280, 2000)
        tab.until(f"{card}.querySelectorAll('.pages a').length === 2")
        handheld, monitor = tab.value(f"[...{card}.querySelectorAll('.pages a')].map(a => a.href)")
        for order, gate, chip in (
            ("unplug", "south-1", "扫码器已拔"),
            ("fill", "south-1", "磁盘已满"),
            ("silence", "north-2", "网络无响应"),
        ):
            tab.touch(f"[data-order='{order} {gate}']")
            chips = f"document.querySelector('[data-gate={gate}] .chips').textContent"
            tab.until(f"{chips}.includes('{chip}')")
        tab.touch("[data-order='empty south-1']")
        tab.touch("[data-order='heal north-2']")
        screen = browser.open(handheld, 480, 800)
        screen.until("document.querySelector('#stage').dataset.sign === 'blind'")
        tab.touch("[data-order='plug south-1']")
        screen.until("document.querySelector('#stage').dataset.sign === 'ready'")
        tab.until(f"!{card}.querySelector('.chips').textContent.includes('扫码器已拔')")
        tab.touch("[data-order='swipe south-1 team']")
        screen.until("document.querySelector('#team-go').textContent === '放行 3 人'")
        screen.until("document.querySelector('#ticket').textContent.includes('一日票')")
        screen.touch("#team-less")
        screen.touch("#team-go")
        tab.until(f"{card}.querySelector('.counted').textContent.includes('通过 2')")
        for last in (False, False, True):  # a refusal is shown for seconds, on a busy machine too
            tab.touch("[data-order='swipe south-1 void']")
            try:
                screen.touch("#do-override")
                break
            except AssertionError:
                if last:
                    raise
        screen.touch("#choose-checked")
        screen.type(STAFF["supervisor"])
        tab.until(f"{card}.querySelector('.counted').textContent.includes('通过 3')")
        tab.until("document.querySelector('#books').dataset.agree === 'true'")
        shown = browser.open(monitor, 1280, 720)
        shown.until("document.querySelector('#first').textContent === '请扫码'")


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not here")
def test_radio_and_network_cable_have_buttons_where_they_can_be_had(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ground.site.gates["north-2"], "in_namespace", True)
    of = "[...document.querySelectorAll('[data-gate={}] [data-order]')].map(b => b.dataset.order)"
    with Browser(tmp_path / "chromium") as browser:
        tab = browser.open(ground.panel.url, 1280, 1000)
        tab.until("document.querySelector('[data-gate=north-2] .answer').dataset.kind")
        orders = {name: set(tab.value(of.format(name))) for name in ("north-1", "north-2")}
    more = orders["north-2"] - {one.replace("north-1", "north-2") for one in orders["north-1"]}
    assert more == {
        "weather north-2 30 200 5", "weather north-2 0", "cable north-2 out", "cable north-2 in",
    }  # fmt: skip
    assert all(parse_line(one) for one in more)
