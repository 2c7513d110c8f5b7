"""The vectors of lists and codes: read by the code, and made by docs/wire.md."""

from hashlib import sha256
from typing import Any
from zlib import decompress

import pytest

from gate_agent.validator.errors import WireError
from gate_agent.validator.lists import manifest, ticket_list
from gate_agent.validator.lists.code_changes import open_delta
from gate_agent.validator.lists.code_head import read_rest
from gate_agent.validator.lists.code_list import TableReader
from gate_agent.validator.lists.ticket_list import TicketList
from tests.vectors import make, reference
from tests.vectors.keyring import RING
from tests.vectors.rows import Row, bad, good


def test_lists() -> None:
    """In their order: a delta follows on the list that its manifest names."""
    found: dict[int, TicketList] = {}
    for row in good("lists"):
        opened = manifest.open_manifest(bytes.fromhex(row["manifest"]), RING)
        fields = row["fields"]
        assert {name: make.plain(getattr(opened, name)) for name in fields} == fields
        base = found.get(opened.base)
        listed = ticket_list.open_body(opened, bytes.fromhex(row["body"]), base)
        found[opened.version] = listed
        assert listed.bits.hex() == row["bits"]
        assert make.tables(listed.exceptions) == _by_serial(row["exceptions"])
        for serial, word in row["status"].items():
            assert listed.status(int(serial)).name.lower() == word


def test_lists_by_the_document() -> None:
    found: dict[int, tuple[list[str], list[dict[int, Any]]]] = {0: ([], [{}, {}, {}])}
    for row in good("lists"):
        fields = row["fields"]
        before, tables = found[fields["base"]]
        changes = [_bytes(table) for table in _by_serial(row["changes"]).values()]
        body = reference.list_body(row["positions"], changes)
        assert body.hex() == row["body"]
        assert (len(body), sha256(body).hexdigest()) == (fields["body_bytes"], fields["body"])
        statuses = before + ["valid"] * (fields["count"] - len(before))
        _set_statuses(statuses, row["positions"])
        now = [
            {serial: value for serial, value in {**old, **new}.items() if value}
            for old, new in zip(tables, changes, strict=True)
        ]
        assert now == [_bytes(table) for table in _by_serial(row["exceptions"]).values()]
        bits = reference.list_bits(statuses)
        assert reference.list_result(bits, now).hex() == fields["result"]
        for serial, word in row["status"].items():
            at = (fields["first"], fields["count"], int(serial))
            assert reference.status(bits, *at) == word
        found[fields["version"]] = statuses, now


def _set_statuses(statuses: list[str], positions: dict[str, list[int]]) -> None:
    for word, places in positions.items():
        for at in places:
            statuses[at] = word


def _said(row: Row) -> dict[str, tuple[int, int, bytes]]:
    return {
        code: (status, kind, bytes.fromhex(tag) if tag else bytes(4))
        for code, (status, kind, tag) in row["codes"].items()
    }


def test_codes_by_the_document() -> None:
    held: dict[str, dict[str, tuple[int, int, bytes]]] = {}
    for row in good("codes"):
        fields = row["fields"]
        said = _said(row)
        signers = [[bytes.fromhex(public), rights] for public, rights in row["signers"]]
        head = (bytes.fromhex(row["salt"]), row["tagged"], row["kinds"], signers)
        now = held.get(fields["series"], {}) | said
        now = {code: of for code, of in now.items() if of[0]}
        held[fields["series"]] = now
        table = reference.code_table(*head, now)
        assert table.hex() == row["table"]
        assert (len(now), sha256(table).hexdigest()) == (fields["count"], fields["result"])
        body = bytes.fromhex(row["body"])
        plain = decompress(body) if fields["base"] else body
        assert plain == (reference.code_table(*head, said) if fields["base"] else table)
        assert sha256(body).hexdigest() == fields["body"]


def test_codes() -> None:
    for row in good("codes"):
        opened = manifest.open_manifest(bytes.fromhex(row["manifest"]), RING)
        table = bytes.fromhex(row["table"])
        reader = TableReader(opened.count)
        reader.feed(table)
        layout = reader.finish()
        assert layout.result == opened.result
        assert [kind.row() for kind in layout.head.kinds] == row["kinds"]
        signers = [signer.public.hex() for signer in layout.head.signers]
        assert signers == [public for public, _ in row["signers"]]
        if opened.base:
            head, changes = open_delta(bytes.fromhex(row["body"]))
            assert head == layout.head
            entries = {digest.hex(): read_rest(rest) for digest, rest in changes.items()}
            assert entries == _by_digest(row, head.salt)


def _by_digest(row: Row, salt: bytes) -> dict[str, tuple[int, int, bytes | None]]:
    return {
        reference.code_digest(salt, code).hex(): (status, kind, tag if any(tag) else None)
        for code, (status, kind, tag) in _said(row).items()
    }


@pytest.mark.parametrize("row", bad("codes"), ids=lambda row: str(row["name"]))
def test_a_refused_table_of_codes(row: Row) -> None:
    def taken() -> None:
        reader = TableReader(row["count"])
        reader.feed(bytes.fromhex(row["table"]))
        reader.finish()

    with pytest.raises(WireError):
        taken()


def _by_serial(tables: dict[str, dict[str, Any]]) -> dict[str, dict[int, Any]]:
    return {
        name: {int(serial): value for serial, value in table.items()}
        for name, table in tables.items()
    }


def _bytes(table: dict[int, Any]) -> dict[int, Any]:
    return {
        serial: bytes.fromhex(value) if isinstance(value, str) else value
        for serial, value in table.items()
    }


def test_every_status_is_there() -> None:
    words = {word for row in good("lists") for word in row["status"].values()}
    assert words == {status.name.lower() for status in ticket_list.TicketStatus}


@pytest.mark.parametrize("row", bad("lists"), ids=lambda row: str(row["name"]))
def test_a_refused_list(row: Row) -> None:
    def opened() -> TicketList:
        named = manifest.open_manifest(bytes.fromhex(row["manifest"]), RING)
        return ticket_list.open_body(named, bytes.fromhex(row["body"]), None)

    with pytest.raises(WireError):
        opened()
