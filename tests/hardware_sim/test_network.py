"""The network: whole, cut, silent, healed."""

import socket
from collections.abc import Iterator
from threading import Thread

import pytest

from hardware_sim.network import CuttableProxy

PATIENCE_S = 60.0


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends everything back."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(peer: socket.socket) -> None:
        with peer:
            try:
                while data := peer.recv(4096):
                    peer.sendall(data)
            except OSError:
                pass

    def accept() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            Thread(target=serve, args=(peer,), daemon=True).start()

    Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def proxy(echo: int) -> Iterator[CuttableProxy]:
    with CuttableProxy(echo) as proxy:
        yield proxy
    proxy.close()


def _connect(proxy: CuttableProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE_S)


def _say(peer: socket.socket, data: bytes) -> bytes:
    peer.sendall(data)
    back = b""
    while len(back) < len(data) and (part := peer.recv(65536)):
        back += part
    return back


def test_whole(proxy: CuttableProxy) -> None:
    data = bytes(range(256)) * 4000
    with _connect(proxy) as one, _connect(proxy) as two:
        assert _say(one, b"hello") == b"hello"
        writer = Thread(target=two.sendall, args=(data,))
        writer.start()
        back = b""
        while len(back) < len(data):
            back += two.recv(65536)
        writer.join()
        assert back == data
        assert proxy.connections == 2


def test_cut_and_healed(proxy: CuttableProxy) -> None:
    for _ in range(3):
        with _connect(proxy) as peer:
            assert _say(peer, b"a") == b"a"
            proxy.cut()
            try:
                assert _say(peer, b"b") == b""
            except OSError:
                pass
        with pytest.raises(ConnectionRefusedError):
            _connect(proxy)
        proxy.heal()
    with _connect(proxy) as peer:
        assert _say(peer, b"c") == b"c"


def test_silent_and_healed(proxy: CuttableProxy) -> None:
    with _connect(proxy) as peer:
        assert _say(peer, b"a") == b"a"
        proxy.silence()
        peer.settimeout(0.3)
        with pytest.raises(TimeoutError):
            _say(peer, b"b")
        peer.settimeout(PATIENCE_S)
        proxy.heal()
        assert peer.recv(10) == b"b"
        proxy.silence()
        proxy.cut()
        try:
            assert peer.recv(10) == b""
        except ConnectionResetError:
            pass


def test_nobody_behind_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with CuttableProxy(port) as proxy, _connect(proxy) as peer:
        try:
            assert peer.recv(10) == b""
        except ConnectionResetError:
            pass
