"""The ticket: one ticket, one code; every other text is refused for exactly one reason."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.decide import Denied, authenticate
from gate_agent.validator.errors import WireError
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets import base45
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from gate_agent.validator.tickets.ticket import (
    MAX_CODE_CHARS,
    MIN_CODE_CHARS,
    SignedTicket,
    Ticket,
    encode,
    parse,
    sign,
)
from gate_agent.validator.trust.keys import KeyRing, KeyUse, PublicKey
from tests.gate_agent.validator.builders import prove, tickets
from tests.vectors import bad_tickets, samples
from tests.vectors.keyring import LIST, PARK, RING, STRANGER, TICKET

UNBELIEVED = {Reason.ALIEN, Reason.TORN, Reason.UNKNOWN_KEY, Reason.FORGED}
GOOD = {name: code.encode() for name, code in samples.codes().items()}


def refused(code: bytes) -> Reason:
    """The one reason why nobody believes this code."""
    found = authenticate(code, RING)
    assert isinstance(found, Denied)
    assert found.ticket is None
    assert found.reason in UNBELIEVED
    return found.reason


# --- good tickets ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOOD)
def test_a_good_ticket_is_what_was_sold(name: str) -> None:
    assert authenticate(GOOD[name], RING) == samples.tickets()[name]


@prove
@given(tickets())
def test_round_trip(ticket: Ticket) -> None:
    code = samples.code(ticket).encode()
    assert MIN_CODE_CHARS <= len(code) <= MAX_CODE_CHARS
    assert authenticate(code, RING) == ticket
    assert encode(parse(code)).encode() == code


def test_lengths_in_characters() -> None:
    assert len(GOOD["single"]) == 133
    assert max(map(len, GOOD.values())) == len(GOOD["everything"]) == 154


def test_a_ticket_is_one_however_often_printed() -> None:
    assert samples.ticket(1).id == samples.ticket(1, issue=3).id == TICKET.id + b"\0\0\0\1"


# --- one ticket, one code ----------------------------------------------------------------------


@prove
@given(
    st.integers(0, 0x7F),
    st.binary(min_size=20, max_size=20),
    st.binary(max_size=14) | st.sampled_from([b"\0\1", b"\0\2", b"\0", b"\0\2\0\3"]),
)
def test_any_binary_form_has_one_code_or_none(present: int, fields: bytes, extra: bytes) -> None:
    code = bad_tickets.written(bytes((1, present)) + fields + extra + bytes(64))
    try:
        signed = parse(code)
    except WireError:
        return
    assert encode(signed).encode() == code


@prove
@given(st.binary(max_size=170) | st.text(base45.ALPHABET.decode(), max_size=160).map(str.encode))
def test_any_bytes(code: bytes) -> None:
    for candidate in (code, b"SG1:" + code):
        refused(candidate)
    with pytest.raises(WireError):
        parse(code)


@prove
@given(st.binary(min_size=80, max_size=104))
def test_any_binary_form(data: bytes) -> None:
    refused(bad_tickets.written(data))
    refused(bad_tickets.written(b"\1" + data))
    refused(bad_tickets.written(b"\1\0" + TICKET.id + data))


def test_another_prefix() -> None:
    for prefix in (b"SG2:", b"sg1:", b"SG1;"):
        with pytest.raises(WireError):
            parse(prefix + GOOD["single"][4:])


# --- mutated valid tickets ---------------------------------------------------------------------


def mutations(code: bytes, rng: random.Random) -> Iterator[bytes]:
    """Every character changed, dropped, inserted, doubled; every cut; things behind."""
    for at in range(len(code)):
        other = bytes((rng.choice(base45.ALPHABET),))
        yield code[:at] + bytes((code[at] ^ 1 << rng.randrange(8),)) + code[at + 1 :]
        if other != code[at : at + 1]:
            yield code[:at] + other + code[at + 1 :]
        yield code[:at] + code[at + 1 :]
        yield code[:at] + other + code[at:]
        yield code[:at] + code[at : at + 1] + code[at:]
        yield code[:at]
        yield code[at + 1 :]
        yield code + code[:at] + other
        if code[at : at + 1] != code[at - 1 : at] and at:
            yield code[: at - 1] + code[at : at + 1] + code[at - 1 : at] + code[at + 1 :]


@pytest.mark.parametrize("name", ["single", "everything"])
def test_no_mutated_code_is_believed(name: str) -> None:
    seen = {refused(code) for code in mutations(GOOD[name], random.Random(name))}
    assert seen == UNBELIEVED


@pytest.mark.parametrize("name", ["single", "everything"])
def test_no_flipped_bit_is_believed(name: str) -> None:
    data = bad_tickets.binary(name)
    seen = set()
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        seen.add(refused(bad_tickets.written(bytes(flipped))))
    assert seen == UNBELIEVED - {Reason.ALIEN}


@pytest.mark.parametrize("name", bad_tickets.codes())
def test_what_is_wrong_in_one_way(name: str) -> None:
    refused(bad_tickets.codes()[name])


def test_a_signature_of_another_ticket() -> None:
    one, two = bad_tickets.binary("single"), bad_tickets.binary("team")
    assert refused(bad_tickets.written(one[:22] + two[-64:])) is Reason.FORGED


def test_the_list_key_signs_no_ticket() -> None:
    """A key that is trusted for lists is not known for tickets."""
    code = samples.code(samples.ticket(1, key_id=LIST.id), LIST)
    assert refused(code.encode()) is Reason.UNKNOWN_KEY


def test_a_stranger_who_names_our_key() -> None:
    """Two keys with one id: the one that is trusted decides."""
    signature = STRANGER.sign(bytes(100))
    of = parse(GOOD["single"]).ticket
    assert refused(encode(SignedTicket(of, signature)).encode()) is Reason.FORGED


def test_a_key_of_another_park() -> None:
    ring = KeyRing([PublicKey.of(TICKET.public, KeyUse.TICKET, "east-lake")])
    assert authenticate(GOOD["single"], ring) == Denied(Reason.FORGED)


def test_no_key_at_all() -> None:
    assert authenticate(GOOD["single"], KeyRing()) == Denied(Reason.UNKNOWN_KEY)


# --- what cannot be printed --------------------------------------------------------------------


def never(_data: bytes) -> bytes:
    raise AssertionError("signed a ticket that does not fit the format")


BEYOND: dict[str, Callable[[Ticket], dict[str, Any]]] = {
    "serial": lambda of: {"serial": 2**32},
    "a negative serial": lambda of: {"serial": -1},
    "issued at": lambda of: {"issued_at": 2**32},
    "product": lambda of: {"product": 65_536},
    "admits": lambda of: {"admits": 65_536},
    "a negative admits": lambda of: {"admits": -1},
    "zones": lambda of: {"zones": 65_536},
    "group": lambda of: {"group": 2**32},
    "issue": lambda of: {"issue": 256},
    "entries": lambda of: {"entry_policy": EntryPolicy(EntryRule.COUNTED, 16)},
    "a start off the minute": lambda of: {"not_before": of.not_before + 1},
    "an end off the minute": lambda of: {"expires_at": of.expires_at + 1},
    "a window that ends first": lambda of: {"expires_at": of.not_before - 60},
    "a window too long": lambda of: {"expires_at": of.not_before + 60 * 2**24},
    "a start too late": lambda of: {"not_before": of.not_before + 60 * 2**23 + 6000},
}


@pytest.mark.parametrize("name", BEYOND)
def test_what_does_not_fit_is_not_signed(name: str) -> None:
    ticket = samples.ticket(1)
    with pytest.raises(WireError):
        sign(replace(ticket, **BEYOND[name](ticket)), PARK, TICKET.public, never)


@pytest.mark.parametrize(
    "fields",
    [
        {"admits": 0},
        {"zones": 0},
        {"holder_tag": b"abc"},
        {"holder_tag": b"\0abcd"},
        {"entry_policy": EntryPolicy(EntryRule.ONCE, 3)},
        {"entry_policy": EntryPolicy(EntryRule.COUNTED, 1)},
        {"entry_policy": EntryPolicy(exit_required=True)},
        {"expires_at": samples.START},
    ],
    ids=str,
)
def test_what_no_gate_would_read_is_not_printed(fields: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        samples.code(samples.ticket(1, **fields))


def test_a_key_id_of_another_length() -> None:
    of = samples.ticket(1, key_id=TICKET.id[:3])
    with pytest.raises(WireError):
        encode(SignedTicket(of, bytes(64)))


@pytest.mark.parametrize("size", [0, 63, 65])
def test_a_signature_of_another_length(size: int) -> None:
    with pytest.raises(WireError):
        encode(SignedTicket(samples.ticket(1), bytes(size)))


def test_a_ticket_names_the_key_that_signs_it() -> None:
    with pytest.raises(WireError, match="another key"):
        sign(samples.ticket(1), PARK, STRANGER.public, never)
