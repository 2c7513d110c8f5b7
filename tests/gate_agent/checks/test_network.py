"""The centre and the clock."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from gate_agent.checks import network
from gate_agent.checks.row import CheckRow, CheckState
from gate_agent.config.settings import BrokerAddress, GateSettings
from tests.gate_agent.checks.conftest import visit


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
                plain.settimeout(60)
                with context.wrap_socket(plain, server_side=True) as secure:
                    secure.recv(1)

        thread = threading.Thread(target=accept)
        server.settimeout(60)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join(60.0)
        assert not thread.is_alive()


def reached(settings: GateSettings, host: str) -> tuple[CheckRow, int]:
    with listening(settings.identity.parent / "broker") as port:
        there = replace(settings, broker=BrokerAddress(host, port))
        (row,) = network.check_centre(visit(there))
    return row, port


def test_the_centre_answers(settings: GateSettings) -> None:
    row, port = reached(settings, "localhost")
    assert (row.state, row.text.en) == (CheckState.PASS, f"localhost:{port}, TLSv1.3")


def test_somebody_else_answers(settings: GateSettings) -> None:
    """The right authority, but a certificate for another name."""
    row, _ = reached(settings, "127.0.0.2")
    assert (row.state, row.hint.en) == (
        CheckState.FAIL,
        "are the clock and the certificates right?",
    )


def test_nobody_answers(settings: GateSettings) -> None:
    (row,) = network.check_centre(visit(settings))
    assert "cannot reach localhost:1" in row.text.en
    assert "无法连接" in row.text.zh


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
