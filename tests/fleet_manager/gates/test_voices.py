"""Two boards that speak for one gate are told from one that starts again."""

from fleet_manager.gates.voices import MOST_RETURNS, WITHIN_MS, GateVoices
from gate_agent.validator.messages.envelopes import Birth, GateState


def birth(journal: bytes, boot: int) -> Birth:
    return Birth(
        journal_id=journal * 16, boot=boot, software="0.1", mark=0, head=0, lists=(), keys_version=0
    )


def state(boot: int, mono_ms: int) -> GateState:
    return GateState(
        boot=boot, wall_ms=0, clock=2, waiting=0, lists=(), lanes=(), faults=(), mono_ms=mono_ms
    )


def speak(voices: GateVoices, journal: bytes, boot: int, mono_ms: int, now_ms: int = 0) -> str:
    voices.take_birth("north-1", birth(journal, boot))
    return voices.take_state("north-1", state(boot, mono_ms), now_ms)


def test_boards_that_speak_in_turn_are_two() -> None:
    voices = GateVoices()
    said = [speak(voices, b"ab"[n % 2 : n % 2 + 1], n % 2 + 1, 1000 * n, n) for n in range(9)]
    assert said[: MOST_RETURNS + 2] == [""] * (MOST_RETURNS + 2)
    assert set(said[MOST_RETURNS + 2 :]) == {
        "journal 61616161 boot 00000001 and journal 62626262 boot 00000002"
    }


def test_two_folders_of_one_computer_are_two_although_they_share_its_boot() -> None:
    voices = GateVoices()
    said = [speak(voices, b"ab"[n % 2 : n % 2 + 1], 7, 1000 * n) for n in range(9)]
    assert said[-1] == "journal 61616161 boot 00000007 and journal 62626262 boot 00000007"


def test_a_board_that_starts_again_and_again_is_one() -> None:
    voices = GateVoices()
    assert not any(speak(voices, b"a", boot, 5000) for boot in range(50))


def test_a_card_that_is_changed_is_no_second_board() -> None:
    voices = GateVoices()
    for n in range(9):
        assert speak(voices, bytes([n]), n, 5000) == ""


def test_repeated_messages_of_an_earlier_boot_are_no_second_board() -> None:
    voices = GateVoices()
    speak(voices, b"a", 1, 60_000)
    for n in range(9):
        assert speak(voices, b"a", 2, 10_000 + n) == ""
        assert speak(voices, b"a", 1, 60_000) == "", "its clock has not gone on"


def test_returns_that_are_far_apart_are_nothing() -> None:
    voices = GateVoices()
    for n in range(20):
        journal, boot = (b"a", 1) if n % 2 else (b"b", 2)
        assert speak(voices, journal, boot, 1000 * n, n * WITHIN_MS // 2) == ""


def test_gates_are_told_apart() -> None:
    voices = GateVoices()
    for n in range(20):
        gate = f"gate-{n % 2}"
        voices.take_birth(gate, birth(b"a", n % 2))
        assert voices.take_state(gate, state(n % 2, 1000 * n), n) == ""
