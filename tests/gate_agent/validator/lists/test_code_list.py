"""Tables of codes: read in any pieces, looked up where they stand, merged without being held."""

import random
import zlib
from collections.abc import Callable
from hashlib import sha256

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.lists import code_changes
from gate_agent.validator.lists.code_changes import open_delta, pack_delta, read_changes
from gate_agent.validator.lists.code_head import CodeHead, pack_rest, read_head, read_rest
from gate_agent.validator.lists.code_list import (
    MAX_HEAD_BYTES,
    TableLayout,
    TableReader,
    pack_index,
    pack_table,
)
from gate_agent.validator.lists.code_table import CodeTable
from gate_agent.validator.lists.manifest import ListKind, Manifest
from gate_agent.validator.lists.ticket_list import TicketStatus
from tests.gate_agent.lists.code_samples import HEAD, TAGGED, TEAM, Codes, records, valid
from tests.gate_agent.validator.builders import CBOR_VALUES, prove


class Memory:
    """A table in memory."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.closed = False

    def read_at(self, offset: int, count: int) -> bytes:
        assert 0 < count <= len(self.data) - offset
        return self.data[offset : offset + count]

    def close(self) -> None:
        self.closed = True


def opened(data: bytes, count: int, sizes: list[int] | None = None) -> CodeTable:
    """The list in a table that arrives in pieces of these sizes."""
    reader = TableReader(count)
    at = 0
    for size in sizes or []:
        reader.feed(data[at : at + size])
        at += size
    reader.feed(data[at:])
    manifest = Manifest(
        series="otter",
        kind=ListKind.CODES,
        version=3,
        as_of_ms=1000,
        base=0,
        first=0,
        count=count,
        body_bytes=len(data),
        body=bytes(32),
        result=bytes(32),
    )
    return CodeTable(manifest, Memory(b"front" + data), 5, reader.finish())


def taken(data: bytes, count: int, size: int = 1 << 20) -> TableLayout:
    """Where what is in a table that arrives in pieces of `size`."""
    reader = TableReader(count)
    for at in range(0, len(data), size):
        reader.feed(data[at : at + size])
    return reader.finish()


KINDS = st.tuples(
    st.sampled_from([TicketStatus.VALID, TicketStatus.VOID, TicketStatus.SUSPENDED]),
    st.integers(0, 2),
)
DIGESTS = st.one_of(
    st.binary(min_size=10, max_size=10),
    # Neighbours, and ends of the range: where fences and buckets meet.
    st.integers(0, 40).map(lambda n: bytes(9) + bytes((n,))),
    st.integers(0, 40).map(lambda n: b"\xff" * 9 + bytes((255 - n,))),
    st.integers(0, 255).map(lambda n: bytes((n,)) + bytes(9)),
)
TAGS = st.none() | st.binary(min_size=4, max_size=4).filter(any)
HEADS = st.sampled_from([HEAD, TAGGED])
Rows = dict[bytes, tuple[tuple[TicketStatus, int], bytes | None]]
ROWS = st.dictionaries(DIGESTS, st.tuples(KINDS, TAGS), max_size=60)


def packed(head: CodeHead, rows: Rows) -> dict[bytes, bytes]:
    return {
        digest: pack_rest(head, int(status), kind, tag if head.tagged else None)
        for digest, ((status, kind), tag) in rows.items()
    }


@prove
@given(HEADS, ROWS, st.lists(st.integers(0, 900), max_size=9))
def test_a_table_in_any_pieces_says_what_was_put_in(
    head: CodeHead, rows: Rows, sizes: list[int]
) -> None:
    data = pack_table(head, packed(head, rows))
    table = opened(data, len(rows), sizes)
    assert table.result() == sha256(data).digest()
    assert table.count() == len(rows)
    for digest, ((status, kind), tag) in rows.items():
        found = table._find(digest)
        assert found is not None
        assert (found.digest, found.status, found.kind) == (digest, status, kind)
        assert found.tag == (tag if head.tagged else None)
    for digest in (bytes(10), b"\xff" * 10, bytes(9) + b"\x80"):
        assert (table._find(digest) is not None) == (digest in rows)


Changes = dict[bytes, tuple[tuple[TicketStatus, int], bytes | None] | None]


def delta_rows(head: CodeHead, step: Changes) -> dict[bytes, bytes]:
    """Return the rows of a delta: None takes a code away."""
    return {
        digest: packed(head, {digest: row})[digest] if row else pack_rest(head, 0, 0, None)
        for digest, row in step.items()
    }


@prove
@given(
    HEADS,
    ROWS,
    st.lists(st.dictionaries(DIGESTS, st.none() | st.tuples(KINDS, TAGS), max_size=20), max_size=4),
)
def test_changes_over_a_table_agree_with_a_dictionary(
    head: CodeHead, rows: Rows, steps: list[Changes]
) -> None:
    table = opened(pack_table(head, packed(head, rows)), len(rows))
    truth = dict(rows)
    for step in steps:
        _, changes = open_delta(pack_delta(head, delta_rows(head, step)))
        table = table.followed_by(head, changes)
        truth |= {digest: row for digest, row in step.items() if row}
        truth = {digest: row for digest, row in truth.items() if step.get(digest, row)}
        data = pack_table(head, packed(head, truth))
        assert b"".join(table.whole()) == data
        assert table.result() == sha256(data).digest()
        assert table.count() == len(truth)
        for digest in step:
            found = table._find(digest)
            assert (found is not None) == (digest in truth)
            if found is not None:
                assert (found.status, found.kind) == truth[digest][0]


def test_a_code_becomes_a_ticket_and_its_list_speaks_of_it() -> None:
    codes: Codes = {**valid(600), b"team": (TicketStatus.VOID, 1)}
    data = pack_table(HEAD, records(codes))
    table = opened(data, len(codes))
    ticket = table.ticket(b"team")
    assert ticket is not None
    assert (ticket.admits, ticket.expires_at, ticket.series) == (5, TEAM.expires_at, "otter")
    listing = table.listing(ticket)
    assert (listing.status, listing.series, listing.version) == (TicketStatus.VOID, "otter", 3)
    assert table.ticket(b"Team") is None
    restored = table.followed_by(HEAD, records({b"team": (TicketStatus.VALID, 1)}))
    assert restored.listing(ticket).status is TicketStatus.VALID
    gone = table.followed_by(HEAD, records({b"team": (TicketStatus.UNKNOWN, 1)}))
    assert gone.ticket(b"team") is None
    assert gone.listing(ticket).status is TicketStatus.UNKNOWN
    table.close()


def test_every_ticket_is_found_by_its_id() -> None:
    codes = valid(2000)
    table = opened(pack_table(HEAD, records(codes)), len(codes))
    for code in codes:
        ticket = table.ticket(code)
        assert ticket is not None
        assert table.listing(ticket).status is TicketStatus.VALID


def test_a_delta_of_another_list_is_refused() -> None:
    table = opened(pack_table(HEAD, {}), 0)
    other_salt = CodeHead(bytes(16), HEAD.tagged, HEAD.kinds)
    fewer = CodeHead(HEAD.salt, HEAD.tagged, HEAD.kinds[:2])
    for head in (TAGGED, other_salt, fewer):
        with pytest.raises(WireError, match="another list"):
            table.followed_by(head, {})
    more = CodeHead(HEAD.salt, HEAD.tagged, (*HEAD.kinds, TEAM))
    assert table.followed_by(more, {}).head == more


# --- any bytes ---------------------------------------------------------------------------------


GOOD = pack_table(HEAD, records(valid(40)))


@prove
@given(st.binary(max_size=200), st.integers(0, 50))
def test_any_bytes_are_no_table(data: bytes, count: int) -> None:
    for candidate in (data, GOOD[: len(data)] + data, GOOD[: len(GOOD) - 300] + data):
        with pytest.raises(WireError):
            taken(candidate, count)


@prove
@given(st.binary(max_size=200))
def test_any_bytes_are_no_changes(data: bytes) -> None:
    with pytest.raises(WireError):
        read_changes(data)
    with pytest.raises(WireError):
        open_delta(data)


@prove
@given(CBOR_VALUES | st.tuples(st.just(bytes(16)), st.booleans(), st.lists(CBOR_VALUES)))
def test_any_value_is_a_head_written_the_one_way_or_refused(value: object) -> None:
    data = cbor2.dumps(value)
    try:
        head = read_head(data)
    except WireError:
        return
    assert head.pack()[4:] == data


ROW = HEAD.kinds[0].row()


@pytest.mark.parametrize(
    "fields",
    [
        [bytes(15), False, [], []],
        ["x" * 16, False, [], []],
        [bytes(16), 0, [], []],
        [bytes(16), False, {}, []],
        [bytes(16), False, [ROW[:5]], []],
        [bytes(16), False, [[*ROW[:3], 0, *ROW[4:]]], []],
        [bytes(16), False, [[*ROW[:4], 0, ROW[5]]], []],
        [bytes(16), False, [[*ROW[:5], 8]], []],
        [bytes(16), False, [[ROW[0], ROW[2], ROW[1], *ROW[3:]]], []],
        [bytes(16), False, [[1 << 16, *ROW[1:]]], []],
        [bytes(16), False, []],
        [bytes(16), True, [ROW], [], []],
        7,
    ],
    ids=str,
)
def test_a_wrong_head(fields: object) -> None:
    assert read_head(cbor2.dumps([bytes(16), False, [ROW], []])).kinds == HEAD.kinds[:1]
    with pytest.raises(WireError):
        read_head(cbor2.dumps(fields))


def test_a_head_that_is_not_written_the_one_way() -> None:
    good = cbor2.dumps([bytes(16), False, [ROW], []])
    assert good[0] == 0x84
    with pytest.raises(WireError):
        read_head(b"\x98\x04" + good[1:])


def changed(at: int, value: int) -> bytes:
    return GOOD[:at] + bytes((value,)) + GOOD[at + 1 :]


START = len(HEAD.pack()) + 1024


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (GOOD[:-1], "cut short"),
        (GOOD[:100], "cut short"),
        (b"", "cut short"),
        (GOOD + bytes(11), "more records"),
        (GOOD + b"\0", "cut short"),
        ((MAX_HEAD_BYTES + 1).to_bytes(4, "big"), "too long"),
        (HEAD.pack() + pack_index([*range(255), 39]), "wrong index"),
        (HEAD.pack() + pack_index([1, *[0] * 254, 40]), "wrong index"),
        (changed(START + 9, 0x00), "unknown status or kind"),
        (changed(START + 10, 3), "unknown status or kind"),
        (GOOD[: START + 9] + b"\x80\0" + GOOD[START + 11 :], ""),
    ],
)
def test_what_is_wrong_with_a_table_is_said(data: bytes, text: str) -> None:
    if not text:
        assert taken(data, 40).count == 40
        return
    with pytest.raises(WireError, match=text):
        taken(data, 40)


def test_digests_must_ascend_within_a_bucket() -> None:
    two = {b"\x05" + bytes([n]) * 9: pack_rest(HEAD, 1, 0, None) for n in (1, 2)}
    good = pack_table(HEAD, two)
    for wrong in (good[:-22] + good[-11:] + good[-22:-11], good[:-11] + good[-22:-11]):
        for size in (1, 11, 22, 5000):  # also where two pieces meet
            with pytest.raises(WireError, match="ascend"):
                taken(wrong, 2, size)


def test_only_changes_take_codes_away() -> None:
    away = pack_table(HEAD, records({b"x": (TicketStatus.UNKNOWN, 0)}))
    assert len(read_changes(away)[1]) == 1
    with pytest.raises(WireError, match="unknown status"):
        TableReader(1).feed(away)


def test_trusted_bytes_are_only_hashed() -> None:
    reader = TableReader(40, trusted=True)
    reader.feed(GOOD)
    strict = TableReader(40)
    strict.feed(GOOD)
    assert reader.finish() == strict.finish()


DAMAGE: list[Callable[[bytes], bytes]] = [
    lambda body: body[:-1],
    lambda body: body + b"\0",
    lambda body: b"x" + body,
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_delta_that_does_not_unpack(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(WireError, match="delta"):
        open_delta(damage(pack_delta(HEAD, records(valid(3)))))


def test_endless_data_a_delta_that_would_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_changes, "MAX_CHANGES_BYTES", 1 << 16)
    bomb = zlib.compress(bytes(1 << 17), 9)
    with pytest.raises(WireError, match="too long"):
        open_delta(bomb)


def test_a_table_costs_eleven_bytes_a_code() -> None:
    rng = random.Random(1)
    rows = {rng.randbytes(10): pack_rest(HEAD, 1, 0, None) for _ in range(5000)}
    assert len(pack_table(HEAD, rows)) == len(HEAD.pack()) + 1024 + 11 * 5000
    assert read_rest(pack_rest(TAGGED, 3, 16_383, b"abcd")) == (3, 16_383, b"abcd")


def test_bytes_that_look_like_a_digest_across_two_records_are_none() -> None:
    value = pack_rest(HEAD, 1, 0, None)
    rows = {b"\5" + bytes(9): value, b"\5" + b"\x50" * 9: value}
    table = opened(pack_table(HEAD, rows), 2)
    assert table._find(b"\5" + value + b"\x50" * 7) is None
