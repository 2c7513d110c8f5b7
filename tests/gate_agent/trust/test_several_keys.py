"""A key set with several keys for one use: each of them counts, and each of them can go."""

from gate_agent.events import Typed
from gate_agent.lane.state import Lane
from gate_agent.validator.passage import Direction
from gate_agent.validator.tickets.manual_code import manual_code, read_manual_code
from gate_agent.validator.trust.key_set import KeyRow, KeySet, fields_of, seal, sign
from gate_agent.validator.trust.keys import KeyUse
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.samples import (
    CENTRE_KEY,
    LIST_KEY,
    NOW_S,
    PARK,
    PEPPER,
    ROOT_KEYS,
    TICKET_KEY,
    Key,
    code,
    key,
    sealed_list,
    ticket,
)

SECOND_TICKET_KEY, SECOND_LIST_KEY = key(31), key(32)


def key_set(version: int, *, tickets: tuple[Key, ...], lists: tuple[Key, ...]) -> bytes:
    """A set with these keys, signed by two roots."""
    uses = ((KeyUse.TICKET, tickets), (KeyUse.LIST, lists), (KeyUse.CENTRE, (CENTRE_KEY,)))
    rows = tuple(KeyRow(use=use, public=pair.public) for use, pairs in uses for pair in pairs)
    fields = fields_of(
        KeySet(
            park=PARK,
            version=version,
            as_of_ms=NOW_S * 1000,
            roots=tuple(root.public for root in ROOT_KEYS),
            keys=rows,
        )
    )
    return seal(fields, [sign(fields, root.public, root.private.sign) for root in ROOT_KEYS[:2]])


def test_a_list_may_be_older_when_one_of_two_list_keys_has_gone(gate: Gate) -> None:
    both = (LIST_KEY, SECOND_LIST_KEY)
    taken = gate.trust.take_keys(key_set(1, tickets=(TICKET_KEY,), lists=both))
    assert taken is not None
    assert not taken.list_key_withdrawn
    taken = gate.trust.take_keys(key_set(2, tickets=(TICKET_KEY,), lists=both[1:]))
    assert taken is not None
    assert taken.list_key_withdrawn


def test_tickets_and_printed_numbers_of_every_ticket_key_are_good(make_gate: MakeGate) -> None:
    gate = make_gate(Lane(1, Direction.IN, has_arm=False)).start(sealed_list())
    both = (TICKET_KEY, SECOND_TICKET_KEY)
    gate.trust.take_keys(key_set(1, tickets=both, lists=(LIST_KEY,)))
    for serial, signer in enumerate(both, 7):
        number = read_manual_code(manual_code(PEPPER, ticket(serial, signer)))
        gate.agent.step(Typed(1, *number))
        gate.scan(code(ticket(serial, signer), signer))
    assert gate.denied() == ["typed", "typed"]
    assert gate.kinds().count("taken") == 2
