"""The passage record: what happened at a lane, chained so that no record can be removed unnoticed.

A record's identity is (journal id, sequence number). Its bytes are a CBOR array of the fields in
the order below, with trailing defaults left out. The chain: hash(n) = SHA-256 of hash(n-1) + the
bytes of record n; hash(0) is `genesis(journal_id)`.
"""

from enum import IntEnum
from hashlib import sha256
from typing import NamedTuple

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import END_MS, ClockState

JOURNAL_ID_BYTES = 16
HASH_BYTES = 32
MAX_RECORD_BYTES = 256
MAX_DETAIL_BYTES = 64


class PassageKind(IntEnum):
    """The kind of a record. `TAKEN` counts a visitor; `GRANTED` does not."""

    BOOT = 1
    GRANTED = 2
    TAKEN = 3
    NOT_TAKEN = 4
    DENIED = 5
    FORCED = 6
    FREE = 7
    UNRESOLVED = 8
    MODE = 9
    FORGIVEN = 10

    @property
    def key(self) -> str:
        """Return the name that reports use: `not_taken`."""
        return self.name.lower()


class Direction(IntEnum):
    """Which way a lane leads."""

    IN = 0
    OUT = 1


class Unconfirmed(IntEnum):
    """Why persons were let in without the centre's answer; NO: the centre agreed, or need not be
    asked. APART: no link. TIMED_OUT: no answer in time. CUT_OFF: no wait, because the answers
    before came too late. SHARE: out of this gate's own share of a team."""

    NO = 0
    APART = 1
    TIMED_OUT = 2
    CUT_OFF = 3
    SHARE = 4


class Passage(NamedTuple):
    """One record; the order of the fields is the order on the wire.

    `lane`: number of the lane on its board. `boot`: random 32-bit number of the board's boot.
    `ticket`: 8 bytes, see `Ticket.id`. `persons`: how many the record is about. `admits`: of the
    ticket. `grant`: sequence number of the GRANTED record it belongs to. `list_version`: the list
    in force. `reentry`: the gate's own belief. `provisional`: admitted although sold after the
    list was made. `code`: first 8 bytes of the SHA-256 of a refused code that names no believable
    ticket. `detail`: the software version (BOOT) or the mode (MODE, FREE). `freshness`: of the
    list in force when the arm was released, as in `rule_book.Freshness`. `claim`: number of the
    claim that the centre was asked with, 0 for none. `alone`: see `Unconfirmed`.
    """

    seq: int
    kind: PassageKind
    lane: int
    direction: Direction
    wall_ms: int
    mono_ms: int
    boot: int
    clock: ClockState
    persons: int = 0
    ticket: bytes | None = None
    product: int | None = None
    grant: int | None = None
    list_version: int = 0
    reason: int = 0
    admits: int = 1
    group: int | None = None
    reentry: bool = False
    provisional: bool = False
    code: bytes | None = None
    detail: str = ""
    freshness: int = 0
    claim: int = 0
    alone: int = 0


_DEFAULTS = (0, None, None, None, 0, 0, 1, None, False, False, None, "", 0, 0, 0)
_REQUIRED = len(Passage._fields) - len(_DEFAULTS)
_KINDS = {int(kind): kind for kind in PassageKind}
_DIRECTIONS = {int(direction): direction for direction in Direction}
_CLOCKS = {int(state): state for state in ClockState}

_NONE = type(None)
_SHAPE: tuple[tuple[type, ...], ...] = (
    *((int,),) * 9,
    (bytes, _NONE), (int, _NONE), (int, _NONE), (int,), (int,), (int,), (int, _NONE),
    (bool,), (bool,), (bytes, _NONE), (str,), (int,), (int,), (int,),
)  # fmt: skip


def encode(passage: Passage) -> bytes:
    """Return the bytes of a record. There is one way to write each record."""
    fields: list[object] = list(passage)
    fields[1] = int(passage.kind)
    fields[3] = int(passage.direction)
    fields[7] = int(passage.clock)
    end = len(fields)
    while end > _REQUIRED and fields[end - 1] == _DEFAULTS[end - 1 - _REQUIRED]:
        end -= 1
    return cbor.write(fields[:end])


def decode(data: bytes) -> Passage:
    """Return the record in `data`.

    Raise WireError unless `data` is exactly what `encode` writes for some record whose numbers are
    in range (so there is one way to write each record, and nothing behind it).
    """
    if len(data) > MAX_RECORD_BYTES:
        raise WireError("a passage record that is too long")
    fields = cbor.read(data)
    if type(fields) is not list:
        raise WireError("a passage record of another shape")
    types = tuple(map(type, fields))
    if types not in _GOOD_TYPES:
        _accept_types(types)
    end = len(fields)
    spelt_out = end > _REQUIRED and fields[-1] == _DEFAULTS[end - 1 - _REQUIRED]
    if spelt_out or cbor.write(fields) != data:
        raise WireError("a passage record that is not written the one way")
    try:
        fields[1] = _KINDS[fields[1]]
        fields[3] = _DIRECTIONS[fields[3]]
        fields[7] = _CLOCKS[fields[7]]
    except KeyError:
        raise WireError("a passage record of an unknown kind") from None
    fields += _DEFAULTS[end - _REQUIRED :]
    passage = Passage._make(fields)
    _check(passage)
    return passage


def _check(passage: Passage) -> None:
    """Raise WireError for a number out of its range, or a field of another length."""
    (seq, _, lane, _, wall_ms, mono_ms, boot, _, persons, ticket, product, grant, list_version,
     reason, admits, group, _, _, code, detail, freshness, claim, alone) = passage  # fmt: skip
    if not (
        0 < seq < 1 << 48
        and 0 <= lane < 256
        and 0 <= wall_ms < END_MS
        and 0 <= mono_ms < 1 << 48
        and 0 <= boot < 1 << 32
        and 0 <= persons < 1 << 16
        and 0 <= list_version < 1 << 32
        and 0 <= reason < 256
        and 0 < admits < 1 << 16
        and (ticket is None or len(ticket) == 8)
        and (product is None or 0 <= product < 1 << 16)
        and (grant is None or 0 < grant < seq)
        and (group is None or 0 <= group < 1 << 32)
        and (code is None or len(code) == 8)
        and (not detail or len(detail.encode()) <= MAX_DETAIL_BYTES)
        and 0 <= freshness <= 2
        and 0 <= claim < 1 << 56
        and 0 <= alone <= Unconfirmed.SHARE
    ):
        raise WireError("a passage record with a number out of range")


_GOOD_TYPES: set[tuple[type, ...]] = set()


def _accept_types(types: tuple[type, ...]) -> None:
    """Accept a combination of types for all later records, or raise WireError. Few occur, so each
    is checked once."""
    if not _REQUIRED <= len(types) <= len(_SHAPE) or any(
        kind not in allowed for kind, allowed in zip(types, _SHAPE, strict=False)
    ):
        raise WireError("a passage record of another shape")
    _GOOD_TYPES.add(types)


def genesis(journal_id: bytes) -> bytes:
    """Return the 32-byte hash before a journal's first record."""
    return sha256(b"scenic-gate journal" + journal_id).digest()


def chain(before: bytes, record: bytes) -> bytes:
    """Return the 32-byte hash after `record`, given the hash `before` it."""
    return sha256(before + record).digest()
