"""Manifests: signed, one way to write each, and never followed by an older one."""

from dataclasses import replace

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.manifest import (
    MAX_CODES,
    MAX_CODES_BODY_BYTES,
    MAX_MANIFEST_BYTES,
    MAX_SERIALS,
    MAX_SERIALS_BODY_BYTES,
    ListKind,
    Manifest,
    open_manifest,
    refuse_older,
    seal,
    signed_part,
)
from gate_agent.validator.moment import END_MS
from gate_agent.validator.tickets.series import is_series
from tests.gate_agent.validator.builders import CBOR_VALUES, U32, WALL, prove
from tests.vectors.keyring import LIST, RING, TICKET

MANIFEST = Manifest(
    series="main",
    kind=ListKind.SERIALS,
    version=3,
    as_of_ms=1000,
    base=2,
    first=1,
    count=5,
    body_bytes=40,
    body=bytes(32),
    result=b"r" * 32,
)
CODES = replace(MANIFEST, series="otter", kind=ListKind.CODES, first=0)
CONTEXT = b"scenic-gate list manifest\0"


def sealed(manifest: Manifest) -> bytes:
    return seal(manifest, LIST.id, LIST.sign(signed_part(manifest)))


def sealed_bytes(written: bytes) -> bytes:
    """Anything at all, signed with the list key."""
    return LIST.id + LIST.sign(CONTEXT + written) + written


@prove
@given(
    series=st.from_regex(r"[a-z0-9][a-z0-9-]{0,15}", fullmatch=True),
    kind=st.sampled_from(ListKind),
    version=st.integers(1, 2**32 - 1),
    as_of_ms=WALL,
    data=st.data(),
    first=U32,
    count=st.integers(0, MAX_CODES),
    body_bytes=st.integers(1, MAX_SERIALS_BODY_BYTES),
    digest=st.binary(min_size=32, max_size=32),
)
def test_round_trip(
    series: str,
    kind: ListKind,
    version: int,
    as_of_ms: int,
    data: st.DataObject,
    first: int,
    count: int,
    body_bytes: int,
    digest: bytes,
) -> None:
    base = data.draw(st.integers(0, version - 1))
    first = first if kind is ListKind.SERIALS else 0
    manifest = Manifest(
        series=series,
        kind=kind,
        version=version,
        as_of_ms=as_of_ms,
        base=base,
        first=first,
        count=count,
        body_bytes=body_bytes,
        body=digest,
        result=digest[::-1],
    )
    assert len(sealed(manifest)) <= MAX_MANIFEST_BYTES
    assert open_manifest(sealed(manifest), RING) == manifest


@prove
@given(st.binary(max_size=600))
def test_arbitrary_content_any_bytes_are_no_manifest(data: bytes) -> None:
    for candidate in (data, LIST.id + data, sealed_bytes(data)):
        with pytest.raises(WireError):
            open_manifest(candidate, RING)


@prove
@given(CBOR_VALUES | st.lists(CBOR_VALUES, min_size=10, max_size=10))
def test_anything_signed_is_no_manifest(value: object) -> None:
    with pytest.raises(WireError):
        open_manifest(sealed_bytes(cbor2.dumps(value)), RING)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("series", "x" * 17),
        ("series", ""),
        ("series", "-a"),
        ("series", "Main"),
        ("series", "a/b"),
        ("series", b"main"),
        ("version", 0),
        ("version", 2**32),
        ("version", True),
        ("as_of_ms", -1),
        ("as_of_ms", 2**48),
        ("base", -1),
        ("base", 3),
        ("base", None),
        ("first", -1),
        ("first", 2**32),
        ("count", -1),
        ("count", MAX_SERIALS + 1),
        ("body_bytes", 0),
        ("body_bytes", MAX_SERIALS_BODY_BYTES + 1),
        ("body", bytes(31)),
        ("body", "x" * 32),
        ("result", bytes(33)),
        ("result", None),
    ],
)
def test_a_field_out_of_range(name: str, value: object) -> None:
    with pytest.raises(WireError, match="out of range"):
        open_manifest(sealed(replace(MANIFEST, **{name: value})), RING)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [("first", 1), ("count", MAX_CODES + 1), ("body_bytes", MAX_CODES_BODY_BYTES + 1)],
)
def test_codes_have_no_first_serial_and_limits_of_their_own(name: str, value: int) -> None:
    with pytest.raises(WireError, match="out of range"):
        open_manifest(sealed(replace(CODES, **{name: value})), RING)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [0, 3, "serials", None, True, 1.0])
def test_an_unknown_kind(kind: object) -> None:
    values = cbor2.loads(signed_part(MANIFEST)[len(CONTEXT) :])
    values[1] = kind
    with pytest.raises(WireError, match=r"unknown kind|one way|not CBOR"):
        open_manifest(sealed_bytes(cbor2.dumps(values)), RING)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("series", "x" * 16),
        ("version", 2**32 - 1),
        ("as_of_ms", END_MS - 1),
        ("base", 0),
        ("first", 2**32 - 1),
        ("count", MAX_SERIALS),
        ("body_bytes", 1),
        ("body_bytes", MAX_SERIALS_BODY_BYTES),
    ],
)
def test_the_last_that_fits(name: str, value: object) -> None:
    manifest = replace(MANIFEST, **{name: value})  # type: ignore[arg-type]
    assert open_manifest(sealed(manifest), RING) == manifest


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
    good = sealed(MANIFEST)
    for at in range(len(good)):
        for changed in (
            good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :],
            good[:at] + good[at + 1 :],
            good[:at] + good[at : at + 1] + good[at:],
            good[:at],
        ):
            with pytest.raises(WireError):
                open_manifest(changed, RING)
    with pytest.raises(WireError):
        open_manifest(good + b"\0", RING)


def test_a_manifest_is_written_the_one_way() -> None:
    written = signed_part(MANIFEST)[len(CONTEXT) :]
    assert open_manifest(sealed_bytes(written), RING) == MANIFEST
    assert written[7] == 3
    for other in (
        written + b"\0",
        written[:7] + b"\x18\3" + written[8:],
        b"\x9f" + written[1:] + b"\xff",
        b"\xd9\xd9\xf7" + written,
    ):
        with pytest.raises(WireError):
            open_manifest(sealed_bytes(other), RING)


def test_names_of_series() -> None:
    assert all(map(is_series, ("main", "a", "0", "meituan-2026", "x" * 16)))
    assert not any(map(is_series, ("", "x" * 17, "-a", "A", "ä", "a b", "a.list", "a\n")))


def test_rollback_only_a_newer_list_of_the_same_kind_may_follow() -> None:
    now = replace(MANIFEST, version=3, as_of_ms=5000)
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
    with pytest.raises(WireError, match="another kind"):
        refuse_older(now, replace(now, version=4, kind=ListKind.CODES))
