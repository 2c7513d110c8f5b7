"""gate-update.service and gate-update.timer as systemd takes them."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "firmware_config"
pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here"
)


def test_systemd_takes_the_unit_and_its_timer(tmp_path: Path) -> None:
    for name in ("gate-update.service", "gate-update.timer"):
        text = (UNITS / name).read_text("utf-8")
        text = re.sub(r"^(ExecStart=)/\S+", r"\1/bin/true", text, flags=re.M)
        (tmp_path / name).write_text(text, "utf-8")
    for name in ("gate-update.service", "gate-update.timer"):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--recursive-errors=no", str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert name not in done.stderr, done.stderr


def test_the_updater_is_root_and_little_exposed() -> None:
    words = ["systemd-analyze", "security", "--offline=yes", "--threshold=30"]
    done = subprocess.run(
        [*words, str(UNITS / "gate-update.service")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_the_last_release_that_was_well_watches_over_the_one_on_trial() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(UNITS / "gate-update.service", "utf-8")
    assert unit["Service"]["ExecStart"].startswith("/opt/scenic-gate/healthy/bin/gate-agent update")
    assert unit["Service"]["Restart"] == "on-abnormal"
