"""Writes tests/vectors/*.jsonl: one JSON object a line, bytes in hexadecimal.

`python -m tests.vectors.make` writes the files anew; a test holds that they are what it makes.
What is refused is in the files too, each with the reason.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from enum import IntEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from gate_agent.validator import passage
from gate_agent.validator.decide import Denied, authenticate
from gate_agent.validator.lists import ticket_list
from gate_agent.validator.messages import envelopes
from gate_agent.validator.messages.notes import note_topic, write_note
from gate_agent.validator.messages.short_news import SHORT_END, write_short
from gate_agent.validator.tickets import base45, manual_code
from gate_agent.validator.tickets.holder import holder_tag, normalise
from gate_agent.validator.tickets.ticket import parse, to_sign
from gate_agent.validator.trust import beacon, key_set, rule_book
from tests.vectors import bad_tickets, list_samples, message_samples, samples, trust_samples
from tests.vectors.cose import to_cose
from tests.vectors.keyring import CENTRE, EVERY, GATE, GATE_KEY, PARK, RING, ROOTS

FOLDER = Path(__file__).parent
Row = dict[str, Any]


def plain(value: Any) -> Any:
    """The value as JSON can say it: bytes in hexadecimal, enums as their numbers."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, IntEnum):
        return int(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def keys() -> Iterator[Row]:
    """The test keys: no gate may ever trust one."""
    for key in EVERY:
        yield {
            "name": key.name,
            "use": key.use.value,
            "owner": key.owner,
            "trusted": key.key in list(RING),
            "seed": key.seed.hex(),
            "public": key.public.hex(),
            "key_id": key.id.hex(),
        }


def base45_rows() -> Iterator[Row]:
    """Texts and bytes; then texts that no bytes have."""
    for data in (b"", b"\0", b"\xff", b"AB", b"ietf!", b"Hello!!", b"\xff\xff", bytes(range(9))):
        yield {"hex": data.hex(), "text": base45.encode(data)}
    for text, why in (
        ("A", "length"),
        ("0000", "length"),
        ("GGW", "range"),
        (":::", "range"),
        ("V5", "range"),
        ("::", "range"),
        ("bb8", "alphabet"),
        ("BB_", "alphabet"),
        ("BB\n", "alphabet"),
        ("BB\x00", "alphabet"),
        ("BB\xff", "alphabet"),
    ):
        yield {"text": text, "refused": why}


def tickets() -> Iterator[Row]:
    """Every kind of ticket with its expansion; then codes that are refused, and why."""
    for name, code in samples.codes().items():
        signed = parse(code.encode())
        of = signed.ticket
        shown = [field for field in of.__dataclass_fields__ if field != "series"]
        row = {field: plain(getattr(of, field)) for field in shown}
        row["entry_policy"] = of.entry_policy.to_byte()
        yield {
            "name": name,
            "code": code,
            "issuer": PARK,
            "fields": row,
            "signature": signed.signature.hex(),
            "to_verify": to_sign(of, PARK).hex(),
            "cose": to_cose(signed, PARK).hex(),
        }
    for name, raw in bad_tickets.codes().items():
        denied = authenticate(raw, RING)
        assert isinstance(denied, Denied), name
        # JSON has no bytes: each character of `code` is one, 00 to FF.
        yield {"name": name, "code": raw.decode("latin-1"), "refused": denied.reason.key}


def passages() -> Iterator[Row]:
    """One journal with every kind of record, chained; then records that are refused."""
    before = passage.genesis(samples.JOURNAL)
    yield {"journal_id": samples.JOURNAL.hex(), "genesis": before.hex()}
    for one in samples.passages():
        data = passage.encode(one)
        before = passage.chain(before, data)
        fields = {name: plain(value) for name, value in one._asdict().items()}
        yield {
            "fields": fields,
            "kind": one.kind.key,
            "record": data.hex(),
            "hash": before.hex(),
        }
    for name, data in samples.bad_records().items():
        yield {"name": name, "record": data.hex(), "refused": True}


def message_rows() -> Iterator[Row]:
    """Every kind of message; then payloads that are refused."""
    for message in message_samples.messages():
        key = GATE_KEY if message.topic_end.startswith("up/") else CENTRE
        topic = envelopes.topic_of(PARK, GATE, type(message))
        payload = envelopes.encode(topic, message, key.id, key.sign)
        fields = {name: plain(getattr(message, name)) for name in message.__dataclass_fields__}
        yield {"topic": topic, "key": key.name, "fields": fields, "payload": payload.hex()}
    for name, (topic, payload) in message_samples.bad_messages().items():
        yield {"name": name, "topic": topic, "payload": payload.hex(), "refused": True}


def lists() -> Iterator[Row]:
    """Lists with what they say of some serials; then manifests and bodies that are refused."""
    for of in list_samples.lists():
        manifest, result = of.manifest, of.result
        first, end = manifest.first, manifest.first + manifest.count
        serials = sorted({*range(max(0, first - 1), min(first + 9, end)), end - 1, end})
        yield {
            "fields": {
                name: plain(getattr(manifest, name)) for name in list_samples.MANIFEST_FIELDS
            },
            "manifest": list_samples.sealed(manifest).hex(),
            "positions": {
                status.name.lower(): list(of.changes.positions.get(status, ()))
                for status in ticket_list.TicketStatus
                if status < 4
            },
            "changes": tables(of.changes.exceptions),
            "body": of.body.hex(),
            "status": {serial: result.status(serial).name.lower() for serial in serials},
            "exceptions": tables(result.exceptions),
            "bits": result.bits.hex(),
        }
    for name, (sealed, body) in list_samples.bad_lists().items():
        yield {"name": name, "manifest": sealed.hex(), "body": body.hex(), "refused": True}


def codes() -> Iterator[Row]:
    """Lists of codes; then tables that are refused."""
    for of in list_samples.code_lists():
        manifest = of.manifest
        yield {
            "fields": {
                name: plain(getattr(manifest, name)) for name in list_samples.MANIFEST_FIELDS
            },
            "manifest": list_samples.sealed(manifest).hex(),
            "salt": of.head.salt.hex(),
            "tagged": of.head.tagged,
            "kinds": [kind.row() for kind in of.head.kinds],
            "signers": [[one.public.hex(), one.rights] for one in of.head.signers],
            "codes": {code: plain(said) for code, said in of.codes.items()},
            "body": of.body.hex(),
            "table": of.table.hex(),
        }
    for name, (count, table) in list_samples.bad_code_tables().items():
        yield {"name": name, "count": count, "table": table.hex(), "refused": True}


def tables(exceptions: ticket_list.Exceptions) -> Row:
    """The three tables of exceptions, by serial."""
    names = exceptions.__dataclass_fields__
    return {
        name: {serial: plain(value) for serial, value in sorted(table.items())}
        for name, table in zip(names, exceptions.tables(), strict=True)
    }


def rules() -> Iterator[Row]:
    """Rule books; then what is none."""
    for name, sealed in trust_samples.rule_books().items():
        book = rule_book.open_book(sealed, RING)
        rows = {number: list(astuple(one)) for number, one in book.products.items()}
        yield {
            "name": name,
            "sealed": sealed.hex(),
            "version": book.version,
            "as_of_ms": book.as_of_ms,
            "default": list(astuple(book.default)),
            "products": rows,
            **(
                {"names": {n: list(names) for n, names in book.names.items()}} if book.names else {}
            ),
        }
    for name, sealed in trust_samples.bad_rule_books().items():
        yield {"name": name, "sealed": sealed.hex(), "refused": True}


def beacons() -> Iterator[Row]:
    """Beacons; then what is none."""
    for name, sealed in trust_samples.beacons().items():
        said = beacon.open_beacon(sealed, RING)
        yield {"name": name, "sealed": sealed.hex(), "fields": plain(astuple(said))}
    for name, sealed in trust_samples.bad_beacons().items():
        yield {"name": name, "sealed": sealed.hex(), "refused": True}


def key_sets() -> Iterator[Row]:
    """Key sets; then what is none."""
    roots = [root.public for root in ROOTS]
    for name, sealed in trust_samples.key_sets().items():
        found = key_set.open_set(sealed, roots, PARK)
        yield {
            "name": name,
            "sealed": sealed.hex(),
            "park": found.park,
            "version": found.version,
            "as_of_ms": found.as_of_ms,
            "roots": plain(found.roots),
            "keys": plain([astuple(row) for row in found.keys]),
        }
    for name, sealed in trust_samples.bad_key_sets().items():
        yield {"name": name, "sealed": sealed.hex(), "refused": True}


def notes() -> Iterator[Row]:
    """The secret of a link; notes, then single passages, then what is refused."""
    secret = message_samples.SECRET
    public = GATE_KEY.public
    yield {
        "link": message_samples.LINK.hex(),
        "gate": GATE,
        "public": public.hex(),
        "secret": secret.hex(),
    }
    for note in message_samples.notes():
        topic = note_topic(PARK, GATE, note.topic_end)
        question = message_samples.question_of(note)
        payload = write_note(topic, note, secret, question)
        row = {"topic": topic, "fields": plain(astuple(note)), "payload": payload.hex()}
        yield row | ({"question": question.hex()} if question else {})
    topic = note_topic(PARK, GATE, SHORT_END)
    for news in message_samples.shorts():
        payload = write_short(topic, news, secret)
        yield {"topic": topic, "short": plain(news), "payload": payload.hex()}
    for name, (topic, payload) in message_samples.bad_notes().items():
        question = message_samples.asked_on(topic)
        row = {"name": name, "topic": topic, "payload": payload.hex(), "refused": True}
        yield row | ({"question": question.hex()} if question else {})


def holders() -> Iterator[Row]:
    """Tags of documents; then what has none."""
    pepper = sha256(b"scenic-gate test pepper").digest()
    for serial, document, number in (
        (1, "id-card", "11010519491231002X"),
        (1, "id-card", "110105 1949-1231.002x"),
        (2, "id-card", "11010519491231002X"),
        (1, "passport", "11010519491231002X"),
        (4294967295, "passport", "E 1234 5678\r\n"),
    ):
        yield {
            "pepper": pepper.hex(),
            "serial": serial,
            "document": document,
            "number": number,
            "normalised": normalise(number),
            "tag": holder_tag(pepper, serial, document, number).hex(),
        }
    for number in (
        "",
        "123",
        "1" * 33,
        "1234_5678",
        "１２３４５６７８",
        "1234ß5678",
        "1234\x00678",
    ):
        yield {
            "pepper": pepper.hex(),
            "serial": 1,
            "document": "id-card",
            "number": number,
            "refused": True,
        }


def manual_codes() -> Iterator[Row]:
    """Printed numbers; then texts that are none."""
    for serial, issue in ((0, 0), (1, 0), (1, 3), (123_456, 0), (4_294_967_295, 255)):
        of = replace(samples.ticket(serial), issue=issue)
        yield {
            "pepper": bytes(range(16)).hex(),
            "key_id": of.key_id.hex(),
            "serial": serial,
            "issue": issue,
            "number": manual_code.manual_code(bytes(range(16)), of),
        }
    for text in ("", "123456", "0123456789", "12 345 67x", "4294967296123456"):
        yield {"text": text, "refused": True}


FILES: dict[str, Callable[[], Iterator[Row]]] = {
    "keys": keys,
    "base45": base45_rows,
    "tickets": tickets,
    "passages": passages,
    "messages": message_rows,
    "lists": lists,
    "codes": codes,
    "rules": rules,
    "beacons": beacons,
    "key_sets": key_sets,
    "holders": holders,
    "notes": notes,
    "manual_codes": manual_codes,
}


def text_of(name: str) -> str:
    """The whole of a file."""
    return "".join(json.dumps(row) + "\n" for row in FILES[name]())


def main() -> None:
    """Write the files."""
    for name in FILES:
        (FOLDER / f"{name}.jsonl").write_text(text_of(name), "ascii")


if __name__ == "__main__":
    main()
