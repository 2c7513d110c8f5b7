"""Scanners are opened, and a person shows a code."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import pytest

from gate_agent.checks import readers
from gate_agent.checks.row import CheckRow, CheckState
from gate_agent.config.settings import GateSettings, ScannerSettings
from gate_agent.signs import Words
from hardware_sim.devices.gm65 import Module
from hardware_sim.devices.scanner import SimScanner
from tests.gate_agent.checks.conftest import Technician, visit


def with_scanner(settings: GateSettings, port: str) -> GateSettings:
    (lane,) = settings.lanes
    return replace(settings, lanes=(replace(lane, scanner=ScannerSettings(port)),))


@dataclass
class Shower(Technician):
    """Shows a code when told to."""

    scanner: SimScanner | None = None
    code: bytes = b"SECRET CODE"

    def instruct(self, what: Words) -> None:
        super().instruct(what)
        assert self.scanner is not None
        Thread(target=self.scanner.present, args=(self.code,)).start()


def only(settings: GateSettings, **options: object) -> CheckRow:
    (row,) = readers.check_scanners(visit(settings, **options))
    return row


@pytest.fixture(params=["lines", "gm65"])
def scanner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, SimScanner]]:
    kind: str = request.param
    path = tmp_path / "scanner"
    with Module(path) if kind == "gm65" else SimScanner(path) as scanner:
        yield f"{kind}@{path}", scanner


def test_nobody_is_asked(settings: GateSettings, scanner: tuple[str, SimScanner]) -> None:
    port, _ = scanner
    row = only(with_scanner(settings, port))
    assert (row.key, row.state) == ("lane 1 scanner", CheckState.PASS)
    assert row.text.en.endswith(": it opens")


def test_a_code_is_shown_and_not_told(
    settings: GateSettings, scanner: tuple[str, SimScanner]
) -> None:
    port, device = scanner
    person = Shower(scanner=device)
    row = only(with_scanner(settings, port), person=person)
    assert row.state is CheckState.PASS
    assert row.text.en.endswith("a code of 11 bytes")
    assert "SECRET" not in f"{row}"
    assert person.asked[0].en == "show any code to lane 1's scanner"


@pytest.mark.parametrize(
    ("shown", "state", "says"),
    [
        (b"]Q1SG1:SECRET", CheckState.NOTE, "the scanner adds: AIM identifier (accepted)"),
        (b"sg1:secret", CheckState.NOTE, "the scanner adds: Caps Lock (accepted)"),
        (b"XYSG1:SECRET", CheckState.FAIL, "with 2 bytes before the ticket's own"),
    ],
)
def test_what_the_scanner_adds_is_told(
    settings: GateSettings, tmp_path: Path, shown: bytes, state: CheckState, says: str
) -> None:
    with SimScanner(tmp_path / "scanner") as device:
        person = Shower(scanner=device, code=shown)
        row = only(with_scanner(settings, f"lines@{tmp_path / 'scanner'}"), person=person)
    assert row.state is state
    assert says in row.text.en
    assert "scanner's manual" in row.hint.en
    assert "SECRET" not in f"{row}"


def test_a_serial_scanner_that_ends_codes_with_tab_is_told_what_that_costs(
    settings: GateSettings, tmp_path: Path
) -> None:
    with SimScanner(tmp_path / "scanner", terminator=b"\t") as device:
        person = Shower(scanner=device, code=b"SG1:SECRET")
        row = only(with_scanner(settings, f"lines@{tmp_path / 'scanner'}"), person=person)
    assert row.state is CheckState.NOTE
    assert "the scanner adds: Tab behind (accepted)" in row.text.en
    assert "let it end a code with CR" in row.hint.en
    assert "SECRET" not in f"{row}"


def test_nothing_is_shown(
    settings: GateSettings, scanner: tuple[str, SimScanner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "SHOW_S", 0.2)
    port, _ = scanner
    row = only(with_scanner(settings, port), person=Technician())
    assert (row.state, "is its light on?" in row.hint.en) == (CheckState.FAIL, True)


@pytest.mark.parametrize("kind", ["lines", "gm65", "keys"])
def test_not_plugged_in(settings: GateSettings, tmp_path: Path, kind: str) -> None:
    row = only(with_scanner(settings, f"{kind}@{tmp_path / 'no'}"))
    assert row.state is CheckState.FAIL
    assert "no such file or directory" in row.text.en
    assert ("input" in row.hint.en) == (kind == "keys")


def test_a_device_that_never_is_ready(
    settings: GateSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "OPEN_S", 0.2)
    with Module(tmp_path / "scanner") as module:
        module.mute = True
        row = only(with_scanner(settings, f"gm65@{tmp_path / 'scanner'}"))
    assert (row.state, row.text.en) == (CheckState.FAIL, "it does not become ready")


def test_the_daemon_has_it(settings: GateSettings) -> None:
    status = {"pid": 7, "faults": {}}
    row = only(with_scanner(settings, "/dev/nothing"), status=status)
    assert (row.state, "process 7" in row.text.en) == (CheckState.PASS, True)
    status = {"pid": 7, "faults": {"scanner 1": "cannot read it"}}
    row = only(with_scanner(settings, "/dev/nothing"), status=status)
    assert (row.state, row.text.en) == (CheckState.FAIL, "cannot read it")


def test_a_lane_without_readers(settings: GateSettings) -> None:
    assert list(readers.check_scanners(visit(settings))) == []
