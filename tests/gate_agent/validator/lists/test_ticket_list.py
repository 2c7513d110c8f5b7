"""The list of serials: what comes out of a body is what the manifest names, or nothing does."""

import random
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.lists import gaps, ticket_list
from gate_agent.validator.lists.listing import Listing, listing_of
from gate_agent.validator.lists.manifest import ListKind, Manifest
from gate_agent.validator.lists.ticket_list import (
    Changes,
    Exceptions,
    TicketList,
    TicketStatus,
    apply,
    open_body,
    pack_list,
    result_of,
)
from tests.gate_agent.validator.builders import CBOR_VALUES, U32, prove

Table = dict[int, TicketStatus]
FOUR = tuple(TicketStatus)[:4]


def changes_of(table: Mapping[int, TicketStatus], exceptions: Exceptions | None = None) -> Changes:
    places = {status: sorted(at for at in table if table[at] is status) for status in FOUR}
    return Changes(places, exceptions or Exceptions())


def named(
    body: bytes, base: TicketList | None, first: int, count: int, result: bytes, **fields: Any
) -> Manifest:
    known = 0 if base is None else base.manifest.version
    made = Manifest(
        series="main",
        kind=ListKind.SERIALS,
        version=known + 1,
        as_of_ms=1000,
        base=known,
        first=first,
        count=count,
        body_bytes=len(body),
        body=sha256(body).digest(),
        result=result,
    )
    return replace(made, **fields)


def followed(
    base: TicketList | None,
    table: Table,
    count: int,
    exceptions: Exceptions | None = None,
    first: int = 1,
    **fields: Any,
) -> tuple[Manifest, bytes]:
    """Manifest and body that make of `base` a list in which `table` holds."""
    changes = changes_of(table, exceptions)
    body = changes.pack()
    result = result_of(*apply(base, changes, first, count))
    return named(body, base, first, count, result, **fields), body


def made(table: Table, count: int, exceptions: Exceptions | None = None) -> TicketList:
    manifest, body = followed(None, table, count, exceptions)
    return open_body(manifest, body, None)


TABLES = st.dictionaries(st.integers(0, 69), st.sampled_from(FOUR), max_size=70)
EXCEPTIONS = st.builds(
    Exceptions,
    st.dictionaries(U32, st.integers(0, 255), max_size=5),
    st.dictionaries(U32, st.integers(0, 255), max_size=5),
    st.dictionaries(U32, st.sampled_from([b"", b"abcd", b"\0\0\0\0"]), max_size=5),
)


@prove
@given(st.lists(st.tuples(TABLES, EXCEPTIONS, st.integers(0, 30)), min_size=1, max_size=5), U32)
def test_snapshot_and_deltas_agree_with_a_dictionary(
    steps: list[tuple[Table, Exceptions, int]], first: int
) -> None:
    listed: TicketList | None = None
    truth: Table = {}
    tables: list[dict[int, Any]] = [{}, {}, {}]
    count = 0
    for table, exceptions, more in steps:
        before, count = count, min(count + more, 70)
        truth |= dict.fromkeys(range(before, count), TicketStatus.VALID)
        said = {at: status for at, status in table.items() if at < count}
        truth |= said
        for held, new in zip(
            tables, (exceptions.min_issue, exceptions.extra, exceptions.holders), strict=True
        ):
            held |= new
        manifest, body = followed(listed, said, count, exceptions, first)
        listed = open_body(manifest, body, listed)
    assert listed is not None
    found = [listed.status(first + at) for at in range(count)]
    assert found == [truth[at] for at in range(count)]
    assert listed.status(first - 1) is TicketStatus.UNKNOWN
    assert listed.status(first + count) is TicketStatus.BEYOND
    kept = [{at: value for at, value in held.items() if value} for held in tables]
    assert [*map(dict, listed.exceptions.tables())] == kept
    # However it came, it is the same list: kept on disk as a snapshot, and named by one hash.
    body = pack_list(listed)
    again = Changes.unpack(body, count)
    assert result_of(*apply(None, again, first, count)) == listed.manifest.result


def test_a_million_tickets_are_small() -> None:
    places = sorted(random.Random(1).sample(range(1_000_000), 10_000))
    assert len(Changes({TicketStatus.VOID: places}).pack()) < 10_500


def test_what_a_list_says_of_a_serial() -> None:
    exceptions = Exceptions({2: 4}, {2: 3}, {2: b"abcd"})
    listed = made({1: TicketStatus.SUSPENDED}, 5, exceptions)
    assert listing_of(listed, 2) == Listing(
        status=TicketStatus.SUSPENDED,
        as_of_ms=1000,
        min_issue=4,
        extra=3,
        holder_tag=b"abcd",
        series="main",
        version=1,
    )
    assert listing_of(listed, 6) == Listing(
        status=TicketStatus.BEYOND,
        as_of_ms=1000,
        min_issue=0,
        extra=0,
        holder_tag=None,
        series="main",
        version=1,
    )


# --- attacks, named as The Update Framework names them ------------------------------------------


BASE = made({2: TicketStatus.VOID}, 6, Exceptions({1: 1}))


def test_arbitrary_content_a_body_that_nobody_signed() -> None:
    manifest, body = followed(None, {1: TicketStatus.VOID}, 6)
    other = changes_of({}).pack()
    with pytest.raises(WireError, match="not the one"):
        open_body(manifest, other, None)
    for at in range(len(body)):
        with pytest.raises(WireError):
            open_body(manifest, body[:at] + bytes((body[at] ^ 1,)) + body[at + 1 :], None)


def test_mix_and_match_a_body_of_another_manifest() -> None:
    first, _ = followed(BASE, {1: TicketStatus.VOID}, 6)
    _, second_body = followed(BASE, {1: TicketStatus.VOID, 3: TicketStatus.VOID}, 6)
    with pytest.raises(WireError, match="not the one"):
        open_body(first, second_body, BASE)


def test_wrong_base_a_delta_is_for_one_version_alone() -> None:
    manifest, body = followed(BASE, {1: TicketStatus.VOID}, 6)
    open_body(manifest, body, BASE)
    with pytest.raises(WireError, match="another base"):
        open_body(manifest, body, None)
    other = replace(BASE, manifest=replace(BASE.manifest, version=7))
    with pytest.raises(WireError, match="another base"):
        open_body(manifest, body, other)
    forged = replace(BASE, bits=bytes(len(BASE.bits)))
    with pytest.raises(WireError, match="not the one"):
        open_body(manifest, body, forged)


def test_wrong_base_a_snapshot_needs_none_and_takes_none() -> None:
    manifest, body = followed(None, {}, 6)
    assert open_body(manifest, body, BASE) == open_body(manifest, body, None)


def test_a_delta_goes_on_where_its_base_ends() -> None:
    changes = changes_of({})
    for first, count in ((2, 6), (1, 5)):
        manifest = named(changes.pack(), BASE, first, count, bytes(32))
        with pytest.raises(WireError, match="does not go on"):
            open_body(manifest, changes.pack(), BASE)


def test_endless_data_a_body_longer_than_its_manifest_says() -> None:
    manifest, body = followed(None, {}, 6)
    for wrong in (body + b"\0", body[:-1], b""):
        with pytest.raises(WireError, match="not the one"):
            open_body(manifest, wrong, None)


def test_endless_data_more_positions_than_a_board_can_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest, body = followed(None, dict.fromkeys(range(9), TicketStatus.VOID), 9)
    monkeypatch.setattr(gaps, "MAX_NUMBERS", 8)
    with pytest.raises(WireError, match="memory"):
        open_body(manifest, body, None)


def test_endless_data_exceptions_that_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    manifest, body = followed(BASE, {}, 6, Exceptions({2: 1, 3: 1}))
    monkeypatch.setattr(ticket_list, "MAX_EXCEPTIONS", 2)
    with pytest.raises(WireError, match="too many exceptions"):
        open_body(manifest, body, BASE)
    monkeypatch.setattr(ticket_list, "MAX_EXCEPTIONS", 1)
    with pytest.raises(WireError, match="wrong table"):
        open_body(manifest, body, BASE)


def test_a_list_of_another_kind() -> None:
    manifest, body = followed(None, {}, 6, kind=ListKind.CODES)
    with pytest.raises(WireError, match="another kind"):
        open_body(manifest, body, None)


# --- any bytes ---------------------------------------------------------------------------------


@prove
@given(st.binary(max_size=60))
def test_any_bytes_are_no_body(data: bytes) -> None:
    with pytest.raises(WireError):
        Changes.unpack(data, 100)


@prove
@given(CBOR_VALUES | st.lists(CBOR_VALUES, min_size=7, max_size=7))
def test_any_value_is_a_body_written_the_one_way_or_refused(value: object) -> None:
    data = cbor2.dumps(value)
    try:
        changes = Changes.unpack(data, 100)
    except WireError:
        return
    assert changes.pack() == data


GOOD = [b"", b"", gaps.pack([1]), b"", {1: 1}, {2: 2}, {3: b"abcd"}]


@pytest.mark.parametrize("place", [4, 5])
@pytest.mark.parametrize(
    "table",
    [{-1: 1}, {2**32: 1}, {1: -1}, {1: 256}, {True: 1}, {1: True}, {"1": 1}, {1: None}, [1, 1], 7],
    ids=str,
)
def test_a_wrong_table_of_numbers(place: int, table: object) -> None:
    with pytest.raises(WireError, match="exceptions"):
        Changes.unpack(cbor2.dumps([*GOOD[:place], table, *GOOD[place + 1 :]]), 9)


@pytest.mark.parametrize("tag", [b"abc", b"abcde", 0, "abcd", None], ids=str)
def test_a_wrong_table_of_holders(tag: object) -> None:
    with pytest.raises(WireError, match="exceptions"):
        Changes.unpack(cbor2.dumps([*GOOD[:6], {1: tag}]), 9)


def test_a_body_is_written_the_one_way() -> None:
    good = cbor2.dumps(GOOD)
    assert Changes.unpack(good, 9).pack() == good
    for other in (
        good + b"\0",
        b"\x9f" + good[1:] + b"\xff",
        cbor2.dumps([*GOOD[:4], {9: 1, 2: 1}, {}, {}]),
        good.replace(b"\xa1\1\1", b"\xa2\1\1\1\1"),  # one serial twice
        good.replace(b"\xa1\1\1", b"\xb8\1\1\1"),
        cbor2.dumps([*GOOD[:2], "x", *GOOD[3:]]),
        cbor2.dumps([gaps.pack([1]), *GOOD[1:]]),
    ):
        with pytest.raises(WireError):
            Changes.unpack(other, 9)


def test_a_body_says_one_thing_of_a_serial() -> None:
    both = Changes({TicketStatus.VOID: [1, 4], TicketStatus.SUSPENDED: [4]}).pack()
    with pytest.raises(WireError, match="two things"):
        Changes.unpack(both, 9)


def test_a_body_of_a_deep_nest() -> None:
    with pytest.raises(WireError):
        Changes.unpack(b"\x81" * 1_000_000 + b"\0", 9)
