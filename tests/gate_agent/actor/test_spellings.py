"""What scanners add to a code: taken off where nothing else can be meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.actor.spellings import spellings
from tests.gate_agent.conftest import Gate
from tests.gate_agent.samples import code, ticket

GOOD = code(ticket(7))


@pytest.mark.parametrize(
    ("shown", "additions"),
    [
        (GOOD, ()),
        (b"]Q1" + GOOD, ("AIM identifier",)),
        (b"]Q3" + GOOD, ("AIM identifier",)),
        (b"\x02" + GOOD + b"\x03", ("STX", "ETX")),
        (b" " + GOOD, ("blanks before",)),
        (GOOD + b"  ", ("blanks behind",)),
        (GOOD + b"\t", ("Tab behind",)),
        (GOOD + b" \t ", ("Tab behind", "blanks behind")),
        (b"\xef\xbb\xbf" + GOOD, ("byte order mark",)),
        (b"\x1d" + GOOD, ("GS",)),
        (GOOD + b"\x1d", ("GS",)),
        (
            b"\x02]Q1 " + GOOD + b" \x03",
            ("STX", "ETX", "blanks behind", "AIM identifier", "blanks before"),
        ),
        (GOOD.lower(), ("Caps Lock",)),
        (b"]Q1" + GOOD.lower(), ("AIM identifier", "Caps Lock")),
    ],
)
def test_a_good_ticket_is_let_in_whatever_the_scanner_adds(
    gate: Gate, shown: bytes, additions: tuple[str, ...]
) -> None:
    *_, last = spellings(shown)
    assert last.text == GOOD
    assert set(last.additions) == set(additions)
    gate.scan(shown)
    assert gate.kinds() == ["granted"]
    for addition in additions:
        assert gate.health.counters[f"scanner adds {addition}"] == 1


@pytest.mark.parametrize("shown", [b"", b" ", b"]Q1", b"\x02\x03", b"weixin", b"]Q1weixin"])
def test_what_is_no_ticket_stays_none(gate: Gate, shown: bytes) -> None:
    gate.scan(shown)
    assert gate.denied() == ["alien"]


def test_a_code_with_mixed_letters_is_left_alone() -> None:
    mixed = GOOD[:40].lower() + GOOD[40:]
    assert [text for text, _ in spellings(mixed)] == [mixed]


@given(st.binary(max_size=80))
def test_any_bytes_come_first_as_they_are(shown: bytes) -> None:
    first, *others = spellings(shown)
    assert first == (shown, ())
    assert len(others) <= 1
    for other in others:
        assert other.text not in (b"", shown)
        assert other.additions


def test_a_foreign_code_in_small_letters_is_not_called_torn(gate: Gate) -> None:
    gate.scan(b"sg1:123456789012")
    assert gate.denied() == ["alien"]
