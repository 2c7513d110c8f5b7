"""What is signed is standard: deterministic CBOR that a foreign COSE library verifies."""

import cwt
import pytest
from cwt import COSE, COSEKey, VerifyError
from cwt.cose_key_interface import COSEKeyInterface
from hypothesis import given

from gate_agent.validator.tickets.ticket import Ticket, parse, to_sign
from tests.gate_agent.validator.builders import prove, tickets
from tests.vectors import reference, samples
from tests.vectors.cose import to_cose
from tests.vectors.keyring import PARK, STRANGER, TICKET, TestKey

NOW = {"issued_at": 1_600_000_020, "not_before": 1_600_000_020, "expires_at": 2_600_000_040}
"""A window around the day these tests run: the foreign library looks at its own clock."""

KINDS = [name for name in samples.tickets() if name not in ("lowest", "highest")]


def cose_key(key: TestKey) -> COSEKeyInterface:
    """An octet key pair (kty 1) of Ed25519 (crv 6) for EdDSA (alg -8), to verify (2)."""
    return COSEKey.new({1: 1, 2: key.id, 3: -8, 4: [2], -1: 6, -2: key.public})


@prove
@given(tickets())
def test_every_byte_is_as_the_document_says(ticket: Ticket) -> None:
    code = samples.code(ticket)
    expanded = reference.expand(code, PARK)
    assert expanded.to_verify == to_sign(ticket, PARK)
    assert expanded.cose == to_cose(parse(code.encode()), PARK)
    assert TICKET.key.signed(parse(code.encode()).signature, expanded.to_verify)


@pytest.mark.parametrize("name", samples.tickets())
def test_a_foreign_library_verifies_it(name: str) -> None:
    signed = parse(samples.codes()[name].encode())
    payload = COSE.new().decode(to_cose(signed, PARK), cose_key(TICKET))
    assert payload in to_sign(signed.ticket, PARK)


@pytest.mark.parametrize("name", KINDS)
def test_a_foreign_library_reads_the_claims(name: str) -> None:
    of = samples.tickets()[name]
    of = samples.ticket(
        of.serial,
        **NOW,
        admits=of.admits,
        zones=of.zones,
        entry_policy=of.entry_policy,
        group=of.group,
        holder_tag=of.holder_tag,
        issue=of.issue,
    )
    claims = cwt.decode(to_cose(parse(samples.code(of).encode()), PARK), cose_key(TICKET))
    expected = {
        1: PARK,
        4: of.expires_at,
        5: of.not_before,
        6: of.issued_at,
        7: of.serial.to_bytes(4, "big"),
        -70001: of.product,
        -70002: None if of.admits == 1 else of.admits,
        -70003: None if of.zones == 1 else of.zones,
        -70004: of.entry_policy.to_byte() or None,
        -70005: of.group,
        -70006: of.holder_tag,
        -70007: of.issue or None,
    }
    assert claims == {claim: value for claim, value in expected.items() if value is not None}


def test_a_foreign_library_refuses_another_key_and_another_park() -> None:
    signed = parse(samples.codes()["single"].encode())
    stranger = COSEKey.new({1: 1, 2: TICKET.id, 3: -8, 4: [2], -1: 6, -2: STRANGER.public})
    with pytest.raises(VerifyError):
        COSE.new().decode(to_cose(signed, PARK), stranger)
    with pytest.raises(VerifyError):
        COSE.new().decode(to_cose(signed, "east-lake"), cose_key(TICKET))
