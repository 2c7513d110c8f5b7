"""The ticket list: signed, whole, and never older than the one in force."""

import random
import zlib
from dataclasses import replace
from hashlib import sha256

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import END_MS
from gate_agent.validator.ticket_list import (
    MAX_BODY_BYTES,
    MAX_MANIFEST_BYTES,
    MAX_SERIALS,
    Manifest,
    Status,
    TicketList,
    compress,
    open_body,
    open_manifest,
    pack_body,
    refuse_older,
    seal,
    signed_part,
)
from tests.gate_agent.validator.builders import CBOR_VALUES, U32, WALL, listing, prove
from tests.vectors import samples
from tests.vectors.keyring import LIST, RING, TICKET

BODY = pack_body(bytes([1, 2, 3, 0, 1]), {2: 1})
PACKED = compress(BODY)
MANIFEST = Manifest("main", 3, 1000, 1, 5, len(PACKED), sha256(BODY).digest())
CONTEXT = b"scenic-gate list manifest\0"


def sealed_bytes(written: bytes) -> bytes:
    """Anything at all, signed with the list key."""
    return LIST.id + LIST.sign(CONTEXT + written) + written


def opened(plain: bytes, manifest: Manifest = MANIFEST) -> TicketList:
    """The list in a body that the manifest names, whatever it holds."""
    packed = compress(plain)
    named = replace(manifest, body_bytes=len(packed), result=sha256(plain).digest())
    return open_body(named, packed)


STATUSES = st.lists(st.integers(0, 3), max_size=70).map(bytes)
EXCEPTIONS = st.dictionaries(U32, st.integers(1, 255), max_size=9)


@prove
@given(STATUSES, EXCEPTIONS, U32, st.integers(1, 2**32 - 1), WALL, st.text("äz-9", max_size=16))
def test_round_trip(
    statuses: bytes, min_issue: dict[int, int], first: int, version: int, as_of: int, series: str
) -> None:
    plain = pack_body(statuses, min_issue)
    packed = compress(plain)
    digest = sha256(plain).digest()
    manifest = Manifest(series, version, as_of, first, len(statuses), len(packed), digest)
    sealed = seal(manifest, LIST.id, LIST.sign(signed_part(manifest)))
    assert len(sealed) <= MAX_MANIFEST_BYTES
    again = open_manifest(sealed, RING)
    assert again == manifest
    found = open_body(again, packed)
    assert found.min_issue == min_issue
    assert [found.status(first + at) for at in range(len(statuses))] == list(statuses)
    assert found.status(first - 1) is Status.UNKNOWN
    assert found.status(first + len(statuses)) is Status.BEYOND


def test_a_million_tickets_are_small() -> None:
    rng = random.Random(1)
    statuses = bytes(2 if rng.random() < 0.01 else 1 for _ in range(1_000_000))
    plain = pack_body(statuses, {})
    assert len(plain) < 250_010
    assert len(compress(plain)) < 40_000


@pytest.mark.parametrize("statuses", [b"\4", b"\1\1\xff"])
def test_a_status_that_two_bits_cannot_hold(statuses: bytes) -> None:
    with pytest.raises(WireError, match="two bits"):
        pack_body(statuses, {})


def test_the_order_of_the_exceptions_does_not_matter_to_the_writer() -> None:
    assert pack_body(b"\1", {300: 1, 5: 2}) == pack_body(b"\1", {5: 2, 300: 1})


# --- manifests ---------------------------------------------------------------------------------


@prove
@given(st.binary(max_size=600))
def test_any_bytes_are_no_manifest(data: bytes) -> None:
    for candidate in (data, LIST.id + data, sealed_bytes(data)):
        with pytest.raises(WireError):
            open_manifest(candidate, RING)


@prove
@given(CBOR_VALUES | st.lists(CBOR_VALUES, min_size=7, max_size=7))
def test_anything_signed_is_no_manifest(value: object) -> None:
    with pytest.raises(WireError):
        open_manifest(sealed_bytes(cbor2.dumps(value)), RING)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("series", "x" * 17),
        ("series", b"main"),
        ("version", 0),
        ("version", 2**32),
        ("version", True),
        ("version", 1.0),
        ("as_of_ms", -1),
        ("as_of_ms", 2**48),
        ("first", -1),
        ("first", 2**32),
        ("count", -1),
        ("count", MAX_SERIALS + 1),
        ("body_bytes", 0),
        ("body_bytes", MAX_BODY_BYTES + 1),
        ("result", bytes(31)),
        ("result", "x" * 32),
    ],
)
def test_a_field_out_of_range(name: str, value: object) -> None:
    manifest = replace(MANIFEST, **{name: value})  # type: ignore[arg-type]
    with pytest.raises(WireError, match="out of range"):
        open_manifest(seal(manifest, LIST.id, LIST.sign(signed_part(manifest))), RING)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("series", "x" * 16),
        ("series", ""),
        ("version", 2**32 - 1),
        ("as_of_ms", END_MS - 1),
        ("first", 2**32 - 1),
        ("count", MAX_SERIALS),
        ("body_bytes", 1),
        ("body_bytes", MAX_BODY_BYTES),
    ],
)
def test_the_last_that_fits(name: str, value: object) -> None:
    manifest = replace(MANIFEST, **{name: value})  # type: ignore[arg-type]
    assert open_manifest(samples.sealed(manifest), RING) == manifest


@pytest.mark.parametrize("size", [0, 68, MAX_MANIFEST_BYTES + 1])
def test_a_manifest_of_impossible_length(size: int) -> None:
    with pytest.raises(WireError, match="impossible length"):
        open_manifest(bytes(size), RING)
    with pytest.raises(WireError, match="unknown key"):
        open_manifest(bytes(69 if size < 69 else MAX_MANIFEST_BYTES), RING)


def test_a_manifest_signed_by_another_key() -> None:
    with pytest.raises(WireError, match="unknown key"):
        open_manifest(seal(MANIFEST, TICKET.id, TICKET.sign(signed_part(MANIFEST))), RING)
    with pytest.raises(WireError, match="wrong signature"):
        open_manifest(seal(MANIFEST, LIST.id, TICKET.sign(signed_part(MANIFEST))), RING)


def test_every_changed_byte_of_a_manifest_is_noticed() -> None:
    sealed = samples.sealed(MANIFEST)
    for at in range(len(sealed)):
        for changed in (
            sealed[:at] + bytes((sealed[at] ^ 1,)) + sealed[at + 1 :],
            sealed[:at] + sealed[at + 1 :],
            sealed[:at] + sealed[at : at + 1] + sealed[at:],
            sealed[:at],
        ):
            with pytest.raises(WireError):
                open_manifest(changed, RING)
    with pytest.raises(WireError):
        open_manifest(sealed + b"\0", RING)


def test_a_manifest_is_written_the_one_way() -> None:
    written = signed_part(MANIFEST)[len(CONTEXT) :]
    assert open_manifest(sealed_bytes(written), RING) == MANIFEST
    assert written[6] == 3
    for other in (
        written + b"\0",
        written[:6] + b"\x18\3" + written[7:],
        b"\x9f" + written[1:] + b"\xff",
        b"\xd9\xd9\xf7" + written,
    ):
        with pytest.raises(WireError):
            open_manifest(sealed_bytes(other), RING)


# --- bodies ------------------------------------------------------------------------------------


@prove
@given(st.binary(max_size=60))
def test_any_bytes_are_no_body(data: bytes) -> None:
    with pytest.raises(WireError):
        open_body(replace(MANIFEST, body_bytes=len(data)), data)
    with pytest.raises(WireError):
        opened(data)


@prove
@given(CBOR_VALUES | st.tuples(CBOR_VALUES, CBOR_VALUES))
def test_anything_with_the_right_hash_is_a_list_or_no_body(value: object) -> None:
    try:
        found = opened(cbor2.dumps(value))
    except WireError:
        return
    assert len(found.bits) == 2


@pytest.mark.parametrize(
    "min_issue",
    [{-1: 1}, {2**32: 1}, {1: 0}, {1: 256}, {True: 1}, {1: True}, {"1": 1}, {1: None}, [1, 1], 7],
    ids=str,
)
def test_a_wrong_table_of_exceptions(min_issue: object) -> None:
    with pytest.raises(WireError, match="exceptions"):
        opened(cbor2.dumps([bytes(2), min_issue]))


def test_a_body_is_written_the_one_way() -> None:
    assert opened(BODY) == replace(opened(BODY), bits=b"\x39\1")
    for other in (
        BODY + b"\0",
        cbor2.dumps([b"\x39\1", {9: 1, 2: 1}]),
        b"\x82\x42\x39\1" + b"\xa2\2\1\2\1",  # one serial twice
        b"\x82\x58\2\x39\1\xa0",
        b"\x82\x42\x39\1\xbf\xff",
    ):
        with pytest.raises(WireError):
            opened(other)


def test_a_body_of_another_list() -> None:
    with pytest.raises(WireError, match="another length"):
        open_body(MANIFEST, PACKED + b"\0")
    other = compress(pack_body(bytes([1, 2, 3, 0, 2]), {2: 1}))
    with pytest.raises(WireError, match="not the one"):
        open_body(replace(MANIFEST, body_bytes=len(other)), other)


def test_a_body_that_would_fill_the_memory() -> None:
    bomb = zlib.compress(bytes(MAX_BODY_BYTES + 1), 9)
    assert len(bomb) < 20_000
    with pytest.raises(WireError, match="not the one"):
        open_body(replace(MANIFEST, body_bytes=len(bomb)), bomb)


def test_a_body_of_a_deep_nest() -> None:
    with pytest.raises(WireError):
        opened(b"\x81" * 1_000_000 + b"\0")


# --- which list may follow which ---------------------------------------------------------------


def test_only_a_newer_list_of_the_same_series_may_follow() -> None:
    now = listing(version=3, as_of_ms=5000).manifest
    refuse_older(None, now)
    refuse_older(now, replace(now, version=4))
    refuse_older(now, replace(now, version=9, as_of_ms=6000))
    for older in (
        now,
        replace(now, version=2),
        replace(now, version=2, as_of_ms=9000),
        replace(now, version=3, as_of_ms=6000),
        replace(now, version=4, as_of_ms=4999),
    ):
        with pytest.raises(WireError, match="not newer"):
            refuse_older(now, older)
    with pytest.raises(WireError, match="another series"):
        refuse_older(now, replace(now, version=4, series="test"))
