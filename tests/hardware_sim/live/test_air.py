"""Real TCP through the air, between network namespaces of this machine."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

import pytest

from hardware_sim.demo.processes import DemoError
from hardware_sim.live import namespace
from hardware_sim.live.air import CENTRE, Air, Place
from hardware_sim.live.weather import FAIR, LinkWeather

PATIENCE_S = 60.0
SENT = bytes(range(256)) * 400
_ECHO = """
import socket, sys
try:
    near = socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3]))
except OSError as error:
    sys.exit(type(error).__name__)
near.settimeout(60)
while data := near.recv(65536):
    near.sendall(data)
"""
_Result = TypeVar("_Result")


class Field:
    """A thread in a namespace of its own, with the air of one gate around it: the thread of the
    tests stays where it is."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self.air = self.there(lambda: Air(["north-1"], seed=1))

    def there(self, act: Callable[[], _Result]) -> _Result:
        return self._thread.submit(act).result()

    @property
    def gate(self) -> Place:
        return self.air.places["north-1"]

    def call(self, port: int, patience_s: float) -> "subprocess.Popen[bytes]":
        """A program at the gate calls the centre, and sends back what it hears."""
        return self.gate.popen(
            [sys.executable, "-c", _ECHO, CENTRE, str(port), str(patience_s)],
            stderr=subprocess.PIPE,
        )

    def close(self) -> None:
        self.there(self.air.close)
        self._thread.shutdown()


@pytest.fixture
def field() -> Iterator[Field]:
    try:
        found = Field()
    except DemoError as error:
        pytest.skip(str(error))
    with closing(found):
        yield found


@pytest.fixture
def centre(field: Field) -> Iterator[socket.socket]:
    with field.there(lambda: socket.create_server((CENTRE, 0))) as server:
        server.settimeout(PATIENCE_S)
        yield server


def _there_and_back(field: Field, centre: socket.socket) -> bytes:
    process = field.call(centre.getsockname()[1], PATIENCE_S)
    near, _ = centre.accept()
    heard = b""
    with near:
        near.settimeout(PATIENCE_S)
        near.sendall(SENT)
        while len(heard) < len(SENT):
            heard += near.recv(65536)
    process.communicate()
    return heard


@pytest.mark.parametrize(
    "weather", [FAIR, LinkWeather(loss=0.1, twice=0.1), LinkWeather(delay_ms=20.0)], ids=str
)
def test_tcp_copes(field: Field, centre: socket.socket, weather: LinkWeather) -> None:
    field.gate.weather = weather
    assert _there_and_back(field, centre) == SENT


def test_through_a_dead_radio_nobody_is_reached_and_nobody_is_told(
    field: Field, centre: socket.socket
) -> None:
    field.gate.weather = LinkWeather(loss=1.0)
    _, said = field.call(centre.getsockname()[1], 0.5).communicate()
    assert said.strip() == b"TimeoutError"


def test_without_a_cable_the_kernel_says_so_at_once(field: Field, centre: socket.socket) -> None:
    field.gate.cable(plugged=False)
    _, said = field.call(centre.getsockname()[1], PATIENCE_S).communicate()
    assert said.strip() == b"OSError"
    field.gate.cable(plugged=True)
    assert _there_and_back(field, centre) == SENT


def test_a_socket_stays_where_it_was_made(field: Field) -> None:
    """As the panel's: a browser of this machine finds it, though the park is elsewhere."""

    def listen() -> socket.socket:
        with namespace.inside(field.air.home):
            return socket.create_server(("127.0.0.1", 0))

    with field.there(listen) as server:
        socket.create_connection(server.getsockname()[:2], PATIENCE_S).close()
