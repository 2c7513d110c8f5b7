"""What the vectors of lists are made of, of serial numbers and of codes, good and bad."""

import zlib
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import cbor2

from gate_agent.validator.lists import gaps
from gate_agent.validator.lists.code_head import CodeHead, CodeKind, digest_of, pack_rest
from gate_agent.validator.lists.code_list import pack_table
from gate_agent.validator.lists.code_signers import CodeSigner
from gate_agent.validator.lists.manifest import ListKind, Manifest, seal, signed_part
from gate_agent.validator.lists.ticket_list import (
    Changes,
    Exceptions,
    TicketList,
    TicketStatus,
    apply,
    result_of,
)
from gate_agent.validator.moment import END_MS
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from tests.vectors.keyring import (
    LIST,
    STRANGER,
    TestKey,
)
from tests.vectors.samples import JOURNAL, START

MANIFEST_FIELDS = tuple(Manifest.__dataclass_fields__)


@dataclass(frozen=True)
class CodesListed:
    """A list of codes as it travels. `codes`: what changed, status 0 for taken away."""

    head: CodeHead
    codes: dict[str, tuple[int, int, bytes | None]]
    manifest: Manifest
    body: bytes
    table: bytes


def code_lists() -> list[CodesListed]:
    """A snapshot with holders' tags, a delta on it, and an empty list of another series."""
    daily = EntryPolicy(EntryRule.DAILY)
    kinds = (
        CodeKind(
            product=7,
            not_before=START,
            expires_at=START + 86_400,
            admits=1,
            zones=1,
            entry_policy=EntryPolicy(),
        ),
        CodeKind(
            product=8,
            not_before=START,
            expires_at=START + 7 * 86_400,
            admits=4,
            zones=0b101,
            entry_policy=daily,
        ),
    )
    tag = bytes.fromhex("0a1b2c3d")
    first = {
        "1f0c7de1a2b3c4d5e6f708": (1, 0, None),
        "with a space": (2, 0, None),
        "门票-0001": (3, 1, tag),
        "~": (1, 1, None),
        **{f"{number:022x}": (1, number % 2, None) for number in range(5)},
    }
    later = {"with a space": (1, 0, None), "~": (0, 1, None), "new": (1, 2, tag)}
    head = CodeHead(JOURNAL, tagged=True, kinds=kinds)
    signer = CodeSigner(STRANGER.public, ((1, 0, 0, 0), (1, 3, 0, 1), (7, 0, 2, 2)))
    more = replace(head, kinds=(*kinds, replace(kinds[0], zones=65_535)), signers=(signer,))
    empty = CodeHead(bytes(16), tagged=False, kinds=())
    return [
        _codes_listed("otter", 1, head, first, {}),
        _codes_listed("otter", 2, more, later, first),
        _codes_listed("heron", 9, empty, {}, {}),
    ]


def _codes_listed(
    series: str,
    version: int,
    head: CodeHead,
    codes: dict[str, tuple[int, int, bytes | None]],
    before: dict[str, tuple[int, int, bytes | None]],
) -> CodesListed:
    def records(
        some: dict[str, tuple[int, int, bytes | None]],
    ) -> dict[bytes, bytes]:
        return {
            digest_of(head.salt, code.encode()): pack_rest(head, *of) for code, of in some.items()
        }

    whole = {code: of for code, of in {**before, **codes}.items() if of[0]}
    table = pack_table(head, records(whole))
    body = table
    if before:  # zlib's form without compression: every zlib writes this the same way
        body = zlib.compress(pack_table(head, records(codes)), 0)
    manifest = Manifest(
        series=series,
        kind=ListKind.CODES,
        version=version,
        as_of_ms=START * 1000 + version,
        base=version - 1 if before else 0,
        first=0,
        count=len(whole),
        body_bytes=len(body),
        body=sha256(body).digest(),
        result=sha256(table).digest(),
    )
    return CodesListed(head, codes, manifest, body, table)


def bad_code_tables() -> dict[str, tuple[int, bytes]]:
    """How many codes, and bytes that are no table of so many."""
    good = code_lists()[0]
    count, table, head = good.manifest.count, good.table, good.head
    front = head.pack()
    start = len(front) + 1024
    fields: list[Any] = cbor2.loads(front[4:])

    def headed(changed: list[Any]) -> bytes:
        written = cbor2.dumps(changed)
        return len(written).to_bytes(4, "big") + written + table[len(front) :]

    def rested(value: int) -> bytes:
        return table[: start + 9] + value.to_bytes(2, "big") + table[start + 11 :]

    return {
        "empty": (count, b""),
        "cut short": (count, table[:-1]),
        "a byte behind": (count, table + b"\0"),
        "another count": (count + 1, table),
        "an index that falls": (count, front + (9).to_bytes(4, "big") + table[len(front) + 4 :]),
        "a salt of 15 bytes": (count, headed([bytes(15), *fields[1:]])),
        "a number for a truth": (count, headed([fields[0], 1, fields[2]])),
        "a kind that admits nobody": (
            count,
            headed([*fields[:2], [[*fields[2][0][:3], 0, *fields[2][0][4:]], fields[2][1]]]),
        ),
        "status 0": (count, rested(0)),
        "an unknown kind": (count, rested(1 << 14 | 2)),
        "a head without end": (count, b"\xff" * 4 + table[4:]),
        "records out of order": (
            2,
            _table_of_two(front, table[start : start + 15]),
        ),
    }


def _table_of_two(front: bytes, record: bytes) -> bytes:
    """The same record twice in one bucket."""
    return front + (2).to_bytes(4, "big") * 256 + record * 2


@dataclass(frozen=True)
class Listed:
    """A list as it travels: what its body says, the body, and what comes out of it."""

    changes: Changes
    manifest: Manifest
    body: bytes
    result: TicketList


def listed(
    version: int, first: int, count: int, changes: Changes, base: Listed | None = None
) -> Listed:
    """The list that `changes` make of `base`, or of nothing."""
    before = None if base is None else base.result
    bits, exceptions = apply(before, changes, first, count)
    body = changes.pack()
    manifest = Manifest(
        series="main",
        kind=ListKind.SERIALS,
        version=version,
        as_of_ms=START * 1000 + version,
        base=0 if base is None else base.manifest.version,
        first=first,
        count=count,
        body_bytes=len(body),
        body=sha256(body).digest(),
        result=result_of(bits, exceptions),
    )
    return Listed(changes, manifest, body, TicketList(manifest, bits, exceptions))


def lists() -> list[Listed]:
    """Three snapshots, and a delta from the first to a version of its own."""
    tag = bytes.fromhex("0a1b2c3d")
    snapshot = listed(
        3,
        1,
        2000,
        Changes(
            {
                TicketStatus.UNKNOWN: [9],
                TicketStatus.VOID: [2, *range(100, 1300)],
                TicketStatus.SUSPENDED: [4, 1999],
            },
            Exceptions({5: 1, 300: 2}, {7: 3}, {6: tag}),
        ),
    )
    delta = listed(
        4,
        1,
        2003,
        Changes(
            {TicketStatus.VALID: [4], TicketStatus.VOID: [1999, 2002]},
            Exceptions({5: 0, 8: 255}, {7: 4}, {6: b""}),
        ),
        snapshot,
    )
    highest = Changes({}, Exceptions({2**32 - 1: 255}))
    return [snapshot, delta, listed(5, 1, 0, Changes({})), listed(6, 2**32 - 4, 4, highest)]


def sealed(manifest: Manifest, key: TestKey = LIST) -> bytes:
    """The manifest with a signature in front."""
    return seal(manifest, key.id, key.sign(signed_part(manifest)))


def bad_lists() -> dict[str, tuple[bytes, bytes]]:
    """Sealed manifest and body that make no list of nothing."""
    snapshot, delta = lists()[:2]
    manifest, body = snapshot.manifest, snapshot.body
    good = sealed(manifest)
    parts: list[Any] = cbor2.loads(body)

    def fields(name: str, value: Any) -> tuple[bytes, bytes]:
        values: list[Any] = [getattr(manifest, one) for one in MANIFEST_FIELDS]
        if name:
            values[MANIFEST_FIELDS.index(name)] = value
        else:
            values.append(value)
        written = cbor2.dumps(values)
        return LIST.id + LIST.sign(b"scenic-gate list manifest\0" + written) + written, body

    def other(wrong: bytes) -> tuple[bytes, bytes]:
        named = replace(manifest, body_bytes=len(wrong), body=sha256(wrong).digest())
        return sealed(named), wrong

    def but(place: int, value: Any) -> tuple[bytes, bytes]:
        return other(cbor2.dumps([*parts[:place], value, *parts[place + 1 :]]))

    return {
        "empty": (b"", body),
        "signed with another key": (sealed(manifest, STRANGER), body),
        "a changed manifest": (good[:-1] + bytes((good[-1] ^ 1,)), body),
        "a capital letter in the series": fields("series", "Main"),
        "an unknown kind": fields("kind", 3),
        "version 0": fields("version", 0),
        "a time after the year 9998": fields("as_of_ms", END_MS),
        "a base that is not older": fields("base", 3),
        "a field too many": fields("", 0),
        "more than 16,000,000 serials": fields("count", 16_000_001),
        "no body": (good, b""),
        "a body cut short": (good, body[:-1]),
        "a byte behind the body": other(body + b"\0"),
        "another body": (good, delta.body),
        "a delta without its base": (sealed(delta.manifest), delta.body),
        "another result": (sealed(replace(manifest, result=bytes(32))), body),
        "a body of another shape": other(cbor2.dumps({1: 2, 3: 4})),
        "a position beyond the range": but(2, gaps.pack([2000])),
        "a serial of which two things are said": but(3, gaps.pack([2, 4])),
        "numbers that are cut short": but(2, parts[2][:-1]),
        "a k that is not the best": but(0, bytes.fromhex("04000000024090")),
        "an issue counter of 256": but(4, {1: 256}),
        "a holder tag of three bytes": but(6, {1: bytes(3)}),
        "exceptions out of order": but(4, {9: 1, 5: 1}),
    }
