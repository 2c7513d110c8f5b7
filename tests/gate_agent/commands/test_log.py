"""The daemon's messages out of a real journal file."""

import json
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


def test_without_library_and_journalctl_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "systemd", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GateError, match="journalctl: No such file") as caught:
        last_messages(5)
    assert "standard error" in caught.value.hint


def test_without_the_library_journalctl_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A program of that name, which answers as journalctl(1) does with --output=json."""
    monkeypatch.setitem(sys.modules, "systemd", None)
    program = tmp_path / "journalctl"
    entry = {"__REALTIME_TIMESTAMP": "1795000002000000", "PRIORITY": "4"}
    rows = [{**entry, "MESSAGE": "a \x07bell"}, {**entry, "MESSAGE": [108, 97, 255]}]
    text = "\n".join(json.dumps(row) for row in rows)
    program.write_text(f"#!/bin/sh\necho \"$@\" >{tmp_path}/words\ncat <<'END'\n{text}\nEND\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert last_messages(2) == [
        "2026-11-18T11:06:42Z <4> a  bell",
        "2026-11-18T11:06:42Z <4> la\ufffd",
    ]
    assert "--lines=2 --unit=gate-agent.service" in (tmp_path / "words").read_text()
    program.write_text("#!/bin/sh\necho 'No journal files were found.' >&2\nexit 1\n")
    with pytest.raises(GateError, match="No journal files were found") as caught:
        last_messages(2)
    assert "group adm" in caught.value.hint


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
