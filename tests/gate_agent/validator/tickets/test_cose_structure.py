"""What is signed is the Sig_structure of RFC 9052, 4.4, and nothing that differs from it a little.

The differences are those that the examples of the COSE working group for COSE_Sign1 have: they are
made here from a ticket of the vectors, because no example of theirs has the headers of a ticket.
`test_ticket_cose` lets a foreign library verify the whole COSE_Sign1.
"""

from typing import Any

import cbor2
import pytest

from gate_agent.validator.decide import Denied, authenticate
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets import base45
from gate_agent.validator.tickets.ticket import parse, to_sign
from tests.vectors import samples
from tests.vectors.cose import to_cose
from tests.vectors.keyring import PARK, RING, TICKET, TestKey

SIGNED = parse(samples.codes()["team"].encode())
HEADER = {1: -8, 4: TICKET.id}
"""alg EdDSA (RFC 9053, 2.2) and kid (RFC 9052, 3.1)."""


def structure(
    context: str = "Signature1",
    protected: bytes = cbor2.dumps(HEADER),
    external: bytes = b"",
    payload: bytes | None = None,
) -> bytes:
    """Return the Sig_structure with these fields, byte by byte: an array of four."""
    if payload is None:
        payload = cbor2.loads(to_sign(SIGNED.ticket, PARK))[3]
    text = context.encode()
    heads = (bytes((0x60 + len(text),)) + text, _string(protected), _string(external))
    return b"\x84" + b"".join(heads) + _string(payload)


def _string(data: bytes) -> bytes:
    head = bytes((0x40 + len(data),)) if len(data) < 24 else bytes((0x58, len(data)))
    return head + data


def test_the_four_fields_of_rfc_9052_stand_under_the_signature() -> None:
    assert to_sign(SIGNED.ticket, PARK) == structure()
    assert TICKET.key.signed(SIGNED.signature, structure())


PAYLOAD: dict[int, Any] = cbor2.loads(cbor2.loads(to_sign(SIGNED.ticket, PARK))[3])
OTHERS = {
    "context of COSE_Sign": structure("Signature"),
    "context of a counter signature": structure("CounterSignature"),
    "context of COSE_Mac0": structure("MAC0"),
    "another algorithm": structure(protected=cbor2.dumps({**HEADER, 1: -999})),
    "an algorithm by name": structure(protected=cbor2.dumps({**HEADER, 1: "unknown"})),
    "a protected header more": structure(protected=cbor2.dumps({**HEADER, 3: 0})),
    "a protected header less": structure(protected=cbor2.dumps({1: -8})),
    "no protected header": structure(protected=b""),
    "an empty map of protected headers": structure(protected=cbor2.dumps({})),
    "headers in another order": structure(protected=cbor2.dumps({4: TICKET.id, 1: -8})),
    "external data": structure(external=bytes.fromhex("11aa22bb33cc44dd55006699")),
    "another payload": structure(payload=cbor2.dumps({**PAYLOAD, -70002: 41})),
    "no payload": structure(payload=b""),
    "the payload in a string": structure(payload=cbor2.dumps(cbor2.dumps(PAYLOAD))),
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_signature_over_another_structure_makes_no_ticket(other: str) -> None:
    """The ticket key itself signs it; the gate rebuilds the one structure and refuses."""
    assert OTHERS[other] != structure()
    assert authenticate(_shown(TICKET, structure()), RING) == SIGNED.ticket
    assert authenticate(_shown(TICKET, OTHERS[other]), RING) == Denied(Reason.FORGED)


def _shown(key: TestKey, signed: bytes) -> bytes:
    form = base45.decode(samples.codes()["team"][4:].encode())
    return b"SG1:" + base45.encode(form[:-64] + key.sign(signed)).encode()


@pytest.mark.parametrize("tag", [18, 17, 98, None])
def test_a_cose_message_itself_is_no_ticket(tag: int | None) -> None:
    """Nobody decodes CBOR to check a ticket: with the right tag, another, or none."""
    fields = cbor2.loads(to_cose(SIGNED, PARK)).value
    message = cbor2.dumps(fields if tag is None else cbor2.CBORTag(tag, fields))
    shown = b"SG1:" + base45.encode(message).encode()
    assert authenticate(shown, RING) == Denied(Reason.TORN)
