"""Two boards that speak for one gate are told from one that starts again."""

from fleet_manager.gates.voices import MOST_RETURNS, WITHIN_MS, GateVoices
from gate_agent.validator.messages.envelopes import GateState


def state(journal: bytes, boot: int, mono_ms: int, head: int = 0, beacon_ms: int = 0) -> GateState:
    return GateState(
        boot=boot,
        wall_ms=0,
        clock=2,
        waiting=0,
        lists=(),
        lanes=(),
        faults=(),
        mono_ms=mono_ms,
        journal_id=journal * 16,
        head=head,
        beacon_ms=beacon_ms,
    )


def speak(voices: GateVoices, journal: bytes, boot: int, mono_ms: int, now_ms: int = 0) -> str:
    return voices.take_state("north-1", state(journal, boot, mono_ms), now_ms)


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


def test_returns_that_are_far_apart_are_nothing() -> None:
    voices = GateVoices()
    for n in range(20):
        journal, boot = (b"a", 1) if n % 2 else (b"b", 2)
        assert speak(voices, journal, boot, 1000 * n, n * WITHIN_MS // 2) == ""


def test_gates_are_told_apart() -> None:
    voices = GateVoices()
    for n in range(20):
        gate = f"gate-{n % 2}"
        assert voices.take_state(gate, state(b"a", n % 2, 1000 * n), n) == ""


def test_a_disk_that_was_put_back_is_known_by_a_beacon_from_after_the_mark() -> None:
    voices = GateVoices()

    def is_put_back(head: int, beacon_ms: int, now_ms: int) -> bool:
        spoken = state(b"a", 1, 0, head=head, beacon_ms=beacon_ms)
        return voices.is_put_back("north-1", spoken, 10, now_ms)

    assert not is_put_back(10, 1000, 2000)
    assert not is_put_back(7, 1000, 3000), "it may be older than the mark"
    assert not is_put_back(7, 3000, 4000)
    assert is_put_back(8, 3001, 4000)
    assert not is_put_back(10, 5000, 5000)
    assert not is_put_back(7, 5001, 6000)
