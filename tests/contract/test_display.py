"""What everything that shows must do: lamps, a buzzer, a voice, a small display, the page.

Each is driven through the `Display` port alone; what came out is read at the other end: lines of a
simulated board, calls of the player, pictures on luma's pseudo-device.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Flag
from typing import Protocol

import pytest
from luma.core.device import dummy
from PIL import Image

from gate_agent.config.settings import (
    BuzzerSettings,
    DisplaySettings,
    LampSettings,
    PageSettings,
    VoiceSettings,
)
from gate_agent.drivers.displays.buzzer import Buzzer
from gate_agent.drivers.displays.lamps import Lamps
from gate_agent.drivers.displays.panel import chinese_font, draw
from gate_agent.drivers.displays.small_display import SmallDisplay
from gate_agent.drivers.displays.voice import Voice
from gate_agent.effects import Show, Sign
from gate_agent.errors import DriverFault
from gate_agent.events import Faulted, Recovered
from gate_agent.page.page import Page
from gate_agent.ports import Display
from gate_agent.signs import SPOKEN, every_prompt
from gate_agent.validator.reasons import Reason
from hardware_sim.devices.pins import WorldFactory
from tests.gate_agent.drivers.collected import Collected, until
from tests.gate_agent.page.visitor import TOKEN, Visitor

REFUSED = Show(Sign.REFUSED, reason=Reason.USED)
EVERY = [*(Show(sign) for sign in Sign), *(Show(Sign.REFUSED, reason=one) for one in Reason)]


class Bench(Protocol):
    """A display and its other end."""

    def make(self) -> Display: ...
    def shows(self, show: Show) -> bool:
        """Whether `show` is what can be noticed now, or has just been."""

    def at_rest(self) -> bool: ...


class LampBench:
    """Two lines."""

    def __init__(self, _folder: Path) -> None:
        self._factory = WorldFactory(lambda _line, _level: None)

    def make(self) -> Display:
        return Lamps(1, LampSettings(5, 6), self._factory)

    def shows(self, show: Show) -> bool:
        lit = {
            Sign.REFUSED: (False, True), Sign.GO: (True, False), Sign.READY: (False, False),
        }  # fmt: skip
        return (self._factory.outputs[5], self._factory.outputs[6]) == lit[show.sign]

    def at_rest(self) -> bool:
        return not any(self._factory.outputs.values())


class BuzzerBench:
    """One line; sounds are counted."""

    def __init__(self, _folder: Path) -> None:
        self._sounds = 0
        self._factory = WorldFactory(self._driven)

    def _driven(self, _line: int, level: bool) -> None:
        self._sounds += level

    def make(self) -> Display:
        self._sounds = 0
        return Buzzer(1, BuzzerSettings(18), self._factory)

    def shows(self, show: Show) -> bool:
        if show.sign is Sign.READY:
            return self.at_rest()
        return self._sounds > 0

    def at_rest(self) -> bool:
        return not self._factory.outputs.get(18, False)


class VoiceBench:
    """A player that writes down what it was given."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said = folder / "said"
        player = "import sys; open(sys.argv[1], 'a').write(' '.join(sys.argv[2:]) + '\\n')"
        self._player = (sys.executable, "-S", "-c", player, str(self._said))
        for name in every_prompt():
            for language in ("zh", "en"):
                (folder / f"{name}.{language}.wav").touch()

    def make(self) -> Display:
        return Voice(1, VoiceSettings("default"), self._folder, self._player)

    def shows(self, show: Show) -> bool:
        said = self._said.read_text("utf-8") if self._said.exists() else ""
        name = "refused-used" if show.sign is Sign.REFUSED else show.sign.value
        files = f"{self._folder}/{name}.zh.wav {self._folder}/{name}.en.wav"
        return show.sign not in SPOKEN or said.endswith(f"default {files}\n")

    def at_rest(self) -> bool:
        return True


class PanelBench:
    """luma's pseudo-device, which keeps the picture."""

    def __init__(self, _folder: Path) -> None:
        self._luma = dummy(width=128, height=64, mode="1")

    def make(self) -> Display:
        settings = DisplaySettings("ssd1306@i2c-1-0x3c")
        return SmallDisplay(1, settings, lambda _settings: self._luma, refused_s=0.05)

    def shows(self, show: Show) -> bool:
        wanted = draw(show, (128, 64), "1", chinese_font())
        found: Image.Image | None = self._luma.image
        return found is not None and found.tobytes() == wanted.tobytes()

    def at_rest(self) -> bool:
        return self._luma.image is None or self._luma.image.getbbox() is None


class PageBench:
    """A lane of the local page, seen through its stream of states."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._page: Page | None = None

    def make(self) -> Display:
        self._page = Page(
            PageSettings(0), TOKEN, self._folder / "url", {1: False}, find_battery=lambda: None
        )
        page, lane = self._page, self._page.display(1)
        # The page is a device by itself, with a display for each lane.
        lane.start, lane.stop = page.start, page.stop  # type: ignore[method-assign]
        return lane

    def shows(self, show: Show) -> bool:
        assert self._page is not None
        with Visitor(self._page).states() as states:
            lane = next(states)["lanes"]["1"]
        return bool(lane["sign"] == show.sign.value)

    def at_rest(self) -> bool:
        assert self._page is not None
        return self._page._server is None


@pytest.fixture(params=[LampBench, BuzzerBench, VoiceBench, PanelBench, PageBench])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    made: Bench = request.param(tmp_path)
    return made


@pytest.fixture
def inbox() -> Collected:
    return Collected()


@pytest.fixture
def display(bench: Bench, inbox: Collected) -> Iterator[Display]:
    display = bench.make()
    display.start(inbox.put)
    yield display
    display.stop()


def test_before_and_after_its_time_it_refuses(bench: Bench) -> None:
    display = bench.make()
    with pytest.raises(DriverFault, match="cannot show go"):
        display.show(Show(Sign.GO))
    display.start(Collected().put)
    display.stop()
    with pytest.raises(DriverFault, match="cannot show go"):
        display.show(Show(Sign.GO))
    display.stop()


@pytest.mark.parametrize("show", [Show(Sign.GO, 1), REFUSED], ids=["go", "refused"])
def test_it_shows(bench: Bench, display: Display, show: Show) -> None:
    display.show(Show(Sign.READY))
    until(lambda: bench.shows(Show(Sign.READY)))
    display.show(show)
    until(lambda: bench.shows(show))


def test_everything_can_be_shown_at_once_and_the_newest_stays(
    bench: Bench, display: Display, inbox: Collected
) -> None:
    for show in [*EVERY, *EVERY, Show(Sign.GO, 1)]:
        display.show(show)
    until(lambda: bench.shows(Show(Sign.GO, 1)))
    assert inbox.events == []


def test_it_is_at_rest_when_it_is_stopped_and_works_again(
    bench: Bench, display: Display, inbox: Collected
) -> None:
    display.show(Show(Sign.ALARM))
    display.stop()
    assert bench.at_rest()
    display.start(inbox.put)
    display.show(REFUSED)
    until(lambda: bench.shows(REFUSED))
    assert inbox.events == []


def test_a_device_that_hangs_holds_nobody_up() -> None:
    """Sixty shows return while the first picture is still on its way over the bus."""
    busy, free = Flag(), Flag()

    class Slow(dummy):  # type: ignore[misc]  # luma has no types
        def display(self, image: Image.Image) -> None:
            busy.set()
            free.wait()
            super().display(image)

    slow = Slow(width=128, height=64, mode="1")
    display = SmallDisplay(1, DisplaySettings("ssd1306@i2c-1-0x3c"), lambda _: slow)
    free.set()
    busy.clear()
    display.start(Collected().put)
    free.clear()
    display.show(Show(Sign.READY))
    assert busy.wait(60)
    for show in EVERY:
        display.show(show)
    display.show(Show(Sign.GO, 3))
    free.set()
    wanted = draw(Show(Sign.GO, 3), (128, 64), "1", chinese_font()).tobytes()
    until(lambda: slow.image is not None and slow.image.tobytes() == wanted)
    display.stop()


def fail_twice(work: Callable[[], None]) -> Callable[[], None]:
    """Fails the first two times."""
    left = [2]

    def act() -> None:
        if left[0]:
            left[0] -= 1
            raise DriverFault("cannot open it")
        work()

    return act


def test_a_device_that_comes_back_is_told_once_and_shows_the_newest(tmp_path: Path) -> None:
    bench, inbox = PanelBench(tmp_path), Collected()
    display = bench.make()
    assert isinstance(display, SmallDisplay)
    display.worker.retry_s = 0.01
    display.open = fail_twice(display.open)  # type: ignore[method-assign]
    display.start(inbox.put)
    display.show(Show(Sign.GO, 2))
    until(lambda: bench.shows(Show(Sign.GO, 2)))
    inbox.wait_count(2)
    assert inbox.events == [Faulted("display 1", "cannot open it"), Recovered("display 1")]
    display.stop()
