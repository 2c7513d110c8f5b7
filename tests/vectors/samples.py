"""What the vectors are made of: tickets, records, messages and lists, good and bad."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import cbor2

from gate_agent.validator import passage
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
from gate_agent.validator.messages import renewal
from gate_agent.validator.messages.envelopes import (
    Ack,
    Batch,
    Birth,
    Chunk,
    GateState,
    ListOffer,
    ListRequest,
    Message,
    encode,
)
from gate_agent.validator.messages.link_secret import link_secret, with_code
from gate_agent.validator.messages.notes import (
    Claim,
    ClaimReply,
    News,
    NewsRequest,
    Note,
    note_topic,
    write_note,
)
from gate_agent.validator.messages.renewal import Renew, Renewed, RenewOrder
from gate_agent.validator.messages.short_news import ShortNews
from gate_agent.validator.messages.trust_messages import BeaconMessage, KeysOffer, RulesOffer
from gate_agent.validator.moment import END_MS, ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from gate_agent.validator.tickets.ticket import Ticket, sign
from gate_agent.validator.trust import beacon, key_set, rule_book
from gate_agent.validator.trust.beacon import Beacon
from gate_agent.validator.trust.key_set import KeyRow, KeySet
from gate_agent.validator.trust.keys import KeyMode, KeyUse
from gate_agent.validator.trust.rule_book import (
    DEFAULT,
    Passback,
    ProductNames,
    RuleBook,
    Rules,
    TooOld,
)
from tests.vectors.keyring import (
    CENTRE,
    GATE,
    GATE_KEY,
    LIST,
    PARK,
    ROOTS,
    STRANGER,
    TICKET,
    TestKey,
)

START = 1_795_305_600  # 2026-11-22T00:00:00Z, a whole minute
ISSUED = START - 3577
JOURNAL = sha256(b"scenic-gate test journal").digest()[:16]
MANIFEST_FIELDS = tuple(Manifest.__dataclass_fields__)


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


def passages() -> list[Passage]:
    """A short life of a journal, with every kind of record."""
    wall, boot, trusted = START * 1000 + 123, 0x1234_5678, ClockState.TRUSTED
    team = {"ticket": ticket(2).id, "product": 7, "list_version": 3, "admits": 40}

    def at(kind: PassageKind, later: int, **fields: Any) -> Passage:
        rows.append(
            Passage(
                seq=len(rows) + 1,
                kind=kind,
                lane=1,
                direction=Direction.IN,
                wall_ms=wall + later,
                mono_ms=later,
                boot=boot,
                clock=trusted,
            )._replace(**fields)
        )
        return rows[-1]

    rows: list[Passage] = []
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
    grant = at(PassageKind.GRANTED, 4000, persons=2, **team).seq
    at(PassageKind.TAKEN, 5000, persons=1, grant=grant, **team)
    at(PassageKind.NOT_TAKEN, 10_000, persons=1, grant=grant, **team)
    at(PassageKind.GRANTED, 20_000, persons=1, ticket=ticket(9).id, product=7, reentry=True,
       provisional=True, clock=ClockState.BOUNDED)  # fmt: skip
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
    at(PassageKind.GRANTED, 25_000, persons=1, ticket=ticket(1).id, product=7, freshness=1,
       reason=Reason.PASSBACK.value, claim=10 << 8 | 1)  # fmt: skip
    staff = {"reason": Reason.USED.value, "detail": "zhang: checked"}
    grant = at(PassageKind.GRANTED, 26_000, persons=1, ticket=ticket(1).id, product=7, **staff).seq
    at(PassageKind.TAKEN, 27_000, persons=1, ticket=ticket(1).id, product=7, grant=grant, **staff)
    at(PassageKind.FORCED, 30_000, persons=1)
    at(PassageKind.MODE, 40_000, detail="free li")
    at(PassageKind.FREE, 41_000, persons=1, detail="free")
    at(PassageKind.TAKEN, 42_000, persons=1, direction=Direction.OUT, lane=2, ticket=ticket(1).id)
    at(PassageKind.GRANTED, 43_000, persons=3, ticket=ticket(2).id, product=7, admits=40, alone=4)
    at(PassageKind.FORGIVEN, 44_000, persons=1, ticket=ticket(1).id, product=7)
    return rows


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


def messages() -> list[Message]:
    """One of every kind."""
    rows = passages()[:3]
    before = passage.genesis(JOURNAL)
    return [
        Birth(
            journal_id=JOURNAL,
            boot=0x1234_5678,
            software="0.1.0",
            mark=12,
            head=345,
            lists=(("main", 3), ("otter", 17)),
            rules_version=4,
        ),
        GateState(
            boot=0x1234_5678,
            wall_ms=START * 1000,
            clock=2,
            waiting=17,
            lists=(("main", 3, START * 1000 - 60_000),),
            lanes=((1, "controlled", "idle"), (2, "free", "released")),
            faults=("camera 1: cannot open /dev/video0: no such device",),
            rules_version=4,
            mono_ms=42_000,
            vouched_ms=START * 1000 - 5_000,
            freshness=0,
            keys_version=6,
        ),
        Batch(JOURNAL, 1, before, tuple(passage.encode(row) for row in rows)),
        ListRequest("main", 4, 3, 40_960),
        Ack(JOURNAL, 12),
        ListOffer(sealed(lists()[1].manifest), 2),
        Chunk(series="main", version=4, base=3, offset=0, data=lists()[1].body),
        RulesOffer(rule_books()["several products"]),
        BeaconMessage(beacons()["two series"]),
        KeysOffer(key_sets()["the first"]),
        RenewOrder(GATE_KEY.public),
        *renewals(),
    ]


NEXT_SEED = sha256(b"scenic-gate test key: the gate's next").digest()
EPHEMERAL = sha256(b"scenic-gate test key: of one box").digest()
LINK_SECRET = link_secret(bytes(32), GATE, renewal.public_of(NEXT_SEED))


def renewals() -> tuple[Renew, Renewed]:
    """A gate asks for a certificate, and is answered; the certificate is none."""
    asked = renewal.ask(GATE, GATE_KEY.public, NEXT_SEED)
    box = renewal.seal_box(LINK_SECRET, GATE, asked, EPHEMERAL)
    return asked, Renewed(asked.public, b"a certificate", box)


def bad_messages() -> dict[str, tuple[str, bytes]]:
    """Topic and payload that a receiver refuses."""
    topic = f"sg1/{PARK}/{GATE}/up/birth"
    good = encode(topic, messages()[0], GATE_KEY.id, GATE_KEY.sign)
    head, body = good[:69], good[69:]

    def made(body: bytes, key: TestKey = GATE_KEY, on: str = topic) -> tuple[str, bytes]:
        signature = key.sign(b"scenic-gate message\0" + on.encode() + b"\0" + body)
        return on, b"\1" + key.id + signature + body

    return {
        "empty": (topic, b""),
        "no body": (topic, head),
        "another version": (topic, b"\2" + good[1:]),
        "another topic than it was signed for": (topic.replace(GATE, "north-2"), good),
        "a topic that is not ours": (topic + "/more", good),
        "a capital letter in a name": (topic.replace(GATE, "North-1"), good),
        "a changed body": (topic, head + body[:-1] + b"\x05"),
        "signed by the centre": made(body, CENTRE),
        "signed by nobody known": made(body, STRANGER),
        "a gate that speaks for the centre": made(
            cbor2.dumps([JOURNAL, 5]), on=f"sg1/{PARK}/{GATE}/down/ack"
        ),
        "a byte behind": made(body + b"\0"),
        "a field too many": made(b"\x87" + body[1:] + b"\0"),
        "a journal id of 15 bytes": made(body.replace(b"\x50" + JOURNAL, b"\x4f" + JOURNAL[1:])),
        "nested 2,000 deep": made(b"\x81" * 2000 + b"\0"),
        "a decimal fraction": made(cbor2.dumps([cbor2.CBORTag(4, [2**62, 1])])),
    }


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


def rule_books() -> dict[str, bytes]:
    """Sealed rule books."""
    strict = Rules(
        fresh_ms=60_000,
        stale_ms=3_600_000,
        too_old=TooOld.DENY,
        passback=Passback.SOFT,
        passback_ms=0,
        claim=False,
        partition_share=20,
        identity=False,
    )
    books = {
        "only defaults": RuleBook(1, START * 1000),
        "several products": RuleBook(4, START * 1000 + 5, DEFAULT, {7: strict, 0: DEFAULT}),
        "names of products": RuleBook(
            5,
            START * 1000 + 6,
            DEFAULT,
            {7: strict},
            {0: ProductNames("一日票", "Day ticket"), 9: ProductNames("团" * 20, "T" * 60)},
        ),
    }
    return {name: rule_book.seal(book, LIST.id, LIST.sign) for name, book in books.items()}


def bad_rule_books() -> dict[str, bytes]:
    """Bytes that are no rule book."""
    good = rule_books()["several products"]
    values: list[Any] = cbor2.loads(good[68:])

    def made(fields: list[Any], key: TestKey = LIST, context: bytes = b"rule book") -> bytes:
        written = cbor2.dumps(fields)
        return key.id + key.sign(b"scenic-gate " + context + b"\0" + written) + written

    def rule(at: int, value: Any) -> bytes:
        row = [*values[2][:at], value, *values[2][at + 1 :]]
        return made([*values[:2], row, values[3]])

    def names(*rows: Any) -> bytes:
        return made([*values, list(rows)])

    return {
        "empty": b"",
        "signed with a ticket key": made(values, TICKET),
        "signed as something else": made(values, context=b"list manifest"),
        "a changed byte": good[:-1] + bytes((good[-1] ^ 1,)),
        "a byte behind": LIST.id
        + LIST.sign(b"scenic-gate rule book\0" + good[68:] + b"\0")
        + good[68:]
        + b"\0",
        "version 0": made([0, *values[1:]]),
        "a time after the year 9998": made([1, END_MS, *values[2:]]),
        "products out of order": made([*values[:3], values[3][::-1]]),
        "a product twice": made([*values[:3], values[3][:1] * 2]),
        "a product above 65 535": made([*values[:3], [[65_536, *values[2]]]]),
        "a rule too few": made([*values[:2], values[2][:7], values[3]]),
        "stale before it is fresh": rule(1, 299_999),
        "an unknown answer to a list that is too old": rule(2, 2),
        "an unknown passback": rule(3, 3),
        "a number for a truth": rule(5, 1),
        "a share of 65 536": rule(6, 65_536),
        "time without end": rule(1, 1 << 40),
        "a map": made([*values[:3], [{1: 2}]]),
        "names that are none": names(),
        "names out of order": names([2, "a", "b"], [1, "a", "b"]),
        "an empty name": names([1, "", "b"]),
        "a name of 61 bytes": names([1, "a", "b" * 61]),
        "a name in bytes": names([1, b"a", "b"]),
        "a name too few": names([1, "a"]),
        "a sixth field": made([*values, [[1, "a", "b"]], 0]),
    }


def key_sets() -> dict[str, bytes]:
    """Sealed key sets, each signed by two roots."""
    publics = tuple(sorted(root.public for root in ROOTS))
    first = (
        KeyRow(use=KeyUse.TICKET, public=TICKET.public),
        KeyRow(use=KeyUse.LIST, public=LIST.public),
        KeyRow(use=KeyUse.CENTRE, public=CENTRE.public),
    )
    stolen = KeyRow(
        use=KeyUse.TICKET,
        public=TICKET.public,
        mode=KeyMode.LIST_ONLY,
        until_s=START,
        last_serial=500,
    )
    new = KeyRow(use=KeyUse.TICKET, public=STRANGER.public, mode=KeyMode.SIG_LIST)
    sets = {
        "the first": KeySet(park=PARK, version=1, as_of_ms=START * 1000, roots=publics, keys=first),
        "after a theft": KeySet(
            park=PARK,
            version=2,
            as_of_ms=START * 1000 + 9,
            roots=publics,
            keys=(stolen, *first[1:], new),
        ),
    }
    return {name: _signed_set(key_set.fields_of(one)) for name, one in sets.items()}


def _signed_set(fields: bytes, signers: Sequence[TestKey] = ROOTS[:2]) -> bytes:
    return key_set.seal(fields, [key_set.sign(fields, one.public, one.sign) for one in signers])


def bad_key_sets() -> dict[str, bytes]:
    """Bytes that are no key set of this park."""
    good = key_sets()["after a theft"]
    fields = key_set.split(good)[1]
    values: list[Any] = cbor2.loads(fields)

    def made(*changed: Any) -> bytes:
        return _signed_set(cbor2.dumps(list(changed)))

    def row(at: int, value: Any) -> bytes:
        changed = [*values[4][0][:at], value, *values[4][0][at + 1 :]]
        return made(*values[:4], [changed, *values[4][1:]])

    one = good[1:69]
    return {
        "empty": b"",
        "one signature": _signed_set(fields, ROOTS[:1]),
        "one signature, twice": b"\2" + one + one + fields,
        "a root and a stranger": _signed_set(fields, (ROOTS[0], STRANGER)),
        "a changed byte": good[:-1] + bytes((good[-1] ^ 1,)),
        "a signature too few for its count": b"\3" + good[1:],
        "nine signatures": b"\x09" + good[1:],
        "of another park": made("other", *values[1:]),
        "version 0": made(values[0], 0, *values[2:]),
        "two roots": made(*values[:3], values[3][:2], values[4]),
        "roots out of order": made(*values[:3], values[3][::-1], values[4]),
        "no list key": made(*values[:4], [values[4][0], *values[4][2:]]),
        "a key twice": made(*values[:4], [*values[4], values[4][0]]),
        "a gate's key": row(0, "gate"),
        "a key of 31 bytes": row(1, bytes(31)),
        "an unknown mode": row(2, 3),
        "an end for a key that is trusted": row(2, 0),
        "no end for one that is not": row(3, 0),
        "a mode for a list key": made(
            *values[:4], [values[4][0], [*values[4][1][:2], 1, 0, 0], *values[4][2:]]
        ),
    }


def beacons() -> dict[str, bytes]:
    """Sealed beacons."""
    said = {
        "nothing yet": Beacon(START * 1000),
        "two series": Beacon(START * 1000 + 5, (("main", 3), ("partner", 12)), 4, 2),
    }
    return {name: beacon.seal(one, LIST.id, LIST.sign) for name, one in said.items()}


def bad_beacons() -> dict[str, bytes]:
    """Bytes that are no beacon."""
    good = beacons()["two series"]
    values: list[Any] = cbor2.loads(good[68:])

    def made(*fields: Any, key: TestKey = LIST) -> bytes:
        written = cbor2.dumps(list(fields))
        return key.id + key.sign(b"scenic-gate beacon\0" + written) + written

    return {
        "empty": b"",
        "signed with the centre's message key": made(*values, key=CENTRE),
        "a changed byte": good[:-1] + bytes((good[-1] ^ 1,)),
        "a rule book": rule_books()["only defaults"],
        "a field too few": made(*values[:3]),
        "time 0": made(0, *values[1:]),
        "a time after the year 9998": made(END_MS, *values[1:]),
        "version 0": made(values[0], [["main", 0]], 0, 0),
        "series out of order": made(values[0], values[1][::-1], 4, 2),
        "a series twice": made(values[0], values[1][:1] * 2, 4, 2),
        "a name of 17 characters": made(values[0], [["x" * 17, 1]], 0, 0),
        "65 series": made(values[0], [[f"{n:03}", 1] for n in range(65)], 0, 0),
        "a truth for a version": made(*values[:2], True, 0),
        "a negative version": made(*values[:3], -1),
    }


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


LINK = sha256(b"scenic-gate test link").digest()
SECRET = link_secret(LINK, GATE, GATE_KEY.public)


def notes() -> list[Note]:
    """A note of every kind, and those at the edges."""
    team, day = ticket(2), ticket(7)
    policy = day.entry_policy.to_byte()
    return [
        Claim(
            journal_id=JOURNAL,
            number=18 << 8 | 1,
            ticket=team.id,
            persons=40,
            admits=40,
            policy=0,
            extra=0,
            passback=2,
            passback_ms=300_000,
            share=5,
        ),
        Claim(
            journal_id=JOURNAL,
            number=2**56 - 1,
            ticket=day.id,
            persons=1,
            admits=1,
            policy=policy,
            extra=65_535,
            passback=0,
            passback_ms=0,
            share=0,
        ),
        ClaimReply(18 << 8 | 1, 30, 0, False),
        ClaimReply(19 << 8 | 2, 0, Reason.USED.value, False),
        ClaimReply(20 << 8 | 2, 1, Reason.PASSBACK.value, True),
        NewsRequest(4711, 0),
        NewsRequest(2**63 - 1, 5000),
        News(nonce=4711, after=0, upto=0, head=0, entries=()),
        News(nonce=0, after=5000, upto=5001, head=5001, entries=()),
        News(
            nonce=4712,
            after=5001,
            upto=5004,
            head=6000,
            entries=(
                (team.id, 0, 40, START * 1000),
                (day.id, 1, 1, START * 1000 + 5),
                (day.id, 2, 1, START * 1000 + 9),
            ),
        ),
    ]


def shorts() -> list[ShortNews]:
    """Single passages; a receiver expects their own number."""
    return [
        ShortNews(1, ticket(1).id, False, 1),
        ShortNews(1023, ticket(1).id, True, 1),
        ShortNews(2**40 + 7, ticket(2).id, False, 31),
    ]


def bad_notes() -> dict[str, tuple[str, bytes]]:
    """Topics and payloads that no receiver takes."""
    topic = note_topic(PARK, GATE, "down/verdict")
    news = note_topic(PARK, GATE, "down/news")
    good = write_note(topic, ClaimReply(5, 1, 0, False), SECRET)

    def other(values: object, where: str = topic) -> tuple[str, bytes]:
        return where, with_code(where, cbor2.dumps(values), SECRET)

    entry = [bytes(8), 0, 1, 1]
    return {
        "empty": (topic, b""),
        "a code alone": (topic, good[-8:]),
        "cut short": (topic, good[:-1]),
        "a byte behind": (topic, good + b"\0"),
        "another body": (topic, bytes((good[0], good[1] ^ 1)) + good[2:]),
        "another code": (topic, good[:-1] + bytes((good[-1] ^ 1,))),
        "moved to another gate": (topic.replace(GATE, "south-9"), good),
        "the secret of another gate": (topic, with_code(topic, good[:-8], bytes(32))),
        "on a message's topic": (note_topic(PARK, GATE, "down/ack"), good),
        "on the topic of the short ones": (note_topic(PARK, GATE, "down/n"), good),
        "on no topic": ("sg1/x", good),
        "a map": other({1: 1}),
        "too few fields": other([5, 1, 0]),
        "a number not in its shortest form": (
            topic,
            with_code(topic, b"\x84\x18\x05\x01\x00\xf4", SECRET),
        ),
        "neither persons nor a reason": other([5, 0, 0, False]),
        "claim number 0": other([0, 1, 0, False]),
        "a boolean as a number": other([5, True, 0, False]),
        "news that go back": other([0, 5, 4, 5, []], news),
        "more entries than numbers": other([0, 5, 6, 6, [entry, entry]], news),
        "an entry of a time after the year 9998": other([0, 5, 6, 6, [[bytes(8), 0, 1, END_MS]]],
                                                        news),
        "an unknown piece of news": other([0, 5, 6, 6, [[bytes(8), 3, 1, 1]]], news),
        "a nonce of 0": other([0, 1], note_topic(PARK, GATE, "up/since")),
        "an unknown policy": other(
            [bytes(16), 1, bytes(8), 1, 1, 3, 0, 0, 0, 0], note_topic(PARK, GATE, "up/claim")
        ),
    }  # fmt: skip
