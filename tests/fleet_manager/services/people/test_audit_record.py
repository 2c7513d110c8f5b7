"""The record leaves the house: signed heads, daily, and the bytes that were hashed."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from fleet_manager.access import audit, audit_head
from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.audit_head import SignedHead
from fleet_manager.access.rights import Act, NotAllowed
from fleet_manager.centre import Centre
from fleet_manager.daemon.daily_head import DailyHead
from fleet_manager.database.store import put_row
from fleet_manager.database.tables import meta
from fleet_manager.database.tables_access import audit as table
from fleet_manager.errors import CentreError
from fleet_manager.services.people import audit_record
from tests.fleet_manager.services.people.conftest import OFFICE, SetClock, lines

AUDITOR = Actor("sun", Role.AUDITOR, Via.PAGE, OFFICE)


def write_lines(centre: Centre, count: int, name: str = "boss") -> None:
    who = Actor(name, Role.MANAGER, Via.PAGE, OFFICE)
    with centre.store.write() as connection:
        for number in range(count):
            audit.append(connection, who, Act.RULES_SET, f"rules {number}", number)


def rewrite(centre: Centre, name: str) -> None:
    """Write the whole record anew, as somebody can who has the database."""
    with centre.store.write() as connection:
        count = len(audit.lines(connection, audit.Filter()))
        connection.execute(delete(table))
        put_row(connection, meta, {"name": audit.COUNTER, "value": 0})
    write_lines(centre, count, name)


def test_a_head_that_was_kept_elsewhere_finds_a_record_that_was_written_anew(
    centre: Centre,
) -> None:
    write_lines(centre, 5)
    signed = audit_record.signed_head(centre)
    write_lines(centre, 2)
    assert audit_record.verify(centre, heads=[signed]).fault == ""
    rewrite(centre, "somebody else")
    assert audit_record.verify(centre).fault == ""
    assert "lines were replaced" in audit_record.verify(centre, heads=[signed]).fault


def test_a_head_finds_lines_that_were_cut_off_together_with_their_counter(centre: Centre) -> None:
    write_lines(centre, 5)
    signed = audit_record.signed_head(centre)
    with centre.store.write() as connection:
        last = signed.head.line
        connection.execute(delete(table).where(table.c.number > last - 2))
        put_row(connection, meta, {"name": audit.COUNTER, "value": last - 2})
    assert audit_record.verify(centre).fault == ""
    fault = audit_record.verify(centre, heads=[signed]).fault
    assert fault == "2 lines are cut off at the end"


def test_a_head_comes_back_from_its_file_as_it_was(centre: Centre) -> None:
    signed = audit_record.signed_head(centre)
    assert audit_head.read_head(signed.to_json().encode()) == signed


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"park":"west-lake","line":"1","at_ms":1,"hash":"","key":"","signature":""}',
        b'{"park":"west-lake","line":1,"at_ms":1,"hash":"","key":"zz","signature":""}',
        b'{"park":"west-lake","line":1,"at_ms":1,"hash":"","key":"","signature":"","more":1}',
    ],
)
def test_what_is_no_head_is_refused(data: bytes) -> None:
    with pytest.raises(CentreError, match="cannot read this as a head"):
        audit_head.read_head(data)


def test_a_head_that_somebody_has_made_or_changed_is_refused(centre: Centre) -> None:
    write_lines(centre, 3)
    signed = audit_record.signed_head(centre)
    head = signed.head
    for forged in (
        SignedHead(replace(head, line=head.line - 1), signed.key, signed.signature),
        SignedHead(replace(head, hash="00" * 32), signed.key, signed.signature),
        SignedHead(replace(head, at_ms=head.at_ms + 1), signed.key, signed.signature),
        SignedHead(head, bytes(4), signed.signature),
        SignedHead(head, signed.key, b""),
    ):
        with pytest.raises(CentreError, match="no key of this park's centre"):
            audit_record.verify(centre, heads=[forged])
    other = SignedHead(replace(head, park="east-hill"), signed.key, signed.signature)
    with pytest.raises(CentreError, match="it is of park 'east-hill', not west-lake"):
        audit_record.verify(centre, heads=[other])


def test_a_changed_line_is_named_with_a_head_too(centre: Centre) -> None:
    write_lines(centre, 5)
    signed = audit_record.signed_head(centre)
    with centre.store.write() as connection:
        connection.execute(update(table).where(table.c.number == 4).values(actor="nobody"))
    assert audit_record.verify(centre, heads=[signed]).fault == "line 4 was changed"


def test_each_park_day_leaves_one_head_outside(
    centre: Centre, clock: SetClock, tmp_path: Path
) -> None:
    folder = tmp_path / "outside"
    folder.mkdir()
    daily = DailyHead(centre, folder)
    first = daily.write()
    assert first is not None
    assert first.name == "audit-head-west-lake-2026-11-23.json"
    write_lines(centre, 3)
    assert daily.write() is None
    clock.pass_s(86_400)
    assert daily.write() is not None
    heads = [audit_head.read_head(file.read_bytes()) for file in sorted(folder.iterdir())]
    assert len(heads) == 2
    assert audit_record.verify(centre, heads=heads).fault == ""


def test_a_folder_that_is_away_is_said_once_until_it_is_back(
    centre: Centre, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "stick"
    daily = DailyHead(centre, folder)
    for _ in range(3):
        assert daily.write() is None
    assert len(caplog.messages) == 1
    assert "cannot leave the head of the audit outside" in caplog.messages[0]
    folder.mkdir()
    assert daily.write() is not None


def test_what_is_exported_are_the_bytes_that_were_hashed(centre: Centre) -> None:
    write_lines(centre, 2500, "票务")
    before = len(lines(centre))
    first, *rows = b"".join(audit_record.export(centre, AUDITOR)).splitlines()
    assert len(rows) == before
    digest = bytes.fromhex(first.decode())
    for row in rows:
        shown, text = row.split(b" ", 1)
        digest = sha256(digest + text).digest()
        assert shown.decode() == digest.hex()
    assert json.loads(rows[-1].split(b" ", 1)[1])[1:3] == [2499, "票务"]
    line = lines(centre)[-1]
    assert (line.actor, line.act, line.result) == ("sun", "audit.export", "done")


def test_a_part_is_exported_with_the_hash_before_it(centre: Centre, clock: SetClock) -> None:
    whole = b"".join(audit_record.export(centre, AUDITOR)).splitlines()
    since_ms = clock.ms = 2_000_000_000_000  # after the park was made, by the computer's clock
    audit_record.export(centre, AUDITOR)
    first, *rows = b"".join(audit_record.export(centre, AUDITOR, since_ms)).splitlines()
    assert len(rows) == 1
    text = rows[0].split(b" ", 1)[1]
    assert (
        rows[0].split(b" ")[0].decode() == sha256(bytes.fromhex(first.decode()) + text).hexdigest()
    )
    assert len(whole) > 1


def test_nobody_reads_or_exports_who_may_not(centre: Centre) -> None:
    with pytest.raises(NotAllowed):
        audit_record.export(centre, Actor("li", Role.CASHIER, Via.PAGE, OFFICE))
    assert lines(centre)[-1].result == "refused"
    with pytest.raises(NotAllowed):
        audit_record.search(centre, Actor("li", Role.MANAGER, Via.PAGE, OFFICE), audit.Filter())
