"""The page in a real browser, and a handheld from the scanner's bytes to the screen."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gate_agent.config.settings import PageSettings
from gate_agent.config.staff_codes import StaffRole, person_of
from gate_agent.effects import Show, Sign
from gate_agent.events import (
    DirectionAsked,
    DocumentAwaited,
    DocumentShown,
    Mode,
    ModeAsked,
    ModeSource,
    Overridden,
    PersonsChosen,
    Recovered,
    Scanned,
    Typed,
)
from gate_agent.journal.station_history import LastEntry
from gate_agent.page.battery import Battery
from gate_agent.page.page import Page
from gate_agent.signs import WORDS, Words
from gate_agent.validator.passage import Direction
from gate_agent.validator.reasons import TEXTS, Reason
from hardware_sim.broker import free_port
from hardware_sim.devices.scanner import SimScanner
from tests.gate_agent.drivers.collected import Collected, until
from tests.gate_agent.samples import ticket
from tests.process.browser import CHROMIUM, Browser, Tab
from tests.process.live_park import LivePark

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not here"),
]
SCREENS = [(360, 640), (412, 915), (480, 800), (800, 480)]
STATUS: dict[str, Any] = {
    "gate": "hand-1",
    "linked": True,
    "waiting": 0,
    "list_as_of_ms": 0,
    "faults": {},
    "lanes": [{"number": 1, "mode": "controlled", "phase": "idle"}],
}
SIGN = "document.querySelector('#stage').dataset.sign"
FIRST = "document.querySelector('#first').textContent"
TARGETS = """[...document.querySelectorAll('button')].filter(b => b.offsetParent).map(b => {
  const box = b.getBoundingClientRect();
  return [b.id, box.width, box.height, box.left >= 0 && box.top >= 0
    && box.right <= innerWidth && box.bottom <= innerHeight]; })"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


class Screen:
    """A page without a gate behind it, in a tab. `inbox`: what was touched."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.inbox = Collected()
        self.link = folder / "page.url"
        self.page = Page(
            PageSettings(0),
            "ab" * 16,
            self.link,
            {1: False},
            name_of={7: Words("成人一日票", "Adult day ticket")}.get,
            find_battery=lambda: Battery(15, charging=False),
            people={7: person_of(7, "zhang", StaffRole.SUPERVISOR, "4829", bytes(16))},
            readers={1: ["scanner 1"]},
            time_zone="Asia/Shanghai",
        )
        self.page.start(self.inbox.put)
        self.status()
        self.tab = browser.open(self.link.read_text().strip(), 480, 800)
        self.tab.until("document.querySelector('#gate').textContent === 'hand-1'")

    def status(self, **changed: object) -> None:
        self.page.update({**STATUS, **changed})

    def show(self, sign: Sign, **values: Any) -> Tab:
        """Show it, and wait until it is on the screen."""
        self.page.display(1).show(Show(sign, **values))
        self.tab.until(f"{SIGN} === '{sign.value}'")
        return self.tab


@pytest.fixture
def screen(browser: Browser, tmp_path: Path) -> Iterator[Screen]:
    screen = Screen(browser, tmp_path)
    yield screen
    screen.page.stop()
    screen.tab.ask("Page.close")


def test_every_sign_and_reason_is_shown_by_shape_and_words(screen: Screen) -> None:
    for sign, said in WORDS.items():
        if sign not in (Sign.REFUSED, Sign.OUT_OF_ORDER):  # staff read other words for the second
            tab = screen.show(sign)
            assert tab.value(FIRST) == said.zh
            assert tab.value("document.querySelector('#second').textContent") == said.en
    for reason in (Reason.USED, Reason.HOLDER_MISMATCH):
        screen.show(Sign.READY)
        tab = screen.show(Sign.REFUSED, reason=reason)
        assert tab.value(FIRST) == TEXTS[reason].zh
        assert tab.value("document.querySelector('#stage').dataset.shape") == "cross"


def test_staff_see_what_the_ticket_is(screen: Screen) -> None:
    tab = screen.show(Sign.GO, persons=6, ticket=ticket(77, admits=8, group=14711), reentry=True)
    text = tab.value("document.querySelector('#ticket').innerText")
    for part in ("成人一日票", "6 人 / 共 8 人", "序号 77", "团队 4711", "再次入园"):
        assert part in text


def test_what_the_gate_is_like_stands_at_the_top(screen: Screen) -> None:
    screen.status(linked=False, wall_ms=1, waiting=321, faults={"scanner 1": "gone"})
    screen.tab.until("document.querySelector('#facts').textContent.includes('离线')")
    text = screen.tab.value("document.querySelector('#bar').innerText")
    for part in ("hand-1", "入口", "未上传 321", "没有名单", "15%", "故障 1"):
        assert part in text


def test_targets_are_large_and_on_the_screen_in_every_state(screen: Screen) -> None:
    tab = screen.show(Sign.SHOW_ID, ticket=ticket(5))
    screen.status(lanes=[{"number": 1, "mode": "controlled", "phase": "holder_check"}])
    tab.until("document.querySelector('#do-id')")
    for path in ([], ["#do-code"], ["#do-last"], ["#do-more"], ["#do-id"],
                 ["#do-id", "#choose-passport"], ["#do-id", "#choose-id-card"]):  # fmt: skip
        for selector in path:
            tab.touch(selector)
        for width, height in SCREENS:
            tab.resize(width, height)
            for name, wide, high, there in tab.value(TARGETS):
                room = (path, name, (width, height))
                assert there, room
                # Letters of a whole alphabet are a little narrower, and as high.
                narrow = 50 if width < 400 else 60
                assert wide >= (narrow if name.startswith("key-") else 64), room
                assert high >= 64, room
            assert not tab.value("document.documentElement.scrollWidth > innerWidth")
        if path:
            tab.touch("#back")
    tab.resize(480, 800)


def test_a_document_is_typed_with_gloves(screen: Screen) -> None:
    tab = screen.show(Sign.SHOW_ID, ticket=ticket(5))
    screen.status(lanes=[{"number": 1, "mode": "controlled", "phase": "holder_check"}])
    for selector in ("#do-id", "#choose-passport", "#key-E", "#key-1", "#key-2", "#key-⌫", "#key-3",
                     "#key-4", "#key-5", "#ok"):  # fmt: skip
        tab.touch(selector)
    shown = DocumentShown(1, "passport", "E1345")
    events = screen.inbox.wait(lambda events: shown in events)
    assert events[0] == DocumentAwaited(1)
    tab.until("document.querySelector('#panel').hidden")


def test_a_scanner_that_is_a_keyboard_types_a_code(screen: Screen) -> None:
    screen.tab.type("SG1:AB-$%")
    screen.inbox.wait_for(Scanned(1, b"SG1:AB-$%"))


def test_staff_override_a_refusal_in_three_steps(screen: Screen) -> None:
    tab = screen.show(Sign.REFUSED, reason=Reason.USED, ticket=ticket(9, admits=5), record=41)
    screen.show(Sign.READY)
    for selector in ("#do-override", "#choose-help", "#key-4", "#ok"):
        tab.touch(selector)
    tab.type("0074829")
    asked = Overridden(1, 41, 4, "zhang", "help", supervisor=True)
    screen.inbox.wait_for(Recovered("staff code"), asked)
    screen.show(Sign.GO, persons=4, ticket=ticket(9, admits=5))
    tab.until("!document.querySelector('#do-override')")


def test_a_wrong_staff_code_is_told(screen: Screen) -> None:
    tab = screen.show(Sign.REFUSED, reason=Reason.USED, ticket=ticket(9), record=41)
    tab.touch("#do-override")
    tab.touch("#choose-checked")
    tab.type("0074828")
    tab.until("document.querySelector('#wrong').textContent === '工号或密码错误'")
    assert screen.inbox.events == []


def texts(tab: Tab, selector: str) -> str:
    text: str = tab.value(f"document.querySelector('{selector}').innerText")
    return text


def test_a_wrong_pin_keeps_reason_and_persons(screen: Screen) -> None:
    tab = screen.show(Sign.REFUSED, reason=Reason.USED, ticket=ticket(9, admits=5), record=41)
    for selector in ("#do-override", "#choose-help", "#key-4", "#ok"):
        tab.touch(selector)
    tab.type("0074828")
    tab.until("document.querySelector('#wrong').textContent === '工号或密码错误'")
    tab.type("0074829")
    asked = Overridden(1, 41, 4, "zhang", "help", supervisor=True)
    screen.inbox.wait_for(Recovered("staff code"), asked)
    tab.until("document.querySelector('#panel').hidden")


def test_an_error_lies_over_nothing_and_good_news_is_not_told(screen: Screen) -> None:
    """What is wrong has a row of its own, at every size; the stage says what went well."""
    tab = screen.show(Sign.READY)
    over = """(id) => { const a = document.querySelector(id).getBoundingClientRect();
      return [...document.querySelectorAll('button, #first, #field, h1')]
        .filter(n => n.offsetParent && n.textContent).some(n => {
          const b = n.getBoundingClientRect();
          return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
        }); }"""
    tab.touch("#do-code")
    tab.type("17")
    tab.until("document.querySelector('#wrong').textContent.includes('序号')")
    for width, height in SCREENS:
        tab.resize(width, height)
        assert not tab.value(f"({over})('#wrong')"), (width, height)
    tab.touch("#back")
    screen.show(Sign.SHOW_ID, ticket=ticket(5))
    screen.status(lanes=[{"number": 1, "mode": "controlled", "phase": "holder_check"}])
    tab.touch("#do-id")
    tab.touch("#choose-id-card")
    screen.status()
    tab.until("document.querySelector('#error').offsetParent")
    for width, height in SCREENS:
        tab.resize(width, height)
        assert not tab.value(f"({over})('#error')"), (width, height)
    tab.resize(480, 800)
    tab.touch("#do-toOut")
    screen.inbox.wait(lambda events: DirectionAsked(1, Direction.OUT) in events)
    tab.until("document.querySelector('#error').hidden")


def test_a_part_of_a_team_is_let_in(screen: Screen) -> None:
    tab = screen.show(Sign.GO, persons=5, ticket=ticket(77, admits=5), record=41)
    lane = {"number": 1, "mode": "controlled", "phase": "released"}
    screen.status(lanes=[{**lane, "asked": {"record": 41, "persons": 5, "most": 5}}])
    tab.until("document.querySelector('#team-more').offsetParent")
    assert tab.value("document.querySelector('#team-more').disabled")
    for left in (4, 3):
        tab.touch("#team-less")
        screen.inbox.wait(lambda events: len(events) == 5 - left)  # noqa: B023
        assert screen.inbox.events[-1] == PersonsChosen(1, 41, left, done=False)
        screen.status(lanes=[{**lane, "asked": {"record": 41, "persons": left, "most": 5}}])
        tab.until(f"document.querySelector('#team-go').textContent === '放行 {left} 人'")
    for width, height in SCREENS:
        tab.resize(width, height)
        for name, wide, high, there in tab.value(TARGETS):
            assert (there, wide >= 64, high >= 64) == (True, True, True), (name, width, height)
        stage = "document.querySelector('#stage')"
        fits = f"{stage}.scrollHeight <= {stage}.clientHeight"
        assert tab.value(fits), (width, height)
    tab.resize(480, 800)
    assert "3 人 / 共 5 人" in texts(tab, "#ticket")
    tab.touch("#team-go")
    screen.inbox.wait(lambda events: PersonsChosen(1, 41, 3, done=True) in events)
    screen.page.display(1).show(Show(Sign.GO, 3, ticket=ticket(77, admits=5), record=41))
    screen.status()
    tab.until("document.querySelector('#team').hidden")
    tab.touch("#do-last")
    rows = tab.value("[...document.querySelectorAll('.results li div')].map(d => d.innerText)")
    assert rows == ["已放行 3 人\n成人一日票 · 序号 77"]


def test_a_document_that_comes_too_late_is_told_and_is_not_sent(screen: Screen) -> None:
    tab = screen.show(Sign.SHOW_ID, ticket=ticket(5))
    screen.status(lanes=[{"number": 1, "mode": "controlled", "phase": "holder_check"}])
    for selector in ("#do-id", "#choose-id-card", "#key-1", "#key-2"):
        tab.touch(selector)
    screen.show(Sign.REFUSED, reason=Reason.HOLDER_TIMEOUT, ticket=ticket(5), record=3)
    screen.status()
    tab.until("document.querySelector('#error').innerText === '已超时，请重新扫码'")
    assert tab.value("document.querySelector('#panel').hidden")
    assert tab.value(FIRST) == "未核验证件"
    assert {type(event) for event in screen.inbox.events} == {DocumentAwaited}


def test_a_serial_is_told_from_a_printed_number_and_nothing_typed_is_lost(screen: Screen) -> None:
    tab = screen.show(Sign.READY)
    tab.touch("#do-code")
    tab.type("17")
    tab.until("document.querySelector('#wrong').textContent.includes('这是序号')")
    assert texts(tab, "#field") == "17"
    tab.type("345341102")
    screen.inbox.wait_for(Typed(1, 17345, 341102))
    screen.show(Sign.REFUSED, reason=Reason.MISTYPED, record=5)
    tab.touch("#do-code")
    assert texts(tab, "#field") == "1734 5341 102"


def test_a_used_ticket_says_when_where_and_how_many_in_park_time(screen: Screen) -> None:
    wall_ms = 1_795_000_000_000  # 2026-11-18 19:06:40 in Shanghai, 11:06:40 in the browser
    entries = {"here": LastEntry(wall_ms, here=True, persons=1)}
    screen.page.inform(lambda _: None, lambda _ticket: entries["here"])
    good = ticket(9, expires_at=1_796_068_800)  # 2026-12-01 04:00 in Shanghai
    tab = screen.show(Sign.REFUSED, reason=Reason.USED, ticket=good, record=41)
    tab.until("document.querySelector('#ticket .entry')")
    assert texts(tab, ".entry") == "11-18 19:06 hand-1 · 1 人"
    assert "有效至 2026-12-01" in texts(tab, "#ticket")
    entries["here"] = LastEntry(wall_ms, here=False, persons=3)
    screen.show(Sign.READY)
    screen.show(Sign.REFUSED, reason=Reason.USED, ticket=ticket(9), record=42)
    tab.until("document.querySelector('.entry').innerText === '11-18 19:06 其他闸机 · 3 人'")


def test_a_scanner_that_is_away_is_said_on_the_stage_with_its_cure(screen: Screen) -> None:
    tab = screen.show(Sign.READY)
    screen.status(faults={"scanner 1": "cannot read /dev/scanner: no such file or directory"})
    tab.until(f"{FIRST} === '扫码器未连接，请插好或输入票号'")
    for width, height in SCREENS:
        tab.resize(width, height)
        assert tab.value(
            "document.querySelector('#first').getBoundingClientRect().bottom"
            " < document.querySelector('#actions').getBoundingClientRect().bottom"
        )
    tab.resize(480, 800)
    tab.touch("#do-more")
    for part in ("扫码器", "scanner 1", "插好插头"):
        assert part in texts(tab, ".faults")
    tab.touch("#back")
    screen.status()
    tab.until(f"{FIRST} === '请扫码'")


def test_the_last_scans_mark_overrides_and_exits(screen: Screen) -> None:
    tab = screen.show(Sign.GO, persons=1, ticket=ticket(8), overridden=True)
    screen.status(lanes=[{"number": 1, "mode": "controlled", "phase": "idle", "direction": "out"}])
    tab.until("document.querySelector('#direction').textContent === '出口'")
    screen.show(Sign.READY)
    screen.show(Sign.GO, persons=2, ticket=ticket(9))
    tab.touch("#do-last")
    rows = tab.value("[...document.querySelectorAll('.results li div')].map(d => d.innerText)")
    assert [row.split("\n")[0] for row in rows] == ["已出园 2 人出口", "已放行 1 人人工放行"]


def test_the_screen_of_staff_speaks_to_staff(screen: Screen) -> None:
    tab = screen.show(Sign.REFUSED, reason=Reason.TYPED, ticket=ticket(9), record=41)
    assert tab.value(FIRST) == "请核对票面后放行"
    screen.show(Sign.READY)
    screen.show(Sign.REFUSED, reason=Reason.NO_LIST, ticket=ticket(9), record=42)
    assert tab.value(FIRST) == "没有名单，请叫技术员"


def test_chinese_words_are_not_torn(screen: Screen) -> None:
    """A line ends only where a break is allowed: every line is a whole number of pieces."""
    lines = """(() => { const out = []; const first = document.querySelector('#first');
      for (const node of first.childNodes) { if (node.nodeType !== 3) continue;
        const range = document.createRange(); range.selectNodeContents(node);
        out.push(range.getClientRects().length); } return out; })()"""
    tab = screen.tab
    for reason in Reason:
        screen.show(Sign.READY)
        screen.show(Sign.REFUSED, reason=reason, record=41)
        for width, height in SCREENS:
            tab.resize(width, height)
            assert set(tab.value(lines)) == {1}, (reason, width, height)
    tab.resize(480, 800)


def test_numbers_modes_and_directions_are_asked_for(screen: Screen) -> None:
    tab = screen.show(Sign.READY)
    tab.touch("#do-code")
    tab.type("12345341102")
    tab.until("document.querySelector('#panel').hidden")
    tab.touch("#do-toOut")
    screen.inbox.wait_for(Typed(1, 12345, 341102), DirectionAsked(1, Direction.OUT))
    screen.status(lanes=[{"number": 1, "mode": "controlled", "phase": "idle", "direction": "out"}])
    tab.touch("#do-toIn")
    for selector in ("#do-more", "#choose-mode", "#choose-free"):
        tab.touch(selector)
    tab.type("0074829")
    events = screen.inbox.wait(lambda events: len(events) == 5)
    tab.until("document.querySelector('#panel').hidden")
    assert events[2] == DirectionAsked(1, Direction.IN)
    assert events[4] == ModeAsked(ModeSource.STAFF, Mode.FREE, "zhang")


def test_english_is_kept_and_the_last_scans_are_listed(screen: Screen) -> None:
    tab = screen.show(Sign.REFUSED, reason=Reason.USED, ticket=ticket(9))
    screen.show(Sign.GO, persons=1, ticket=ticket(8))
    tab.touch("#do-more")
    tab.touch("#choose-language")
    tab.until(f"{FIRST} === 'Please go through'")
    tab.touch("#do-last")
    rows = tab.value("[...document.querySelectorAll('.results li div')].map(d => d.innerText)")
    assert rows == [
        "Let in 1 person\nAdult day ticket · serial 8",
        "Ticket already used\nAdult day ticket · serial 9",
    ]
    tab.touch("#back")
    tab.go(screen.link.read_text().strip())
    tab.until(f"{FIRST} === 'Please go through'")
    tab.touch("#do-more")
    tab.touch("#choose-language")
    tab.until(f"{FIRST} === '请通行'")


def test_the_token_leaves_the_address_and_a_wrong_one_is_told(
    screen: Screen, browser: Browser
) -> None:
    assert screen.tab.value("location.hash") == ""
    port = screen.page.address[1]
    wrong = browser.open(f"http://127.0.0.1:{port}/#{'0' * 32}", 480, 800)
    wrong.until(f"{SIGN} === 'token'")
    wrong.ask("Page.close")


def test_a_gate_that_ends_is_seen_and_one_that_comes_back_too(screen: Screen) -> None:
    address = screen.page.address
    screen.page.stop()
    screen.tab.until(f"{SIGN} === 'lost'")
    assert screen.tab.value(FIRST) == "闸机程序无响应"
    assert "在线" not in screen.tab.value("document.querySelector('#bar').innerText")
    again = Page(PageSettings(address[1]), "ab" * 16, screen.link, {1: False})
    again.start(screen.inbox.put)
    screen.tab.until(f"{SIGN} === 'ready'")
    again.stop()


def test_another_page_in_the_same_browser_can_do_nothing(screen: Screen, browser: Browser) -> None:
    """A page of somebody else's, from another port of this machine, that even knows the token."""
    port = screen.page.address[1]
    evil = Page(PageSettings(0), "cd" * 16, screen.link.with_name("evil"), {1: False})
    evil.start(Collected().put)
    tab = browser.open(f"http://127.0.0.1:{evil.address[1]}/", 480, 800)
    tab.until("document.readyState === 'complete'")
    tab.ask("Page.setBypassCSP", enabled=True)
    tab.go(f"http://127.0.0.1:{evil.address[1]}/")
    tab.until("document.querySelector('#stage')")
    body = json.dumps({"act": "code", "lane": 1, "code": "x"})
    for options in (
        f"{{method: 'POST', headers: {{Authorization: 'Bearer {'ab' * 16}'}}, body: '{body}'}}",
        f"{{method: 'POST', mode: 'no-cors', body: '{body}'}}",
    ):
        ended = f"fetch('http://127.0.0.1:{port}/act', {options}).then(r => r.status, () => -1)"
        assert tab.value(ended) in (-1, 0)
    assert screen.inbox.events == []
    tab.ask("Page.close")
    evil.stop()


def test_the_monitor_shows_a_refusal_for_a_while(screen: Screen, browser: Browser) -> None:
    link = screen.link.read_text().strip().replace("/#", "/monitor?lane=1#")
    tab = browser.open(link, 1280, 720)
    tab.until(f"{FIRST} === '请扫码'")
    screen.page.display(1).show(Show(Sign.REFUSED, reason=Reason.VOID))
    tab.until(f"{FIRST} === '{TEXTS[Reason.VOID].zh}'")
    assert tab.value("document.querySelectorAll('button').length") == 0
    tab.until(f"{FIRST} === '请扫码'")
    screen.page.display(1).show(Show(Sign.GO, 3))
    tab.until(f"{FIRST} === '请通行 3 人'")
    tab.go(link.replace("lane=1", "lane=7"))
    tab.until(f"{FIRST} === '没有通道 7，本机有：1'")
    tab.ask("Page.close")


def test_a_handheld_from_the_scanner_to_the_screen(browser: Browser) -> None:
    with LivePark("hand") as park, SimScanner(park.gates["hand"].scanner) as scanner:
        gate = park.gates["hand"]
        gate.write_config(arm="", extra=f"\n[page]\nport = {free_port()}\n")
        gate.start()
        gate.wait(gate.settled)
        tab = browser.open((gate.data / "page.url").read_text().strip(), 480, 800)
        tab.until(f"{SIGN} === 'ready'")
        scanner.present(park.printed(0))
        tab.until(f"{SIGN} === 'go'")
        scanner.present(park.printed(-1))
        tab.until(f"{FIRST} === '{TEXTS[Reason.VOID].zh}'")
        until(lambda: len(gate.records()) >= 4)
        assert [row.kind.key for row in gate.records()] == ["boot", "granted", "taken", "denied"]
        tab.until("document.querySelector('#facts').textContent.includes('在线')")
        tab.until(f"{SIGN} === 'ready'")
        assert gate.end() == 0
        tab.until(f"{SIGN} === 'lost'")
        tab.ask("Page.close")
