"""Planted I/O in pure rooms, and what belongs in few rooms planted elsewhere."""

import pytest

from tests.house import purity
from tests.house.law import Law
from tests.house.planted import said


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("import time", "imports time"),
        ("from pathlib import Path", "imports pathlib"),
        ("def f():\n    import os", "imports os"),
        ("open('x')", "calls open()"),
        ("datetime.now(UTC)", "asks a clock"),
    ],
)
def test_a_pure_room_that_touches_something_is_found(text: str, what: str) -> None:
    path = "gate_agent/lane/table.py"
    (violation,) = said(purity.pure_rooms, {path: f'"""PURE. A lane."""\n{text}\n'})
    assert violation.endswith(what)
    assert said(purity.pure_rooms, {path: f'"""A lane."""\n{text}\n'}) == []
    assert said(purity.pure_rooms, {"gate_agent/validator/cbor.py": "import threading, io"}) == []


def test_a_pure_room_that_imports_an_impure_one_is_found() -> None:
    files = {
        "gate_agent/lane/table.py": '"""PURE. A lane."""\nfrom gate_agent import clock\n',
        "gate_agent/clock.py": "import time\n",
    }
    assert said(purity.pure_imports_pure, files) == [
        "gate_agent/lane/table.py:2: imports gate_agent.clock, which imports time"
    ]


def test_a_claim_of_purity_is_held_against_each_module() -> None:
    files = {
        "ARCHITECTURE.md": "| folder | floor | what |\n| `gate_agent/lane/` | 4 | PURE. A lane |\n"
        "| `gate_agent/gone/` | 4 | PURE. Gone |\n",
        "gate_agent/lane/table.py": '"""PURE. A table."""\n',
        "gate_agent/lane/state.py": '"""What a lane is."""\n',
    }
    assert said(purity.pure_claims, files) == [
        "ARCHITECTURE.md:2: gate_agent.lane.state has no docstring that begins PURE.",
        "ARCHITECTURE.md:3: gate_agent/gone/ does not exist",
    ]


@pytest.mark.parametrize(
    ("law", "text", "room"),
    [
        (purity.fsync_rooms, "os.fsync(f.fileno())", "gate_agent/folder.py"),
        (
            purity.transactions,
            "with park.store.write() as c:\n    ...",
            "fleet_manager/daemon/a.py",
        ),
        (purity.private_keys, "Ed25519PrivateKey.generate()", "fleet_manager/keys/vault.py"),
        (purity.private_keys, "private_key = 1", "fleet_manager/keys/roots.py"),
        (purity.signs_tickets, "self._vault.ticket.sign(b'')", "fleet_manager/tickets/sell.py"),
    ],
)
def test_what_belongs_in_one_room_is_found_in_another(law: Law, text: str, room: str) -> None:
    assert len(said(law, {"fleet_manager/commands/tickets.py": text})) == 1
    assert said(law, {room: text}) == []


def test_a_write_of_something_else_is_no_transaction() -> None:
    assert said(purity.transactions, {"fleet_manager/config.py": "file.write(text)"}) == []


def test_a_wait_for_a_publish_is_found() -> None:
    files = {"gate_agent/uplink/mqtt.py": "x = 1\ninfo.wait_for_publish()\n"}
    assert said(purity.wait_for_publish, files) == [
        "gate_agent/uplink/mqtt.py:2: waits for a publish"
    ]
