"""The readers of bytes of gate and centre, each with how it is called and by whom its bytes come.

A reader that needs a signature gets one: a gate's key can be stolen, and a centre can be wrong.
"""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager.access import audit_head
from fleet_manager.errors import CentreError
from fleet_manager.events import answer_head
from fleet_manager.sellers import table_rows, table_text
from fleet_manager.web.api import reading
from fleet_manager.web.api.topics.passages import PassageQuery
from fleet_manager.web.api.topics.tickets import Sale
from gate_agent.actor import spellings
from gate_agent.drivers.arms.boards import frames, modbus
from gate_agent.drivers.scanners import demux, gm65, keys, lines
from gate_agent.lists import list_files
from gate_agent.page import acts, request
from gate_agent.release import manifest as release_manifest
from gate_agent.release.manifest import ReleaseError
from gate_agent.validator import cbor, passage
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists import (
    code_changes,
    code_head,
    code_list,
    code_signers,
    gaps,
    manifest,
    ticket_list,
)
from gate_agent.validator.messages import (
    enrolment,
    envelopes,
    link_secret,
    notes,
    renewal,
    shape,
    short_news,
)
from gate_agent.validator.tickets import base45, manual_code, pretix_ticket, ticket
from gate_agent.validator.trust import beacon, key_set, release_keys, rule_book, seal
from gate_agent.validator.trust import keys as trust_keys
from gate_agent.validator.trust.keys import KeyRing, KeyUse, PublicKey, key_id

REFUSALS = (
    WireError,
    CentreError,
    table_text.TableError,
    ReleaseError,
    ValueError,
    RecursionError,
)
"""How readers refuse; ValueError and RecursionError are those of libraries that a caller names."""

PARK, GATE, SECRET = "west-lake", "north-1", bytes(32)
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
KEY_ID = key_id(PUBLIC)
RING = KeyRing(PublicKey.of(PUBLIC, use, PARK) for use in KeyUse)
KEY = PublicKey.of(PUBLIC, KeyUse.GATE, PARK)
ANY_LENGTH = 1 << 30
LINE_BYTES = 4096
"""What a terminal's buffer of the kernel holds: a driver of a serial line hands over no more."""


@dataclass(frozen=True, slots=True)
class Reader:
    """`name`: module and function. `prepare`: from hostile bytes makes a call, whose time is taken.
    `most_bytes`: its callers hand over no more. `trusted`: what reaches it was signed with the
    park's list key, once for each list, or given by an operator."""

    name: str
    prepare: Callable[[bytes], Callable[[], object]]
    most_bytes: int = ANY_LENGTH
    trusted: bool = False


def _plain(
    function: Callable[[bytes], object], *, most_bytes: int = ANY_LENGTH, trusted: bool = False
) -> Reader:
    """Return the reader that is called with the bytes and nothing else."""
    name = f"{function.__module__}.{function.__qualname__}"
    return Reader(name, lambda data: lambda: function(data), most_bytes, trusted)


def _named(
    module: ModuleType,
    name: str,
    function: Callable[[bytes], object],
    *,
    most_bytes: int = ANY_LENGTH,
    trusted: bool = False,
) -> Reader:
    """Return a reader that needs more than the bytes, or a new object each time."""
    full = f"{module.__name__}.{name}"
    return Reader(full, lambda data: lambda: function(data), most_bytes, trusted)


def _message(end: str) -> Reader:
    topic = f"sg1/{PARK}/{GATE}/{end}"
    context = b"scenic-gate message\0" + topic.encode() + b"\0"

    def prepare(data: bytes) -> Callable[[], object]:
        body = data[: envelopes.MAX_PAYLOAD_BYTES - 100]
        payload = b"\1" + KEY_ID + PRIVATE.sign(context + body) + body
        return lambda: envelopes.decode(topic, payload, lambda *_: KEY)

    return Reader(f"{envelopes.__name__}.decode {end}", prepare)


def _note(end: str) -> Reader:
    topic = notes.note_topic(PARK, GATE, end)

    def prepare(data: bytes) -> Callable[[], object]:
        payload = link_secret.with_code(topic, data, SECRET)
        return lambda: notes.read_note(topic, payload, SECRET)

    return Reader(f"{notes.__name__}.read_note {end}", prepare)


def _sealed(module: ModuleType, name: str, context: bytes) -> Reader:
    """A document of trust, signed by the list key."""
    read = getattr(module, name)

    def prepare(data: bytes) -> Callable[[], object]:
        sealed = KEY_ID + PRIVATE.sign(context + data) + data
        return lambda: read(sealed, RING)

    return Reader(f"{module.__name__}.{name}", prepare)


def _key_set(data: bytes) -> Callable[[], object]:
    fields = data[: key_set.MAX_SET_BYTES - 600]
    sealed = key_set.seal(fields, [key_set.sign(fields, PUBLIC, PRIVATE.sign)])
    return lambda: key_set.open_set(sealed, [PUBLIC], PARK)


def _table_reader(data: bytes) -> None:
    reader = code_list.TableReader(len(data))
    for at in range(0, len(data), 4096):
        reader.feed(data[at : at + 4096])


def _demux(data: bytes) -> None:
    of_scanner = demux.Demux()
    of_scanner.owe(1)
    of_scanner.feed(data)
    of_scanner.pause()


def _table(data: bytes) -> None:
    _, rows = table_rows.table_rows(io.BytesIO(data))
    for _ in rows:
        pass


def _read_text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("latin-1"))


def _answer_head(data: bytes) -> None:
    answer_head.read_head(b"HTTP/1.1 200 OK\r\n" + data + answer_head.END)


REQUEST = bytes((3, 0, 0, 0, 2))
"""Modbus: read two registers."""

READERS = (
    _plain(cbor.read),
    _plain(cbor.read_single_string),
    _plain(passage.decode),
    Reader(
        "fleet_manager.events.answer_head.read_head",
        lambda data: lambda: _answer_head(data),
        most_bytes=answer_head.MAX_BYTES,
    ),
    Reader(
        "fleet_manager.web.api.reading.read_query",
        lambda data: lambda: reading.read_query(data, PassageQuery),
        most_bytes=reading.MAX_QUERY_CHARS,
    ),
    Reader(
        "fleet_manager.web.api.reading.read_body",
        lambda data: lambda: reading.read_body(data, "application/json", Sale),
        most_bytes=reading.MAX_BODY_BYTES,
    ),
    _plain(base45.decode),
    _plain(ticket.parse),
    _plain(pretix_ticket.parse),
    _plain(pretix_ticket.looks_like),
    _named(manual_code, "read_manual_code", _read_text(manual_code.read_manual_code)),
    _named(spellings, "spellings", lambda data: list(spellings.spellings(data))),
    *map(_message, ("up/birth", "up/state", "up/passages", "up/want", "up/renew", "down/keys")),
    *map(_message, ("down/ack", "down/list", "down/chunk", "down/rules", "down/renewed")),
    *map(_note, ("up/claim", "up/since", "down/verdict", "down/news")),
    _named(
        short_news,
        "read_short",
        lambda data: short_news.read_short(f"sg1/{PARK}/{GATE}/down/n", data, SECRET, 5),
    ),
    _named(
        link_secret,
        "open_code",
        lambda data: link_secret.open_code(f"sg1/{PARK}/{GATE}/down/n", data, SECRET),
    ),
    _named(renewal, "open_box", lambda data: renewal.open_box(data, GATE, SECRET)),
    _named(shape, "read", lambda data: shape.read("a message", envelopes.GateState, data)),
    _named(seal, "read_fields", lambda data: seal.read_fields("a document", data)),
    _sealed(beacon, "open_beacon", b"scenic-gate beacon\0"),
    _sealed(rule_book, "open_book", b"scenic-gate rule book\0"),
    Reader(f"{key_set.__name__}.open_set", _key_set),
    _plain(key_set.split),
    _plain(key_set.read_set),
    _named(trust_keys, "KeyRing.from_json", _read_text(KeyRing.from_json)),
    _named(manifest, "open_manifest", lambda data: manifest.open_manifest(data, RING)),
    _plain(list_files.unwrap),
    _named(gaps, "unpack", lambda data: gaps.unpack(data, 1 << 20), trusted=True),
    _named(
        ticket_list,
        "Changes.unpack",
        lambda data: ticket_list.Changes.unpack(data, 1 << 20),
        trusted=True,
    ),
    _named(code_list, "TableReader.feed", _table_reader, trusted=True),
    _plain(code_head.read_head, trusted=True),
    _plain(code_head.read_rest),
    _named(code_signers, "signed_right", lambda data: code_signers.signed_right(data, ())),
    _plain(code_changes.read_changes, trusted=True),
    _plain(code_changes.open_delta, trusted=True),
    _plain(request.read),
    _plain(enrolment.read_request),
    _plain(enrolment.read_enrolled),
    _plain(release_keys.read_release_keys),
    _plain(audit_head.read_head),
    _plain(release_manifest.parse_manifest),
    _plain(acts.read_act),
    _named(demux, "Demux.feed", _demux, most_bytes=LINE_BYTES),
    _named(lines, "Lines.feed", lambda data: lines.Lines().feed(data), most_bytes=LINE_BYTES),
    _named(keys, "Keys.feed", lambda data: keys.Keys().feed(data)),
    _plain(gm65.is_sound),
    _named(
        frames,
        "DigiconStream.feed",
        lambda data: frames.DigiconStream().feed(data),
        most_bytes=LINE_BYTES,
    ),
    _named(
        frames,
        "SevenStream.feed",
        lambda data: frames.SevenStream(1).feed(data),
        most_bytes=LINE_BYTES,
    ),
    _named(
        modbus,
        "Rtu.unwrap",
        lambda data: modbus.Rtu().unwrap(1, REQUEST, data),
        most_bytes=LINE_BYTES,
    ),
    _named(modbus, "Tcp.unwrap", lambda data: modbus.Tcp().unwrap(1, REQUEST, data)),
    _named(modbus, "values", lambda data: modbus.values(REQUEST, data)),
    _named(modbus, "written", lambda data: modbus.written(REQUEST, data)),
    _named(table_rows, "table_rows", _table, trusted=True),
    Reader("json.loads", lambda data: lambda: json.loads(data)),
)

ELSEWHERE = {
    "gate_agent.lists.codes_in_force.CodesInForce.find": "looks a scanned code up by its digest",
    "gate_agent.lists.codes_in_force.CodesInForce.feed": "hands each chunk to TableReader.feed",
    "gate_agent.lists.in_force.ListsInForce.find_ticket": "looks a scanned code up by its digest",
    "gate_agent.page.server": "reads requests with request.read",
    "gate_agent.trust.in_force.Trust.take_keys": "opens with key_set.open_set",
    "gate_agent.trust.in_force.Trust.take_rules": "opens with rule_book.open_book",
    "gate_agent.trust.in_force.Trust.take_beacon": "opens with beacon.open_beacon",
    "gate_agent.uplink.claims.ClaimSender.receive": "reads with NoteChannel.read",
    "gate_agent.uplink.news.NewsReceiver.receive": "reads with NoteChannel.read",
    "gate_agent.uplink.note_channel.NoteChannel.read": "reads with notes.read_note, once for each "
    "open question, of which there are few",
    "gate_agent.uplink.session.Uplink.receive": "decodes with envelopes.decode",
    "gate_agent.uplink.station.StationLink.receive": "decodes with notes and short_news",
    "gate_agent.validator.lists.ticket_list.open_body": "checks a hash, then Changes.unpack",
    "gate_agent.validator.trust.seal.open_seal": "verifies, then read_fields",
    "gate_agent.validator.messages.release_wish.open_wish": "verifies, then seal.read_fields",
    "gate_agent.validator.trust.release_keys.open_release_keys": "verifies two roots, then "
    "read_release_keys",
    "gate_agent.validator.trust.keys.KeyRing.find": "looks four bytes up in a table",
    "gate_agent.lists.code_files.CodeFiles.reader": "makes a TableReader of stored bytes",
    "gate_agent.clock.SystemClock.take_issue_time": "takes the id of a verified ticket",
    "gate_agent.ports.Clock.take_issue_time": "takes the id of a verified ticket",
    "fleet_manager.gates.key_renewals.Renewals.find": "looks four bytes up in a table",
    "fleet_manager.passages.closed_days.find": "looks a ticket up in the database",
    "fleet_manager.gates.invitations.find": "looks eight bytes up in the database",
    "fleet_manager.passages.journals.find": "looks sixteen bytes up in the database",
}
"""Functions that are called like readers and are none, or leave it to one of the table; and why.

Not here are files that root or an operator writes: gate.toml (tomllib is quadratic in the dots of
one key), workbooks (bounded by `xlsx_rows`) and pictures, which a child decodes with a bound of its
own on CPU and memory."""
