"""What timers start: the centre's backup, the figures for the monitoring, a gate's updates."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from firmware_config import gate_metrics
from tests.firmware_config.units import CENTRE, FIRMWARE, read_unit

TIMERS = sorted(path.name for path in FIRMWARE.glob("*.timer"))


def test_the_timers_are_those() -> None:
    assert {"fleet-manager-backup.timer", "scenic-gate-metrics.timer"} <= set(TIMERS)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
@pytest.mark.parametrize("name", TIMERS)
def test_systemd_takes_every_timer_and_what_it_starts(name: str, tmp_path: Path) -> None:
    """The programs are not on this machine: others stand in for them."""
    for file in (name, name.replace(".timer", ".service")):
        text = (FIRMWARE / file).read_text("utf-8")
        (tmp_path / file).write_text(re.sub(r"^(Exec\w+=-?)/\S+", r"\1/bin/true", text, flags=re.M))
        words = ["systemd-analyze", "verify", "--recursive-errors=no", str(tmp_path / file)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        assert file not in done.stderr, done.stderr


def service_of(timer: str) -> configparser.SectionProxy:
    return read_unit(timer.replace(".timer", ".service"))["Service"]


def test_a_backup_is_made_every_night_even_if_the_machine_was_off() -> None:
    assert read_unit("fleet-manager-backup.timer")["Timer"]["Persistent"] == "true"
    service = service_of("fleet-manager-backup.timer")
    assert service["Type"] == "oneshot"
    assert service["User"] == read_unit(CENTRE)["Service"]["User"]
    assert "/var/backups/scenic-gate" in service["ReadWritePaths"].split()


def test_figures_are_written_where_the_exporter_of_the_playbook_reads_them() -> None:
    service = read_unit("scenic-gate-metrics.service")["Service"]
    folder = f"/run/{service['RuntimeDirectory']}"
    assert gate_metrics.OUT.parent == Path(folder)
    options = FIRMWARE.parent / "deploy/ansible/roles/monitoring/defaults/main.yml"
    assert f"--collector.textfile.directory={folder}" in options.read_text("utf-8")
    assert read_unit("scenic-gate-metrics.timer")["Timer"]["OnUnitActiveSec"] == "15"
