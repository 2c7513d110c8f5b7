"""The daemon's messages out of a real journal file."""

import subprocess
import sys
from pathlib import Path

import pytest

from gate_agent.commands.log import UNIT, last_messages
from gate_agent.errors import GateError

WRITER = Path("/lib/systemd/systemd-journal-remote")

pytest.importorskip("systemd.journal")


def test_an_empty_journal_has_no_messages(tmp_path: Path) -> None:
    assert last_messages(5, tmp_path) == []


def test_a_journal_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="cannot read the system's journal"):
        last_messages(5, tmp_path / "none")


def test_without_the_library_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "systemd", None)
    with pytest.raises(GateError) as caught:
        last_messages(5)
    assert "python3-systemd" in caught.value.hint


@pytest.mark.skipif(not WRITER.exists(), reason="systemd-journal-remote writes the journal file")
def test_the_newest_messages_of_our_unit_oldest_first(tmp_path: Path) -> None:
    entries = []
    for second, (unit, text) in enumerate(
        [(UNIT, "first"), ("other.service", "not ours"), (UNIT, "a \x07bell"), (UNIT, "last")]
    ):
        fields = {
            "__REALTIME_TIMESTAMP": str((1_795_000_000 + second) * 1_000_000),
            "__MONOTONIC_TIMESTAMP": str(second + 1),
            "_BOOT_ID": "1" * 32,
            "_SYSTEMD_UNIT": unit,
            "PRIORITY": "4",
        }
        body = b"".join(f"{key}={value}\n".encode() for key, value in fields.items())
        message = text.encode()
        body += b"MESSAGE\n" + len(message).to_bytes(8, "little") + message + b"\n\n"
        entries.append(body)
    command = [str(WRITER), "--output", str(tmp_path / "system.journal"), "-"]
    subprocess.run(command, input=b"".join(entries), check=True, capture_output=True)
    assert last_messages(2, tmp_path) == [
        "2026-11-18T11:06:42Z <4> a  bell",
        "2026-11-18T11:06:43Z <4> last",
    ]
    assert len(last_messages(99, tmp_path)) == 3
