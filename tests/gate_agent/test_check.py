"""`gate-agent check`: one line for each part, and what to do about each fault."""

import shutil
import socket
import sqlite3
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet_manager import centre, fleet
from gate_agent.check import Result, check_gate
from gate_agent.recordings import SPEAKERS
from gate_agent.settings import (
    RECORDINGS,
    BrokerSettings,
    CameraSettings,
    DisplaySettings,
    GateSettings,
    LaneSettings,
    ScannerSettings,
    VoiceSettings,
)
from gate_agent.signs import every_prompt
from gate_agent.validator.keys import KeyRing
from gate_agent.validator.passage import Direction
from tests.gate_agent.conftest import MakeGate
from tests.gate_agent.samples import RING, ZONE, sealed_list


@pytest.fixture
def settings(tmp_path: Path) -> GateSettings:
    """A gate with the bundle that a real centre gave it, and that centre's broker files."""
    identity, data = tmp_path / "identity", tmp_path / "data"
    data.mkdir()
    now = datetime.now(UTC)
    centre.create(tmp_path / "centre", "west-lake", "西湖", "West Lake", "Asia/Shanghai", now)
    with centre.opened(tmp_path / "centre") as park:
        vault = park.unlock()
        fleet.draw_bundle(vault, "west-lake", "north-1", park.authority(), now).write(identity)
        centre.write_broker_files(park, "localhost", tmp_path / "broker", now)
    lane = LaneSettings(
        1, Direction.IN, 0, None, None, ScannerSettings("/dev/null"), CameraSettings("/dev/nothing")
    )
    broker = BrokerSettings("localhost", 1)
    return GateSettings(
        "west-lake", "north-1", ZONE, data, identity, "mock", "host", broker, (lane,)
    )


def part(settings: GateSettings, name: str) -> Result:
    (found,) = [result for result in check_gate(settings) if result.part == name]
    return found


@contextmanager
def listening(folder: Path) -> Iterator[int]:
    """Accepts one TLS connection as the broker does: only with a certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "broker.crt", folder / "broker.key")
    context.load_verify_locations(folder / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("", 0)) as server:

        def accept() -> None:
            with suppress(OSError):
                plain, _ = server.accept()
                plain.settimeout(5)
                with context.wrap_socket(plain, server_side=True) as secure:
                    secure.recv(1)

        thread = threading.Thread(target=accept)
        server.settimeout(5)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join(10)
        assert not thread.is_alive()


def test_every_part_has_a_line_even_when_nothing_works(tmp_path: Path) -> None:
    broken = GateSettings(
        "p", "g", ZONE, tmp_path / "no", tmp_path / "no", "mock", "host",
        BrokerSettings("127.0.0.1", 1), (),
    )  # fmt: skip
    results = check_gate(broken)
    assert [result.part for result in results] == [
        "settings", "identity", "journal", "ticket list", "centre",
    ]  # fmt: skip
    assert [result.ok for result in results] == [True, False, True, False, False]
    assert all(result.hint for result in results if not result.ok)


def test_the_centres_own_bundle_passes(settings: GateSettings) -> None:
    assert part(settings, "identity") == Result("identity", True, "3 trusted keys")


def test_a_ring_without_the_centres_keys(settings: GateSettings) -> None:
    (settings.identity / "ring.json").write_text(KeyRing().to_json())
    result = part(settings, "identity")
    assert not result.ok
    assert "has no key for: centre, list, ticket" in result.text


def test_the_journal(settings: GateSettings, make_gate: MakeGate) -> None:
    assert part(settings, "journal").text.startswith("none yet")
    gate = make_gate(folder=settings.data).start()
    assert part(settings, "journal") == Result("journal", True, "1 records")
    gate.close()
    (settings.data / "journal.db").write_bytes(b"nothing" * 99)
    assert not part(settings, "journal").ok


def test_a_journal_with_a_damaged_page(settings: GateSettings, make_gate: MakeGate) -> None:
    make_gate(folder=settings.data).start().close()
    path = settings.data / "journal.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA writable_schema = 1")
    db.execute("UPDATE sqlite_master SET rootpage = 2 WHERE name = 'uses'")
    db.commit()
    db.close()
    result = part(settings, "journal")
    assert not result.ok
    assert result.hint


def test_the_ticket_list(settings: GateSettings, make_gate: MakeGate) -> None:
    assert part(settings, "ticket list").text == "no ticket list yet"
    make_gate(folder=settings.data).start(sealed_list()).close()
    stranger = part(settings, "ticket list")
    assert "unknown key" in stranger.text
    (settings.identity / "ring.json").write_text(RING.to_json())
    result = part(settings, "ticket list")
    assert result.ok
    assert result.text.startswith("main version 1, 100 tickets, as of 2026-")


def test_the_centre_answers(settings: GateSettings) -> None:
    with listening(settings.identity.parent / "broker") as port:
        result = part(replace(settings, broker=BrokerSettings("localhost", port)), "centre")
    assert result == Result("centre", True, f"localhost:{port}, TLSv1.3")


def test_somebody_else_answers(settings: GateSettings) -> None:
    """The right authority, but a certificate for another name."""
    with listening(settings.identity.parent / "broker") as port:
        result = part(replace(settings, broker=BrokerSettings("127.0.0.2", port)), "centre")
    assert (result.ok, result.hint) == (False, "are the clock and the certificates right?")


def test_nobody_answers(settings: GateSettings) -> None:
    assert "cannot reach localhost:1" in part(settings, "centre").text


def test_devices_are_there_or_not(settings: GateSettings) -> None:
    assert part(settings, "lane 1 scanner").ok
    assert settings.lanes[0].scanner is not None
    blind = replace(settings.lanes[0], scanner=None)
    names = [result.part for result in check_gate(replace(settings, lanes=(blind,)))]
    assert "lane 1 scanner" not in names
    camera = part(settings, "lane 1 camera")
    assert (camera.ok, camera.text, camera.hint) == (
        False, "/dev/nothing is not there", "is it plugged in?",
    )  # fmt: skip


# --- what speaks and shows ---------------------------------------------------------------------


def test_a_voice_needs_its_recordings(
    settings: GateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = replace(settings.lanes[0], voice=VoiceSettings("default"))
    settings = replace(settings, lanes=(lane,))
    missing = part(settings, "lane 1 voice")
    assert not missing.ok
    assert "recordings are missing" in missing.text
    assert missing.hint == "gate-agent voice makes them"
    folder = settings.data / RECORDINGS
    folder.mkdir()
    for name in every_prompt():
        for language in SPEAKERS:
            (folder / f"{name}.{language}.wav").touch()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert part(settings, "lane 1 voice").hint == "install alsa-utils"
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert part(settings, "lane 1 voice").text == f"recordings in {folder}"


def test_a_display_without_a_chinese_font_says_so(
    settings: GateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = replace(settings.lanes[0], display=DisplaySettings("ssd1306@i2c-1-0x3c"))
    settings = replace(settings, lanes=(lane,))
    monkeypatch.setattr("gate_agent.drivers.panel.FONTS", ("/nowhere", __file__))
    assert part(settings, "lane 1 display").text == __file__
    monkeypatch.setattr("gate_agent.drivers.panel.FONTS", ())
    sheet = part(settings, "lane 1 display")
    assert sheet.ok
    assert sheet.text.startswith("no Chinese font: English and symbols only")
    monkeypatch.setitem(sys.modules, "gate_agent.drivers.panel", None)
    assert part(settings, "lane 1 display").hint == "install scenic-gate[display]"
