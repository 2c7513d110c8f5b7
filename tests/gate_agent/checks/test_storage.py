"""The card, the journal, the lists."""

import sqlite3
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from gate_agent.checks import storage
from gate_agent.checks.row import CheckState
from gate_agent.config.settings import GateSettings
from tests.gate_agent.checks.conftest import visit
from tests.gate_agent.conftest import MakeGate
from tests.gate_agent.samples import RING, sealed_list

Usage = namedtuple("Usage", "free")


@pytest.mark.parametrize(
    ("mib", "state"), [(50, CheckState.FAIL), (300, CheckState.NOTE), (5000, CheckState.PASS)]
)
def test_room(
    settings: GateSettings, monkeypatch: pytest.MonkeyPatch, mib: int, state: CheckState
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(mib << 20))
    (row,) = storage.check_space(visit(settings))
    assert (row.state, f"{mib} MiB" in row.text.en) == (state, True)


def test_no_folder(settings: GateSettings) -> None:
    away = replace(settings, data=settings.data / "no")
    for check in (storage.check_space, storage.check_flush):
        (row,) = check(visit(away))
        assert (row.state, bool(row.hint.en)) == (CheckState.FAIL, True)


@pytest.mark.parametrize(
    ("ms", "state"), [(3, CheckState.PASS), (300, CheckState.NOTE), (2000, CheckState.FAIL)]
)
def test_a_slow_card(
    settings: GateSettings, monkeypatch: pytest.MonkeyPatch, ms: float, state: CheckState
) -> None:
    monkeypatch.setattr(storage, "_flushes", lambda _: [1.0, ms])
    (row,) = storage.check_flush(visit(settings))
    assert row.state is state


def test_flushes_are_measured(settings: GateSettings) -> None:
    (row,) = storage.check_flush(visit(settings))
    assert row.text.en.endswith("ms at worst")
    assert list(settings.data.iterdir()) == []


@pytest.mark.parametrize(
    ("life", "state", "text"),
    [
        ("0x01 0x02", CheckState.PASS, "mmcblk0: about 20 % used up"),
        ("0x0b 0x01", CheckState.FAIL, "mmcblk0: about 100 % used up"),
        ("0x00 0x00", CheckState.SKIPPED, "this card does not tell"),
        ("worn", CheckState.SKIPPED, "this card does not tell"),
        (None, CheckState.SKIPPED, "this card does not tell"),
    ],
)
def test_wear(
    settings: GateSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    life: str | None,
    state: CheckState,
    text: str,
) -> None:
    monkeypatch.setattr(storage, "BLOCKS", tmp_path)
    (tmp_path / "mmcblk0" / "device").mkdir(parents=True)
    if life is not None:
        (tmp_path / "mmcblk0" / "device" / "life_time").write_text(life)
    (row,) = storage.check_wear(visit(settings))
    assert (row.state, row.text.en) == (state, text)


def test_the_journal(settings: GateSettings, make_gate: MakeGate) -> None:
    (row,) = storage.check_journal(visit(settings))
    assert row.state is CheckState.NOTE
    gate = make_gate(folder=settings.data).start()
    (row,) = storage.check_journal(visit(settings))
    assert row.text.en == "1 records, chain whole, 1 not yet at the centre"
    gate.close()
    (settings.data / "journal.db").write_bytes(b"nothing" * 99)
    (row,) = storage.check_journal(visit(settings))
    assert row.state is CheckState.FAIL


def test_a_journal_with_a_damaged_page(settings: GateSettings, make_gate: MakeGate) -> None:
    make_gate(folder=settings.data).start().close()
    db = sqlite3.connect(settings.data / "journal.db")
    db.execute("PRAGMA writable_schema = 1")
    db.execute("UPDATE sqlite_master SET rootpage = 2 WHERE name = 'uses'")
    db.commit()
    db.close()
    (row,) = storage.check_journal(visit(settings))
    assert (row.state, bool(row.hint.zh)) == (CheckState.FAIL, True)


def test_a_broken_chain(settings: GateSettings, make_gate: MakeGate) -> None:
    make_gate(folder=settings.data).start().close()
    db = sqlite3.connect(settings.data / "journal.db")
    db.execute("UPDATE passages SET hash = zeroblob(32)")
    db.commit()
    db.close()
    (row,) = storage.check_journal(visit(settings))
    assert row.text.en.startswith("its hash chain is not whole: ")


def test_the_ticket_list(settings: GateSettings, make_gate: MakeGate) -> None:
    (row,) = storage.check_lists(visit(settings))
    assert (row.state, row.text.en) == (CheckState.FAIL, "no ticket list yet: nobody is let in")
    make_gate(folder=settings.data).start(sealed_list()).close()
    (row,) = storage.check_lists(visit(settings))
    assert "unknown key" in row.text.en
    (settings.identity / "ring.json").write_text(RING.to_json())
    (row,) = storage.check_lists(visit(settings))
    assert row.state in (CheckState.PASS, CheckState.NOTE)
    assert row.text.en.startswith("main version 1, 100 tickets, as of 2026-")
