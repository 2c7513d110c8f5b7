"""docs/wire.md says what the code does: its tables, its limits and its worked example."""

import re
from dataclasses import astuple, fields
from pathlib import Path
from typing import get_args

import pytest

from fleet_manager.station.claims import GRANT_MS, PROMISE_MS
from gate_agent.clock import LONGEST_ABSENCE_MS
from gate_agent.time_bound import LEAP_MS, SLACK_MS, WITNESSES
from gate_agent.uplink.claims import CLAIM_MS
from gate_agent.uplink.news import ASK_EVERY_MS
from gate_agent.validator import passage
from gate_agent.validator.lists import gaps, manifest, ticket_list
from gate_agent.validator.lists.code_changes import MAX_CHANGES_BYTES
from gate_agent.validator.lists.code_head import MAX_KINDS, CodeKind
from gate_agent.validator.lists.code_list import MAX_HEAD_BYTES
from gate_agent.validator.lists.manifest import ListKind, Manifest
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.messages import envelopes
from gate_agent.validator.messages.envelopes import Message
from gate_agent.validator.messages.notes import MAX_NEWS, Note
from gate_agent.validator.moment import END_MS, ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets import base45, ticket
from gate_agent.validator.tickets.entry_policy import POLICIES, EntryRule
from gate_agent.validator.tickets.holder import MIN_PEPPER_BYTES
from gate_agent.validator.trust.beacon import MAX_BEACON_BYTES, MAX_SERIES
from gate_agent.validator.trust.keys import KeyUse
from gate_agent.validator.trust.rule_book import DEFAULT, MAX_BOOK_BYTES, Rules
from tests.vectors import reference, samples
from tests.vectors.cose import to_cose
from tests.vectors.keyring import PARK, TICKET

TEXT = (Path(__file__).parents[2] / "docs" / "wire.md").read_text("utf-8")
FLAT = re.sub(r"\s+", " ", TEXT.replace("\u00a0", " "))


def table(*columns: str) -> list[list[str]]:
    """The cells of the one table whose head begins with these columns."""
    head = "| " + " | ".join(columns) + " |"
    lines = TEXT.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith(head)]
    rows = []
    for line in lines[at + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return rows


def example() -> dict[str, str]:
    """The lines of the worked example by their first word or words."""
    part = TEXT.split("### Example")[1].split("###")[0]
    return dict(
        re.findall(r"^    (code|form|protected|payload|to verify|signature) +(.+)$", part, re.M)
    )


def test_deny_reasons() -> None:
    listed = {row[1]: int(row[0]) for row in table("code", "reason", "meaning")}
    assert listed == {reason.key: int(reason) for reason in Reason}


def test_every_reason_stands_in_the_order_of_the_checks() -> None:
    part = TEXT.split("### Checking")[1].split("### Printed number")[0]
    named = re.findall(r"`([a-z_]+)`", part)
    of_the_lane = {"closed", "busy", "typed", "mistyped"}
    assert set(named) == {reason.key for reason in Reason} - of_the_lane
    by_code = [named.index(reason.key) for reason in Reason if reason.key in named]
    swapped = {named.index("holder_timeout"), named.index("holder_mismatch")}
    assert [at for at in by_code if at not in swapped] == sorted(set(by_code) - swapped)


def test_kinds() -> None:
    listed = {row[1]: int(row[0]) for row in table("kind", "name", "persons", "meaning")}
    assert listed == {kind.key: int(kind) for kind in PassageKind}


def test_passage_fields() -> None:
    rows = table("place", "field", "type", "default")
    assert [row[1] for row in rows] == list(Passage._fields)
    assert [int(row[0]) for row in rows] == list(range(23))
    words = {"0": 0, "1": 1, "null": None, "false": False, '""': ""}
    given = {row[1]: words[row[3]] for row in rows if row[3]}
    assert given == Passage._field_defaults
    assert {"0 in, 1 out"} == {row[2] for row in rows if row[1] == "direction"}
    assert [d.name for d in Direction] == ["IN", "OUT"]
    (clock,) = [row[2] for row in rows if row[1] == "clock"]
    for state in ClockState:
        assert f"{int(state)} {state.name.lower()}" in clock


def test_manifest_fields() -> None:
    rows = table("place", "manifest field", "type")
    assert [row[1] for row in rows] == [one.name for one in fields(Manifest)]


def test_rules() -> None:
    rows = table("place", "rule", "type", "default")
    assert [row[1] for row in rows] == [one.name for one in fields(Rules)]
    assert [int(row[0]) for row in rows] == list(range(len(rows)))
    words = {"true": True, "false": False}
    given = [words[row[3]] if row[3] in words else int(row[3].replace(" ", "")) for row in rows]
    assert given == list(astuple(DEFAULT))


def test_kind_fields() -> None:
    rows = table("place", "kind field", "type")
    assert [row[1] for row in rows] == [one.name for one in fields(CodeKind)]


def test_list_kinds() -> None:
    listed = {row[1]: int(row[0]) for row in table("kind", "list")}
    assert listed == {kind.name.lower(): int(kind) for kind in ListKind}


def test_list_status() -> None:
    listed = {row[1]: int(row[0]) for row in table("bits", "status")}
    assert listed == {status.name.lower(): int(status) for status in TicketStatus if status < 4}


def test_uses() -> None:
    assert [row[0] for row in table("use", "signs", "owner")] == [use.value for use in KeyUse]


def test_messages() -> None:
    rows = table("end", "signed by", "fields")
    listed = {row[0]: row[2].split(", ") for row in rows}
    assert listed == {
        kind.topic_end: [one.name for one in fields(kind)] for kind in get_args(Message)
    }
    assert {row[0]: row[1] for row in rows} == {
        end: "gate" if end.startswith("up/") else "centre" for end in listed
    }
    explained = {
        name for row in table("field", "type", "meaning") for name in row[0].split(", ")
    } - {"version"}
    assert explained == {name for names in listed.values() for name in names} - {"version"}


def test_notes() -> None:
    listed = {row[0]: row[2].split(", ") for row in table("end", "written by", "note fields")}
    assert listed == {kind.topic_end: [one.name for one in fields(kind)] for kind in get_args(Note)}
    explained = {
        name for row in table("note field", "type", "meaning") for name in row[0].split(", ")
    }
    assert explained == {name for names in listed.values() for name in names}
    sizes = {row[0]: int(row[1]) for row in table("short field", "bytes", "meaning")}
    assert sum(sizes.values()) == 18


def test_claims() -> None:
    rows = table("claim", "name", "value", "there")
    signed = ticket.parse(samples.codes()["everything"].encode())
    payload = to_cose(signed, PARK)
    for row in rows:
        assert reference.cbor(int(row[0])) in payload
    assert [int(row[0]) for row in rows] == [1, 4, 5, 6, 7, *range(-70001, -70008, -1)]
    names = [row[1].replace(" ", "_") for row in rows[6:]]
    assert [(name, int(row[0])) for name, row in zip(names, rows[6:], strict=True)] == [
        (name, claim) for name, _size, _default, claim in reference.OPTIONAL
    ]


def test_optional_fields_and_policies() -> None:
    rows = table("bit", "field", "type", "default", "refused")
    names = [row[1].replace(" ", "_") for row in rows]
    assert names == [name for name, _size, _default, _claim in reference.OPTIONAL]
    rules = {row[1]: int(row[0]) for row in table("rule", "name", "entries")}
    assert rules == {rule.name.lower(): int(rule) for rule in EntryRule}
    assert f"all but the {len(POLICIES)} below" in TEXT
    assert {byte for byte in range(256) if reference.known_policy(byte)} == set(POLICIES)


def test_layout() -> None:
    rows = table("offset", "field", "type", "meaning")
    offsets = [int(row[0]) for row in rows if row[0]]
    assert offsets == [0, 1, 2, 6, 10, 14, 17, 20, 22]
    form = base45.decode(samples.codes()["single"].encode()[4:])
    assert len(form) == 22 + 64


@pytest.mark.parametrize(
    "limit",
    [
        f"{ticket.MIN_CODE_CHARS} to {ticket.MAX_CODE_CHARS} characters",
        f"{END_MS:,}".replace(",", " "),
        f"at most {manifest.MAX_MANIFEST_BYTES} bytes",
        f"at most {manifest.MAX_SERIALS:,}".replace(",", " "),
        f"at most {manifest.MAX_CODES:,}".replace(",", " "),
        f"at most {manifest.MAX_SERIALS_BODY_BYTES:,} bytes".replace(",", " "),
        f"at most {manifest.MAX_CODES_BODY_BYTES:,} bytes".replace(",", " "),
        f"at most {gaps.MAX_NUMBERS:,} of them".replace(",", " "),
        f"at most {ticket_list.MAX_EXCEPTIONS:,} entries".replace(",", " "),
        f"at most {envelopes.MAX_SERIES} series",
        f"at most {MAX_KINDS:,} arrays".replace(",", " "),
        "of the head, at most " + f"{MAX_HEAD_BYTES:,}".replace(",", " "),
        f"less than {MAX_CHANGES_BYTES:,} bytes".replace(",", " "),
        f"At most {passage.MAX_RECORD_BYTES} bytes",
        f"text of at most {passage.MAX_DETAIL_BYTES} bytes",
        f"at most {envelopes.MAX_PAYLOAD_BYTES:,} bytes".replace(",", " "),
        f"array of 1 to {envelopes.MAX_BATCH_RECORDS} byte strings",
        f"their sum to {envelopes.MAX_BATCH_BYTES:,} bytes".replace(",", " "),
        f"a sender keeps it to {envelopes.MAX_CHUNK_BYTES:,} bytes".replace(",", " "),
        f"{MIN_PEPPER_BYTES} bytes or more",
        f"at most {MAX_BOOK_BYTES:,} bytes".replace(",", " "),
        f"at most {MAX_BEACON_BYTES:,} bytes".replace(",", " "),
        f"at most {MAX_SERIES} rows",
        f"at most {MAX_NEWS} entries",
        f"It waits {CLAIM_MS} ms",
        f"in order for {ASK_EVERY_MS // 1000} s, it asks",
        f"forgotten {PROMISE_MS // 1000} s after the verdict, or {GRANT_MS // 1000} s after",
        f"{WITNESSES} different tickets",
        f"{LEAP_MS // 86_400_000} days",
        f"{SLACK_MS // 60_000} minutes",
        f"{LONGEST_ABSENCE_MS // 86_400_000} days",
    ],
)
def test_limits(limit: str) -> None:
    assert limit in FLAT


def test_the_worked_example() -> None:
    said = example()
    code = said["code"]
    assert code == samples.codes()["team"]
    form = bytes.fromhex(said["form"])
    data = base45.decode(code[4:].encode())
    assert data == form + bytes.fromhex(said["signature"])
    expanded = reference.expand(code, PARK)
    assert expanded.to_verify.hex() == said["to verify"]
    assert bytes.fromhex(said["payload"]) in expanded.cose
    assert bytes.fromhex(said["protected"]) in expanded.cose
    assert TICKET.key.signed(bytes.fromhex(said["signature"]), expanded.to_verify)
    of = ticket.parse(code.encode()).ticket
    numbers = TEXT.split("### Example")[1].split("###")[0].replace(" ", "")
    for number in (of.issued_at, of.issued_at // 60 * 60, of.not_before, of.expires_at):
        assert str(number) in numbers
    assert of.admits == 40
