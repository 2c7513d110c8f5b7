"""The vectors are what the code makes, what its parsers read back, and what docs/wire.md says."""

import json
from dataclasses import astuple
from hashlib import sha256
from typing import Any

import pytest

from gate_agent.validator import passage
from gate_agent.validator.decide import Denied, authenticate
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages import envelopes, notes
from gate_agent.validator.messages.link_secret import link_secret
from gate_agent.validator.messages.renewal import Renew
from gate_agent.validator.messages.short_news import read_short
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets import base45
from gate_agent.validator.tickets.holder import holder_tag, normalise
from gate_agent.validator.tickets.manual_code import manual_code, read_manual_code, unseen
from gate_agent.validator.trust import beacon, key_set, rule_book
from gate_agent.validator.trust.keys import KeyRing, KeyUse, PublicKey
from tests.vectors import make, message_samples, reference
from tests.vectors.keyring import GATE, GATE_KEY, PARK, RING, ROOTS
from tests.vectors.make import plain
from tests.vectors.message_samples import SECRET
from tests.vectors.rows import Row, bad, find_key, good, rows


@pytest.mark.parametrize("name", make.FILES)
def test_the_files_are_what_the_code_makes(name: str) -> None:
    text = (make.FOLDER / f"{name}.jsonl").read_text("ascii")
    assert text == make.text_of(name), "run: python -m tests.vectors.make, and look at the change"


def test_no_other_file_is_there() -> None:
    assert {path.stem for path in make.FOLDER.glob("*.jsonl")} == set(make.FILES)


def test_keys() -> None:
    for row in rows("keys"):
        seed = sha256(f"scenic-gate test key: {row['name']}".encode()).digest()
        assert seed.hex() == row["seed"]
        public = bytes.fromhex(row["public"])
        assert sha256(public).hexdigest()[:8] == row["key_id"]
        found = RING.find(KeyUse(row["use"]), bytes.fromhex(row["key_id"]))
        assert (found is not None) == row["trusted"]
    listed = [
        {name: row[name] for name in ("use", "owner", "public")}
        for row in rows("keys")
        if row["trusted"]
    ]
    assert list(KeyRing.from_json(json.dumps(listed))) == list(RING)


def test_base45() -> None:
    for row in good("base45"):
        data = bytes.fromhex(row["hex"])
        assert base45.encode(data) == row["text"]
        assert base45.decode(row["text"].encode()) == data == reference.base45(row["text"])
    for row in bad("base45"):
        with pytest.raises(WireError):
            base45.decode(row["text"].encode("latin-1"))
        with pytest.raises(reference.Refused):
            reference.base45(row["text"])


@pytest.mark.parametrize("row", good("tickets"), ids=lambda row: str(row["name"]))
def test_a_good_ticket(row: Row) -> None:
    ticket = authenticate(row["code"].encode(), RING)
    assert not isinstance(ticket, Denied)
    found = {name: make.plain(getattr(ticket, name)) for name in row["fields"]}
    found["entry_policy"] = ticket.entry_policy.to_byte()
    assert found == row["fields"]


@pytest.mark.parametrize("row", good("tickets"), ids=lambda row: str(row["name"]))
def test_a_good_ticket_by_the_document(row: Row) -> None:
    expanded = reference.expand(row["code"], row["issuer"])
    fields = {name: make.plain(value) for name, value in expanded.fields.items()}
    assert fields == row["fields"]
    assert expanded.to_verify.hex() == row["to_verify"]
    assert expanded.cose.hex() == row["cose"]
    assert row["cose"].endswith("5840" + row["signature"])


@pytest.mark.parametrize("row", bad("tickets"), ids=lambda row: str(row["name"]))
def test_a_refused_code(row: Row) -> None:
    found = authenticate(row["code"].encode("latin-1"), RING)
    assert found == Denied(Reason[row["refused"].upper()])


@pytest.mark.parametrize("row", bad("tickets"), ids=lambda row: str(row["name"]))
def test_a_refused_code_by_the_document(row: Row) -> None:
    if row["refused"] in ("alien", "torn"):
        with pytest.raises(reference.Refused):
            reference.expand(row["code"], PARK)
    else:
        reference.expand(row["code"], PARK)


def test_every_reason_of_a_refused_code_is_there() -> None:
    found = {row["refused"] for row in bad("tickets")}
    assert found == {"alien", "torn", "unknown_key", "forged"}


def test_passages() -> None:
    first, *records = good("passages")
    journal = bytes.fromhex(first["journal_id"])
    before = passage.genesis(journal)
    assert before.hex() == first["genesis"]
    for row in records:
        data = bytes.fromhex(row["record"])
        found = passage.decode(data)
        before = passage.chain(before, data)
        assert before.hex() == row["hash"]
        assert {name: make.plain(value) for name, value in found._asdict().items()} == row["fields"]
        assert found.kind is PassageKind[row["kind"].upper()]
        assert type(found.direction) is Direction
        assert type(found.clock) is ClockState
    assert {row["kind"] for row in records} == {kind.key for kind in PassageKind}


def test_passages_by_the_document() -> None:
    first, *records = good("passages")
    hexadecimal = ("ticket", "code")
    for row in records:
        fields = [
            bytes.fromhex(value) if name in hexadecimal and value else value
            for name, value in row["fields"].items()
        ]
        assert reference.record(fields).hex() == row["record"]
    written = [bytes.fromhex(row["record"]) for row in records]
    hashes = reference.chain(bytes.fromhex(first["journal_id"]), written)
    assert [one.hex() for one in hashes] == [row["hash"] for row in records]


@pytest.mark.parametrize("row", bad("passages"), ids=lambda row: str(row["name"]))
def test_a_refused_record(row: Row) -> None:
    with pytest.raises(WireError):
        passage.decode(bytes.fromhex(row["record"]))


@pytest.mark.parametrize("row", good("messages"), ids=lambda row: str(row["topic"]))
def test_a_message(row: Row) -> None:
    payload = bytes.fromhex(row["payload"])
    message = envelopes.decode(row["topic"], payload, find_key)
    assert {name: make.plain(getattr(message, name)) for name in row["fields"]} == row["fields"]
    key = next(one for one in rows("keys") if one["name"] == row["key"])
    assert payload[:5].hex() == "01" + key["key_id"]
    to_verify = reference.message_to_verify(row["topic"], payload[69:])
    found = RING.find(KeyUse(key["use"]), payload[1:5])
    assert found is not None
    assert found.signed(payload[5:69], to_verify)


def test_every_kind_of_message_is_there() -> None:
    ends = {"/".join(row["topic"].split("/")[3:]) for row in good("messages")}
    assert ends == {
        "up/birth", "up/state", "up/passages", "up/want", "down/ack", "down/list", "down/chunk",
        "down/rules", "down/beacon", "down/keys", "up/renew", "down/renew", "down/renewed",
    }  # fmt: skip


def test_a_renewal_by_the_document() -> None:
    at = {"/".join(row["topic"].split("/")[3:]): row["fields"] for row in good("messages")}
    asked = Renew(*map(bytes.fromhex, list(at["up/renew"].values())[1:]))
    renewed = at["down/renewed"]
    assert asked == message_samples.renewals()[0]
    text = reference.proof_text(GATE, GATE_KEY.public, asked.box_key)
    assert PublicKey.of(asked.public, KeyUse.GATE, GATE).signed(asked.proof, text)
    box_seed = sha256(b"scenic-gate box\0" + message_samples.NEXT_SEED).digest()
    assert reference.x25519(box_seed) == asked.box_key
    found = reference.open_box(bytes.fromhex(renewed["box"]), GATE, asked.public, box_seed)
    assert found == message_samples.LINK_SECRET


@pytest.mark.parametrize("row", bad("messages"), ids=lambda row: str(row["name"]))
def test_a_refused_message(row: Row) -> None:
    with pytest.raises(WireError):
        envelopes.decode(row["topic"], bytes.fromhex(row["payload"]), find_key)


@pytest.mark.parametrize("row", good("rules"), ids=lambda row: str(row["name"]))
def test_a_rule_book(row: Row) -> None:
    sealed = bytes.fromhex(row["sealed"])
    book = rule_book.open_book(sealed, RING)
    assert (book.version, book.as_of_ms) == (row["version"], row["as_of_ms"])
    own = {int(number): values for number, values in row["products"].items()}
    assert {number: list(astuple(one)) for number, one in book.products.items()} == own
    names = {int(number): values for number, values in row.get("names", {}).items()}
    assert {number: list(one) for number, one in book.names.items()} == names
    fields = reference.rules(row["version"], row["as_of_ms"], row["default"], own, names)
    assert sealed[68:] == reference.cbor(fields)
    key = RING.find(KeyUse.LIST, sealed[:4])
    assert key is not None
    assert key.signed(sealed[4:68], reference.to_verify("rule book", fields))


@pytest.mark.parametrize("row", bad("rules"), ids=lambda row: str(row["name"]))
def test_a_refused_rule_book(row: Row) -> None:
    with pytest.raises(WireError):
        rule_book.open_book(bytes.fromhex(row["sealed"]), RING)


@pytest.mark.parametrize("row", good("beacons"), ids=lambda row: str(row["name"]))
def test_a_beacon(row: Row) -> None:
    sealed = bytes.fromhex(row["sealed"])
    assert make.plain(astuple(beacon.open_beacon(sealed, RING))) == row["fields"]
    key = RING.find(KeyUse.LIST, sealed[:4])
    assert key is not None
    assert key.signed(sealed[4:68], reference.to_verify("beacon", row["fields"]))
    assert sealed[68:] == reference.cbor(row["fields"])


@pytest.mark.parametrize("row", bad("beacons"), ids=lambda row: str(row["name"]))
def test_a_refused_beacon(row: Row) -> None:
    with pytest.raises(WireError):
        beacon.open_beacon(bytes.fromhex(row["sealed"]), RING)


@pytest.mark.parametrize("row", good("key_sets"), ids=lambda row: str(row["name"]))
def test_a_key_set(row: Row) -> None:
    sealed = bytes.fromhex(row["sealed"])
    found = key_set.open_set(sealed, [root.public for root in ROOTS], PARK)
    rows = [[one.use.value, one.public.hex(), *astuple(one)[2:]] for one in found.keys]
    assert (found.version, rows) == (row["version"], row["keys"])
    fields = [
        row["park"],
        row["version"],
        row["as_of_ms"],
        [bytes.fromhex(root) for root in row["roots"]],
        [[use, bytes.fromhex(public), *rest] for use, public, *rest in row["keys"]],
    ]
    entries = reference.key_set_entries(sealed, fields)
    publics = {root.id: root for root in ROOTS}
    to_verify = reference.to_verify("key set", fields)
    assert all(publics[name].key.signed(signature, to_verify) for name, signature in entries)
    assert len(entries) == 2


@pytest.mark.parametrize("row", bad("key_sets"), ids=lambda row: str(row["name"]))
def test_a_refused_key_set(row: Row) -> None:
    with pytest.raises(WireError):
        key_set.open_set(bytes.fromhex(row["sealed"]), [root.public for root in ROOTS], PARK)


def test_manual_codes() -> None:
    for row in good("manual_codes"):
        pepper, key_id = bytes.fromhex(row["pepper"]), bytes.fromhex(row["key_id"])
        of = unseen(key_id, row["serial"], row["issue"])
        assert manual_code(pepper, of) == row["number"]
        assert reference.manual_code(pepper, key_id, row["serial"], row["issue"]) == row["number"]
        serial, check = read_manual_code(row["number"])
        assert (serial, check) == (row["serial"], int(row["number"][-6:]))
    for row in bad("manual_codes"):
        with pytest.raises(WireError):
            read_manual_code(row["text"])


def test_holders() -> None:
    for row in good("holders"):
        pepper = bytes.fromhex(row["pepper"])
        of = (row["serial"], row["document"], row["number"])
        assert normalise(row["number"]) == row["normalised"]
        assert holder_tag(pepper, *of).hex() == row["tag"]
        assert reference.holder_tag(pepper, *of).hex() == row["tag"]
    for row in bad("holders"):
        with pytest.raises(WireError):
            holder_tag(bytes.fromhex(row["pepper"]), 1, row["document"], row["number"])


def test_the_secret_of_a_link() -> None:
    (row,) = [row for row in good("notes") if "secret" in row]
    arguments = bytes.fromhex(row["link"]), row["gate"], bytes.fromhex(row["public"])
    assert link_secret(*arguments).hex() == row["secret"]
    assert reference.link_secret(*arguments).hex() == row["secret"]


def bytes_in(fields: Any) -> Any:
    """Hexadecimal texts of JSON as bytes: a note holds no other texts."""
    if isinstance(fields, list):
        return [bytes_in(one) for one in fields]
    return bytes.fromhex(fields) if isinstance(fields, str) else fields


@pytest.mark.parametrize("row", [row for row in good("notes") if "fields" in row])
def test_a_note(row: Row) -> None:
    payload, question = bytes.fromhex(row["payload"]), bytes.fromhex(row.get("question", ""))
    note = notes.read_note(row["topic"], payload, SECRET, question)
    assert plain(astuple(note)) == row["fields"]
    assert reference.note(row["topic"], bytes_in(row["fields"]), SECRET, question) == payload


@pytest.mark.parametrize("row", [row for row in good("notes") if "short" in row])
def test_a_short_one(row: Row) -> None:
    payload = bytes.fromhex(row["payload"])
    for near in (-511, 0, 500):
        news = read_short(row["topic"], payload, SECRET, row["short"][0] + near)
        assert plain(news) == row["short"]
    assert reference.short_news(row["topic"], bytes_in(row["short"]), SECRET) == payload


@pytest.mark.parametrize("row", bad("notes"), ids=lambda row: row["name"])
def test_a_refused_note(row: Row) -> None:
    question = bytes.fromhex(row.get("question", ""))
    with pytest.raises(WireError):
        notes.read_note(row["topic"], bytes.fromhex(row["payload"]), SECRET, question)
