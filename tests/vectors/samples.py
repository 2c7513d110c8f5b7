"""What the vectors of tickets and records are made of, good and bad."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import cbor2

from gate_agent.validator import passage
from gate_agent.validator.moment import END_MS, ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from gate_agent.validator.tickets.ticket import Ticket, sign
from tests.vectors.keyring import (
    PARK,
    TICKET,
    TestKey,
)

START = 1_795_305_600  # 2026-11-22T00:00:00Z, a whole minute
ISSUED = START - 3577
JOURNAL = sha256(b"scenic-gate test journal").digest()[:16]


def ticket(serial: int, **fields: Any) -> Ticket:
    """A day ticket of the park."""
    return replace(
        Ticket(
            key_id=TICKET.id,
            serial=serial,
            issued_at=ISSUED,
            not_before=START,
            expires_at=START + 86_400,
            product=7,
        ),
        **fields,
    )


def code(of: Ticket, key: TestKey = TICKET) -> str:
    """Its printed text."""
    return sign(of, PARK, key.public, key.sign)


def tickets() -> dict[str, Ticket]:
    """A ticket of every kind; the last ones at the edges of the format."""
    counted = EntryPolicy(EntryRule.COUNTED, 3, exit_required=True)
    return {
        "single": ticket(1),
        "team": ticket(2, admits=40),
        "group member": ticket(3, group=88_001),
        "holder-bound": ticket(4, holder_tag=bytes.fromhex("0a1b2c3d")),
        "reprint": ticket(5, issue=1),
        "other zones": ticket(6, zones=0b1000_0000_0000_0010),
        "daily": ticket(7, entry_policy=EntryPolicy(EntryRule.DAILY)),
        "three entries, out before in again": ticket(8, entry_policy=counted),
        "everything": ticket(
            9,
            admits=12,
            zones=0b101,
            entry_policy=counted,
            group=1,
            holder_tag=bytes(4),
            issue=2,
        ),
        "lowest": ticket(0, issued_at=59, not_before=0, expires_at=60, product=0, group=0),
        "begins before 1970": ticket(10, issued_at=0, not_before=-60, expires_at=0),
        "highest": ticket(
            2**32 - 1,
            issued_at=2**32 - 1,
            not_before=2**32 - 16 + 60 * (2**23 - 1),
            expires_at=2**32 - 16 + 60 * (2**23 - 1) + 60 * (2**24 - 1),
            product=65_535,
            admits=65_535,
            zones=65_535,
            entry_policy=EntryPolicy(EntryRule.COUNTED, 15, exit_required=True),
            group=2**32 - 1,
            holder_tag=b"\xff" * 4,
            issue=255,
        ),
    }


def codes() -> dict[str, str]:
    """The printed texts of `tickets`."""
    return {name: code(of) for name, of in tickets().items()}


TEAM: dict[str, Any] = {"ticket": ticket(2).id, "product": 7, "list_version": 3, "admits": 40}
At = Callable[..., Passage]
"""Append a record: its kind, how many ms after START, its other fields."""


def passages() -> list[Passage]:
    """Return a short life of a journal, with every kind of record."""
    rows: list[Passage] = []

    def at(kind: PassageKind, later: int, **fields: Any) -> Passage:
        rows.append(
            Passage(
                seq=len(rows) + 1,
                kind=kind,
                lane=1,
                direction=Direction.IN,
                wall_ms=START * 1000 + 123 + later,
                mono_ms=later,
                boot=0x1234_5678,
                clock=ClockState.TRUSTED,
            )._replace(**fields)
        )
        return rows[-1]

    _until_a_power_cut(at)
    _after_it(at)
    return rows


def _until_a_power_cut(at: At) -> None:
    at(PassageKind.BOOT, 900, clock=ClockState.UNKNOWN, lane=0, detail="0.1.0")
    at(PassageKind.DENIED, 2000, reason=Reason.ALIEN.value, code=sha256(b"HELLO").digest()[:8])
    at(
        PassageKind.DENIED,
        3000,
        reason=Reason.VOID.value,
        ticket=ticket(3).id,
        product=7,
        group=88_001,
    )
    grant = at(PassageKind.GRANTED, 4000, persons=2, **TEAM).seq
    at(PassageKind.TAKEN, 5000, persons=1, grant=grant, **TEAM)
    at(PassageKind.NOT_TAKEN, 10_000, persons=1, grant=grant, **TEAM)
    at(
        PassageKind.GRANTED,
        20_000,
        persons=1,
        ticket=ticket(9).id,
        product=7,
        reentry=True,
        provisional=True,
        clock=ClockState.BOUNDED,
    )


def _after_it(at: At) -> None:
    at(PassageKind.BOOT, 300, boot=0x9ABC_DEF0, detail="0.1.0")
    at(
        PassageKind.UNRESOLVED,
        400,
        boot=0x9ABC_DEF0,
        persons=1,
        ticket=ticket(9).id,
        product=7,
        grant=7,
    )
    at(
        PassageKind.GRANTED,
        25_000,
        persons=1,
        ticket=ticket(1).id,
        product=7,
        freshness=1,
        reason=Reason.PASSBACK.value,
        claim=10 << 8 | 1,
    )
    staff = {"reason": Reason.USED.value, "detail": "zhang: checked"}
    grant = at(PassageKind.GRANTED, 26_000, persons=1, ticket=ticket(1).id, product=7, **staff).seq
    at(PassageKind.TAKEN, 27_000, persons=1, ticket=ticket(1).id, product=7, grant=grant, **staff)
    at(PassageKind.FORCED, 30_000, persons=1)
    at(PassageKind.MODE, 40_000, detail="free li")
    at(PassageKind.FREE, 41_000, persons=1, detail="free")
    at(PassageKind.TAKEN, 42_000, persons=1, direction=Direction.OUT, lane=2, ticket=ticket(1).id)
    at(PassageKind.GRANTED, 43_000, persons=3, ticket=ticket(2).id, product=7, admits=40, alone=4)
    at(PassageKind.FORGIVEN, 44_000, persons=1, ticket=ticket(1).id, product=7)


def bad_records() -> dict[str, bytes]:
    """Bytes that are no record."""
    good = passage.encode(passages()[4])
    fields: list[Any] = cbor2.loads(good)

    def but(at: int, value: Any) -> bytes:
        return cbor2.dumps([*fields[:at], value, *fields[at + 1 :]])

    return {
        "empty": b"",
        "cut short": good[:-1],
        "a byte behind": good + b"\0",
        "a map": cbor2.dumps(dict.fromkeys(range(1, 9), 1)),
        "too few fields": cbor2.dumps(fields[:7]),
        "too many fields": cbor2.dumps([*fields, *range(10)]),
        "an unknown reason to be alone": cbor2.dumps(
            [*fields, 1, None, False, False, None, "", 0, 0, 5]
        ),
        "an unknown freshness": cbor2.dumps([*fields, 1, None, False, False, None, "", 3]),
        "a default spelled out": cbor2.dumps([*fields, None]),
        "a number not in its shortest form": good.replace(b"\x05\x03", b"\x18\x05\x03", 1),
        "an array of indefinite length": b"\x9f" + good[1:] + b"\xff",
        "number 0": but(0, 0),
        "a negative number": but(8, -1),
        "a number as a float": but(8, 1.0),
        "a kind as a boolean": but(1, True),
        "an unknown kind": but(1, 11),
        "an unknown direction": but(3, 2),
        "an unknown clock state": but(7, 3),
        "a time after the year 9998": but(4, END_MS),
        "a ticket of seven bytes": but(9, bytes(7)),
        "a grant that is not earlier": but(11, 5),
        "a decimal fraction": but(0, cbor2.CBORTag(4, [2**62, 1])),
        "too long": cbor2.dumps([*fields[:19], *[None] * (19 - len(fields)), "x" * 256]),
    }
