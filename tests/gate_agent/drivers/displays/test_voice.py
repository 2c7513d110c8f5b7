"""The voice: recordings through a player, the newest first."""

import sys
from pathlib import Path

import pytest

from gate_agent.config.settings import VoiceSettings
from gate_agent.drivers.displays.voice import Voice
from gate_agent.effects import Show, Sign
from gate_agent.events import Event, Faulted, Recovered
from gate_agent.validator.reasons import Reason
from tests.gate_agent.drivers.collected import Collected, until


def player(tmp_path: Path, script: str) -> tuple[str, ...]:
    """A program in place of aplay; `log` is where it may write, `files` what it is to play."""
    head = f"import sys, time; log = open({str(tmp_path / 'log')!r}, 'a'); files = sys.argv[2:]\n"
    return sys.executable, "-S", "-c", head + script


def recordings(tmp_path: Path, *names: str) -> Path:
    for name in names:
        (tmp_path / f"{name}.zh.wav").touch()
        (tmp_path / f"{name}.en.wav").touch()
    return tmp_path


def started(tmp_path: Path, words: tuple[str, ...]) -> tuple[Voice, Collected]:
    inbox = Collected()
    voice = Voice(1, VoiceSettings("plughw:1"), tmp_path, words)
    voice.start(inbox.put)
    return voice, inbox


def said(tmp_path: Path) -> list[str]:
    log = tmp_path / "log"
    return log.read_text("utf-8").splitlines() if log.exists() else []


def test_chinese_first_then_english_on_the_card_that_was_named(tmp_path: Path) -> None:
    recordings(tmp_path, "refused-void")
    words = player(tmp_path, "print(*sys.argv[1:], file=log)")
    voice, inbox = started(tmp_path, words)
    voice.show(Show(Sign.REFUSED, reason=Reason.VOID))
    until(lambda: len(said(tmp_path)) == 1)
    line = f"plughw:1 {tmp_path}/refused-void.zh.wav {tmp_path}/refused-void.en.wav"
    assert said(tmp_path) == [line]
    voice.stop()
    assert inbox.events == []


def test_the_newest_cuts_off_what_is_being_said(tmp_path: Path) -> None:
    recordings(tmp_path, "alarm", "go")
    script = (
        "print(files[0], file=log, flush=True)\n"
        "if 'alarm' in files[0]: time.sleep(60); print('to the end', file=log)\n"
    )
    voice, inbox = started(tmp_path, player(tmp_path, script))
    voice.show(Show(Sign.ALARM))
    until(lambda: len(said(tmp_path)) == 1)
    voice.show(Show(Sign.GO))
    until(lambda: len(said(tmp_path)) == 2)
    voice.stop()
    assert said(tmp_path) == [f"{tmp_path}/alarm.zh.wav", f"{tmp_path}/go.zh.wav"]
    assert inbox.events == []


def test_silence_comes_at_the_end(tmp_path: Path) -> None:
    recordings(tmp_path, "alarm")
    script = "print('on', file=log, flush=True); time.sleep(60)"
    voice, inbox = started(tmp_path, player(tmp_path, script))
    voice.show(Show(Sign.ALARM))
    until(lambda: said(tmp_path) == ["on"])
    process = voice._process
    assert process is not None
    voice.stop()
    assert process.poll() is not None
    assert inbox.events == []


FAULTS = [
    (("no-such-player",), "cannot run no-such-player: No such file or directory"),
    (None, "cannot play through plughw:1: no such card"),
]


@pytest.mark.parametrize(("words", "text"), FAULTS, ids=["player", "card"])
def test_what_cannot_be_played_is_a_fault(
    tmp_path: Path, words: tuple[str, ...] | None, text: str
) -> None:
    recordings(tmp_path, "go")
    broken = words or player(tmp_path, "sys.exit('no such card\\nmore')")
    voice, inbox = started(tmp_path, broken)
    voice.show(Show(Sign.GO))
    inbox.wait_for(Faulted("voice 1", text))
    voice.stop()


def test_what_was_never_recorded_is_a_fault_until_it_is(tmp_path: Path) -> None:
    voice, inbox = started(tmp_path, player(tmp_path, "print('said', file=log)"))
    voice.worker.retry_s = 0.01
    voice.show(Show(Sign.GO))
    inbox.wait_count(1)
    recordings(tmp_path, "go")
    events: list[Event] = inbox.wait(lambda events: len(events) == 2)
    text = "cannot say go: no recording; gate-agent voice makes them"
    assert events == [Faulted("voice 1", text), Recovered("voice 1")]
    voice.stop()


def test_to_leave_the_park_is_said_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gate_agent.drivers.displays.voice._AGAIN_S", 0.01)
    recordings(tmp_path, "evacuate")
    voice, _ = started(tmp_path, player(tmp_path, "print('leave', file=log)"))
    voice.show(Show(Sign.EVACUATE))
    until(lambda: len(said(tmp_path)) >= 3)
    voice.show(Show(Sign.READY))
    voice.stop()
