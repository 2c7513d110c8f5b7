"""The relay guard as real processes: whoever is stopped or killed in the middle of a pulse, the
contact opens within a second, and nobody releases an arm with half a guard."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP
from time import monotonic

import pytest

from gate_agent.drivers.arms.guard.pulses import CAP_MS
from tests.process.guarded import Guarded

pytestmark = pytest.mark.process
ONE = [(name, number) for name in ("daemon", "holder", "keeper") for number in (SIGSTOP, SIGKILL)]


@pytest.fixture(params=[True, False], ids=["active high", "active low"])
def guarded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Guarded]:
    with Guarded(tmp_path, active_high=request.param) as guarded:
        yield guarded


def name_of(case: object) -> str:
    return case.name if isinstance(case, signal.Signals) else str(case)


def test_a_pulse_has_its_length_and_there_is_no_blip(guarded: Guarded) -> None:
    rest = not guarded.active_high
    guarded.ask()
    guarded.hear("taken")
    guarded.hear("off")
    guarded.until(lambda: len(guarded.lines.trace) > 2)  # the line tells in its own time
    assert [edge.level for edge in guarded.lines.trace] == [rest, not rest, rest]
    (pulse_ms,) = guarded.pulses_ms()
    assert 280 <= pulse_ms < CAP_MS  # 300 at the guard; the line hears of both ends a little later


def test_its_start_and_its_end_are_not_seen_on_the_line(guarded: Guarded) -> None:
    rest = not guarded.active_high
    for _ in range(2):
        guarded.hit("daemon", SIGKILL)
        guarded.until(lambda: len(guarded.processes()) == 1)
        guarded.start()
    assert [edge.level for edge in guarded.lines.trace] == [rest]


@pytest.mark.parametrize(("name", "number"), ONE, ids=name_of)
def test_whoever_is_hit_in_mid_pulse_the_contact_opens(
    guarded: Guarded, name: str, number: signal.Signals
) -> None:
    guarded.ask()
    guarded.hear("taken")
    guarded.hit(name, number)
    guarded.until(lambda: bool(guarded.pulses_ms()) and not guarded.closed())
    assert max(guarded.pulses_ms()) <= CAP_MS
    if name != "daemon":
        _works_again(guarded)


PAIRS = [
    ("daemon", SIGSTOP, "holder", SIGKILL),
    ("daemon", SIGSTOP, "holder", SIGSTOP),
    ("daemon", SIGKILL, "holder", SIGSTOP),
    ("daemon", SIGKILL, "keeper", SIGKILL),
    ("daemon", SIGSTOP, "keeper", SIGSTOP),
    ("holder", SIGSTOP, "daemon", SIGKILL),
    ("holder", SIGKILL, "keeper", SIGSTOP),
    ("keeper", SIGSTOP, "daemon", SIGSTOP),
    ("keeper", SIGKILL, "holder", SIGKILL),
    ("keeper", SIGSTOP, "holder", SIGSTOP),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: " ".join(name_of(one) for one in pair))
def test_any_two_of_the_three_may_fail_one_after_the_other(
    tmp_path: Path, pair: tuple[str, signal.Signals, str, signal.Signals]
) -> None:
    first, how, second, then = pair
    with Guarded(tmp_path) as guarded:
        guarded.ask()
        guarded.hear("taken")
        victims = guarded.processes()
        guarded.hit(first, how)
        if victims.get(second) == guarded.processes().get(second):
            guarded.hit(second, then)
        guarded.until(lambda: bool(guarded.pulses_ms()) and not guarded.closed())
        assert max(guarded.pulses_ms()) <= CAP_MS
        if "daemon" not in pair:
            _works_again(guarded)


def test_a_stopped_guard_is_noticed_and_a_pulse_refused(tmp_path: Path) -> None:
    with Guarded(tmp_path) as guarded:
        old = guarded.processes()
        guarded.hit("holder", SIGSTOP)
        guarded.ask()
        assert "does not answer" in guarded.hear("refused")
        guarded.hear("back")
        assert guarded.processes()["keeper"] != old["keeper"]
        assert guarded.pulses_ms() == [], "what was asked of the old guard is not given by the new"
        _works_again(guarded)


def test_a_stopped_guard_is_noticed_while_nothing_happens(tmp_path: Path) -> None:
    with Guarded(tmp_path) as guarded:
        guarded.hit("holder", SIGSTOP)
        guarded.hear("lost")
        guarded.hear("back")


def test_a_holder_does_not_pulse_without_its_keeper(tmp_path: Path) -> None:
    with Guarded(tmp_path) as guarded:
        guarded.hit("keeper", SIGSTOP)
        guarded.ask()
        assert "keeper" in guarded.hear("refused")
        assert guarded.pulses_ms() == []
        guarded.hear("back")
        _works_again(guarded)


def test_a_daemon_that_wakes_up_late_releases_nobody(tmp_path: Path) -> None:
    """A pulse asked for before the guard was stopped is not given when it goes on."""
    with Guarded(tmp_path) as guarded:
        victims = guarded.processes()
        guarded.hit("keeper", SIGSTOP)
        guarded.hit("holder", SIGSTOP)
        guarded.ask()
        guarded.hear("refused")
        for pid in (victims["keeper"], victims["holder"]):
            with suppress(ProcessLookupError):
                os.kill(pid, SIGCONT)
        guarded.hear("back")
        assert guarded.pulses_ms() == []


def test_a_line_that_somebody_else_has_is_waited_for(tmp_path: Path) -> None:
    """The guard of a daemon that was killed has its line for as long as its pulse lasts."""
    with Guarded(tmp_path) as guarded:
        guarded.ask(700)
        guarded.hear("taken")
        guarded.hit("daemon", SIGKILL)
        began_s = monotonic()
        guarded.start()
        assert monotonic() > began_s
        guarded.until(lambda: bool(guarded.pulses_ms()) and not guarded.closed())
        assert max(guarded.pulses_ms()) <= CAP_MS
        _works_again(guarded)


def _works_again(guarded: Guarded) -> None:
    """Within a few tries: one that was queued when the guard broke is lost, and told as lost."""
    before = len(guarded.pulses_ms())

    def again() -> bool:
        guarded.ask()
        guarded.hear("taken", "refused")
        return len(guarded.pulses_ms()) > before

    guarded.until(again)
    guarded.until(lambda: not guarded.closed())
