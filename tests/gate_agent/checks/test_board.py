"""The daemon, the watchdog, power and heat, as the kernel's files tell them."""

from pathlib import Path

import pytest

from gate_agent.checks import board
from gate_agent.checks.row import Check, CheckRow, CheckState
from gate_agent.config.settings import GateSettings
from tests.gate_agent.checks.conftest import visit


@pytest.fixture
def sys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(board, "SYS", tmp_path)
    return tmp_path


def write(sys: Path, **files: str) -> None:
    """Files under `sys/class`, with __ for a slash."""
    for name, text in files.items():
        path = sys / "class" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def only(check: Check, settings: GateSettings, **options: object) -> CheckRow:
    (row,) = check(visit(settings, **options))
    return row


def test_a_daemon_that_runs_and_one_that_does_not(settings: GateSettings) -> None:
    assert only(board.check_daemon, settings).state is CheckState.NOTE
    status = {"pid": 7, "faults": {"scanner 1": "gone", "journal": "cannot write: full"}}
    running, fault = board.check_daemon(visit(settings, status=status))
    assert "process 7" in running.text.en
    assert (fault.state, fault.text.en) == (CheckState.FAIL, "journal: cannot write: full")


def test_watchdogs(settings: GateSettings, sys: Path) -> None:
    assert only(board.check_watchdog, settings).state is CheckState.NOTE
    write(sys, watchdog__watchdog0__state="inactive", watchdog__watchdog0__timeout="15")
    assert only(board.check_watchdog, settings).state is CheckState.FAIL
    write(sys, watchdog__watchdog0__state="active\n")
    assert only(board.check_watchdog, settings).text.en == "fed, 15 s"


def test_power(settings: GateSettings, sys: Path) -> None:
    assert only(board.check_power, settings).state is CheckState.SKIPPED
    write(sys, hwmon__hwmon1__in0_lcrit_alarm="0\n")
    assert only(board.check_power, settings).state is CheckState.PASS
    write(sys, hwmon__hwmon1__in0_lcrit_alarm="1\n")
    assert only(board.check_power, settings).text.en == "the voltage is too low"


@pytest.mark.parametrize(
    ("status", "charge", "state"),
    [
        ("Discharging", "80", CheckState.PASS),
        ("Discharging", "9", CheckState.FAIL),
        ("Charging", "9", CheckState.PASS),
    ],
)
def test_a_battery(
    settings: GateSettings, sys: Path, status: str, charge: str, state: CheckState
) -> None:
    write(
        sys,
        power_supply__bat0__type="Battery",
        power_supply__bat0__status=status,
        power_supply__bat0__capacity=charge,
        power_supply__usb__type="USB",
        power_supply__usb__online="1",
    )
    assert only(board.check_power, settings).state is state


def test_a_mains_that_is_off(settings: GateSettings, sys: Path) -> None:
    write(sys, power_supply__ac__type="Mains", power_supply__ac__online="0")
    assert only(board.check_power, settings).text.en == "ac: no mains"


@pytest.mark.parametrize(
    ("temp", "state"),
    [
        ("45100", CheckState.PASS),
        ("78000", CheckState.NOTE),
        ("85000", CheckState.FAIL),
        ("hot", CheckState.SKIPPED),
    ],
)
def test_heat(settings: GateSettings, sys: Path, temp: str, state: CheckState) -> None:
    write(sys, thermal__thermal_zone0__temp=temp, thermal__thermal_zone1__temp="-1000\n")
    found = only(board.check_heat, settings)
    assert found.state is (CheckState.PASS if state is CheckState.SKIPPED else state)


def test_no_thermometer(settings: GateSettings, sys: Path) -> None:
    assert only(board.check_heat, settings).state is CheckState.SKIPPED
