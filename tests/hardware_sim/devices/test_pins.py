"""Pins over a socket: levels both ways, and a gate that dies and comes back."""

import socket
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest
from gpiozero import DigitalInputDevice, OutputDevice

from hardware_sim.devices.pins import PinClient, PinServer, WorldFactory

PATIENCE_S = 60.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pins"


@pytest.fixture
def server(path: Path) -> Iterator[PinServer]:
    server = PinServer(path)
    server.start()
    yield server
    server.stop()
    server.stop()


class World:
    """A client and what it was told."""

    def __init__(self, path: Path, *, drops: bool = False) -> None:
        self.told: Queue[tuple[int, bool]] = Queue()
        self.client = PinClient(path, lambda *driven: self.told.put(driven), drops=drops)
        self.client.start()

    def next(self) -> tuple[int, bool]:
        return self.told.get(timeout=PATIENCE_S)


@pytest.fixture
def world(path: Path) -> Iterator[World]:
    world = World(path)
    yield world
    world.client.stop()
    world.client.stop()


def test_the_world_wins_over_the_pull() -> None:
    factory = WorldFactory(lambda *_: None)
    factory.drive(27, False)
    contact = DigitalInputDevice(27, pull_up=True, pin_factory=factory)
    assert contact.is_active
    factory.drive(27, True)
    assert not contact.is_active
    factory.close()


def test_levels_go_both_ways(server: PinServer, world: World) -> None:
    relay = OutputDevice(17, initial_value=False, pin_factory=server.factory)
    assert world.next() == (17, False)
    moved: Queue[bool] = Queue()
    contact = DigitalInputDevice(27, pull_up=True, pin_factory=server.factory)
    contact.when_activated = lambda: moved.put(True)
    contact.when_deactivated = lambda: moved.put(False)
    relay.on()
    assert world.next() == (17, True)
    world.client.drive(27, False)
    assert moved.get(timeout=PATIENCE_S) is True
    world.client.drive(27, True)
    assert moved.get(timeout=PATIENCE_S) is False


def test_a_late_world_is_told_the_levels(server: PinServer, path: Path) -> None:
    relay = OutputDevice(17, initial_value=True, pin_factory=server.factory)
    world = World(path)
    assert world.next() == (17, True)
    assert relay.is_active
    world.client.stop()


def test_a_gate_that_comes_back_finds_its_world(path: Path, world: World) -> None:
    world.client.drive(27, False)
    for level in (True, False):
        server = PinServer(path)
        server.start()
        relay = OutputDevice(17, initial_value=level, pin_factory=server.factory)
        # The pin library puts a new output low first; a client that is quick sees that.
        while world.next() != (17, level):
            pass
        contact = DigitalInputDevice(27, pull_up=True, pin_factory=server.factory)
        assert world.client.connected.wait(PATIENCE_S)
        assert contact.wait_for_active(PATIENCE_S)
        server.stop()
        del relay


@pytest.mark.parametrize("drops", [False, True])
def test_what_an_output_does_when_its_process_dies(path: Path, drops: bool) -> None:
    server = PinServer(path)
    server.start()
    world = World(path, drops=drops)
    relay = OutputDevice(17, initial_value=True, pin_factory=server.factory)
    # gpiozero makes a mock pin an output first, and high then: who is connected sees both.
    assert world.next() == (17, True) or world.next() == (17, True)
    server.stop()
    if drops:
        assert world.next() == (17, False)
    else:
        with pytest.raises(Empty):
            world.told.get(timeout=0.2)
    assert relay.is_active
    world.client.stop()


@pytest.mark.parametrize(
    "noise", [b"\xff\x00\n", b"pin\n", b"pin x 1\n", b"pin 17 2\n", b"p" * 5000, b"pin 999 1\n"]
)
def test_nonsense_ends_the_connection_and_not_the_server(
    server: PinServer, path: Path, noise: bytes
) -> None:
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(PATIENCE_S)
        peer.connect(str(path))
        peer.sendall(noise)
        try:
            assert peer.recv(10) == b""
        except ConnectionResetError:
            pass
    world = World(path)
    assert world.client.connected.wait(PATIENCE_S)
    relay = OutputDevice(17, pin_factory=server.factory)
    assert world.next() == (17, False)
    del relay
    world.client.stop()
