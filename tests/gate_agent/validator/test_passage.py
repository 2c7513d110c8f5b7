"""The passage record: one way to write each, and a chain from which none can be taken."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import END_MS, ClockState
from gate_agent.validator.passage import (
    MAX_RECORD_BYTES,
    Direction,
    Passage,
    PassageKind,
    chain,
    decode,
    encode,
    genesis,
)
from tests.gate_agent.validator.builders import CBOR_VALUES, passages, prove
from tests.vectors import reference, samples

RECORD = Passage(
    seq=5,
    kind=PassageKind.TAKEN,
    lane=1,
    direction=Direction.IN,
    wall_ms=1000,
    mono_ms=2000,
    boot=7,
    clock=ClockState.TRUSTED,
    persons=1,
    ticket=bytes(8),
)


@prove
@given(passages())
def test_round_trip(passage: Passage) -> None:
    data = encode(passage)
    again = decode(data)
    assert again == passage
    assert [type(field) for field in again] == [type(field) for field in passage]
    plain = [int(field) if isinstance(field, IntEnum) else field for field in passage]
    assert data == reference.record(plain)


def test_the_longest_record_fits() -> None:
    longest = Passage(
        seq=2**48 - 1,
        kind=PassageKind.MODE,
        lane=255,
        direction=Direction.OUT,
        wall_ms=END_MS - 1,
        mono_ms=2**48 - 1,
        boot=2**32 - 1,
        clock=ClockState.TRUSTED,
        persons=65_535,
        ticket=bytes(8),
        product=65_535,
        grant=2**48 - 2,
        list_version=2**32 - 1,
        reason=255,
        admits=65_535,
        group=2**32 - 1,
        reentry=True,
        provisional=True,
        code=bytes(8),
        detail="票" * 21 + "x",
    )
    assert decode(encode(longest)) == longest
    assert len(encode(longest)) < MAX_RECORD_BYTES
    with pytest.raises(WireError):
        decode(encode(longest._replace(detail="票" * 22)))


def test_trailing_defaults_are_left_out() -> None:
    boot = Passage(
        seq=1,
        kind=PassageKind.BOOT,
        lane=0,
        direction=Direction.IN,
        wall_ms=0,
        mono_ms=0,
        boot=0,
        clock=ClockState.UNKNOWN,
    )
    assert encode(boot) == bytes((0x88, 1, 1, 0, 0, 0, 0, 0, 0))
    assert decode(encode(boot)) == boot


@prove
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    try:
        passage = decode(data)
    except WireError:
        return
    assert encode(passage) == data


SMALL = st.integers(-1, 12) | st.none() | st.booleans() | st.binary(max_size=9) | st.just("x")


@prove
@given(
    CBOR_VALUES
    | st.lists(CBOR_VALUES, min_size=8, max_size=20)
    | st.lists(SMALL, min_size=8, max_size=20)
    | st.dictionaries(st.integers(0, 12), SMALL, min_size=8)
)
def test_any_cbor(value: object) -> None:
    data = cbor2.dumps(value)
    try:
        passage = decode(data)
    except WireError:
        return
    assert encode(passage) == data


@prove
@given(passages(), st.data())
def test_a_mutated_record_is_another_record_or_none(passage: Passage, draw: st.DataObject) -> None:
    good = encode(passage)
    at = draw.draw(st.integers(0, len(good) - 1))
    byte = bytes((draw.draw(st.integers(0, 255)),))
    for data in (
        good[:at] + byte + good[at + 1 :],
        good[:at] + good[at + 1 :],
        good[:at] + byte + good[at:],
        good[:at],
        good + byte,
    ):
        if data == good:
            continue
        try:
            again = decode(data)
        except WireError:
            continue
        assert again != passage
        assert encode(again) == data


@pytest.mark.parametrize("name", samples.bad_records())
def test_refused(name: str) -> None:
    with pytest.raises(WireError):
        decode(samples.bad_records()[name])


OUT_OF_RANGE: dict[str, list[Any]] = {
    "seq": [0, 2**48, -1, "1"],
    "lane": [-1, 256],
    "wall_ms": [-1, END_MS],
    "mono_ms": [-1, 2**48],
    "boot": [-1, 2**32],
    "persons": [-1, 65_536, True, None],
    "ticket": [bytes(7), bytes(9), "12345678", 0],
    "product": [-1, 65_536, False],
    "grant": [0, 5, 6],
    "list_version": [-1, 2**32],
    "reason": [-1, 256],
    "admits": [0, 65_536],
    "group": [-1, 2**32],
    "reentry": [1, 0.5],
    "provisional": ["", 2],
    "code": [bytes(7), bytes(9)],
    "detail": ["x" * 65, b"x", None],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in OUT_OF_RANGE.items() for value in values]
)
def test_a_field_out_of_range(name: str, value: object) -> None:
    data = encode(RECORD._replace(**{name: value}))  # type: ignore[arg-type]
    for _again in range(2):  # what was refused once is not remembered as good
        with pytest.raises(WireError):
            decode(data)


def test_the_lowest_and_highest_grant() -> None:
    for grant in (1, RECORD.seq - 1):
        assert decode(encode(RECORD._replace(grant=grant))).grant == grant


def test_a_reason_from_a_later_version_is_kept() -> None:
    """The centre must not lose a refusal because the gate is newer than it is."""
    later = RECORD._replace(kind=PassageKind.DENIED, reason=200)
    assert decode(encode(later)).reason == 200


def test_the_keys_in_reports() -> None:
    assert [kind.key for kind in PassageKind][:4] == ["boot", "granted", "taken", "not_taken"]


# --- the chain ---------------------------------------------------------------------------------


def links(records: list[bytes], journal: bytes = samples.JOURNAL) -> list[bytes]:
    found = [genesis(journal)]
    for record in records:
        found.append(chain(found[-1], record))
    return found


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[:4] + rows[5:],
        lambda rows: [*rows[:4], rows[5], rows[4], *rows[6:]],
        lambda rows: [*rows[:4], rows[3], *rows[4:]],
        lambda rows: [*rows[:4], rows[4] + b"\0", *rows[5:]],
        lambda rows: [rows[0] + rows[1], *rows[2:]],
    ],
    ids=["dropped", "swapped", "doubled", "longer", "joined"],
)
def test_what_was_changed_shows_in_the_head(change: Callable[[list[bytes]], list[bytes]]) -> None:
    rows = [encode(row) for row in samples.passages()]
    assert links(rows)[-1] not in links(change(rows))


def test_two_journals_share_no_hash() -> None:
    rows = [encode(row) for row in samples.passages()]
    assert not set(links(rows)) & set(links(rows, bytes(16)))
    assert links(rows)[1:] == reference.chain(samples.JOURNAL, rows)
