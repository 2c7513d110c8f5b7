"""The centre and the clock."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gate_agent.checks import network
from gate_agent.checks.row import CheckRow, CheckState
from gate_agent.config.settings import BrokerAddress, GateSettings
from hardware_sim.broker import Broker, BrokerFiles, find_mosquitto
from tests.gate_agent.checks.conftest import visit
from tests.gate_agent.checks.test_trust import bundle


@contextmanager
def listening(folder: Path, answer: bytes) -> Iterator[int]:
    """Accepts one TLS connection as the broker does, only with a certificate of the authority, and
    gives `answer` to what comes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "broker.crt", folder / "broker.key")
    context.load_verify_locations(folder / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("", 0)) as server:

        def accept() -> None:
            with suppress(OSError):
                plain, _ = server.accept()
                plain.settimeout(60)
                with context.wrap_socket(plain, server_side=True) as secure:
                    secure.recv(64)
                    secure.sendall(answer)

        thread = threading.Thread(target=accept)
        server.settimeout(60)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join(60.0)
        assert not thread.is_alive()


def reached(
    settings: GateSettings, host: str, answer: bytes = b"\x20\2\0\0"
) -> tuple[CheckRow, int]:
    with listening(settings.identity.parent / "broker", answer) as port:
        there = replace(settings, broker=BrokerAddress(host, port))
        (row,) = network.check_centre(visit(there))
    return row, port


def test_the_centre_answers(settings: GateSettings) -> None:
    row, port = reached(settings, "localhost")
    assert row.state is CheckState.PASS
    assert row.text.en == f"localhost:{port} accepts this gate, TLSv1.3"


@pytest.mark.parametrize(
    ("answer", "words"),
    [(b"", "closed the connection before"), (b"\x20\2\0\5", "CONNACK 5"), (b"HTTP", "closed")],
)
def test_a_handshake_is_not_enough(settings: GateSettings, answer: bytes, words: str) -> None:
    row, _ = reached(settings, "localhost", answer)
    assert row.state is CheckState.FAIL
    assert words in row.text.en


@pytest.mark.process
def test_a_broker_that_refuses_the_certificate_is_no_centre(
    settings: GateSettings, tmp_path: Path
) -> None:
    """With TLS 1.3 the refusal comes after the client's handshake."""
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    tls = tmp_path / "broker"
    files = BrokerFiles(tls / "ca.crt", tls / "broker.crt", tls / "broker.key")
    with Broker(tmp_path / "mosquitto", files) as broker:
        there = replace(settings, broker=BrokerAddress("localhost", broker.port))
        (row,) = network.check_centre(visit(there))
        assert row.state is CheckState.PASS
        old = bundle(settings, "north-1", datetime(2010, 1, 1, tzinfo=UTC), tmp_path / "old")
        for name in ("key.pem", "cert.pem"):
            (settings.identity / name).write_bytes((old / name).read_bytes())
        (row,) = network.check_centre(visit(there))
        assert row.state is CheckState.FAIL
        # Its word of why may be lost, because it closes the connection at once.
        said = ("does not accept this gate's certificate", "closed the connection before")
        assert any(words in row.text.en for words in said)


@pytest.mark.parametrize("linked", [True, False])
def test_a_running_daemon_is_not_thrown_off(settings: GateSettings, linked: bool) -> None:
    status = {"linked": linked, "down_reason": "" if linked else "nobody listens at x:1"}
    (row,) = network.check_centre(visit(settings, status=status))
    assert row.state is (CheckState.PASS if linked else CheckState.FAIL)
    assert ("nobody listens" in row.text.en) is not linked


def test_somebody_else_answers(settings: GateSettings) -> None:
    """The right authority, but a certificate for another name."""
    row, _ = reached(settings, "127.0.0.2")
    assert row.state is CheckState.FAIL
    assert "is for another name than 127.0.0.2" in row.text.en
    assert "broker-cert --host" in row.hint.en


def test_nobody_answers(settings: GateSettings) -> None:
    (row,) = network.check_centre(visit(settings))
    assert "nobody listens at localhost:1" in row.text.en
    assert "无人监听" in row.text.zh


def test_without_an_identity_nothing_is_tried(settings: GateSettings) -> None:
    (settings.identity / "cert.pem").unlink()
    (row,) = network.check_centre(visit(settings))
    assert "not tried" in row.text.en


@pytest.mark.parametrize(
    ("clock", "set_by", "state"),
    [
        ("host", False, CheckState.PASS),
        ("ntp", True, CheckState.PASS),
        ("ntp", False, CheckState.NOTE),
    ],
)
def test_the_clock(
    settings: GateSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    clock: str,
    set_by: bool,
    state: CheckState,
) -> None:
    mark = tmp_path / "synchronized"
    if set_by:
        mark.touch()
    monkeypatch.setattr(network, "SYNCHRONISED", mark)
    (row,) = network.check_clock(visit(replace(settings, clock=clock)))
    assert row.state is state


def test_a_clock_before_its_time(settings: GateSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    (row,) = network.check_clock(visit(settings))
    assert (row.state, row.text.en) == (CheckState.FAIL, "1970-01-01 00:16:40Z")
