"""A client of MQTT 3.1.1 from its packets, for who owns the broker: no library, and no manners."""

import socket
import ssl
from pathlib import Path
from threading import Condition, Thread

Message = tuple[str, bytes]
_CONNECT, _CONNACK, _PUBLISH, _SUBSCRIBE = 0x10, 0x20, 0x30, 0x82


class RawClient:
    """Hears everything under `topics`, at QoS 0, and publishes any bytes. A context manager.

    `folder`: with `ca.crt`, `cert.pem` and `key.pem`. `heard`: messages in the order of their
    arrival, its own among them if they match.
    """

    def __init__(self, port: int, folder: Path, topics: str) -> None:
        self.heard: list[Message] = []
        self._changed = Condition()
        context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        plain = socket.create_connection(("localhost", port), timeout=60)
        self._socket = context.wrap_socket(plain, server_hostname="localhost")
        self._bytes = self._socket.makefile("rb")
        # Protocol name and level, clean session, no keep-alive (3.1.2), client id (3.1.3).
        self._send(_CONNECT, _text("MQTT") + b"\x04\x02\0\0" + _text("stranger"))
        assert self._read() == (_CONNACK, b"\0\0")
        self._send(_SUBSCRIBE, b"\0\1" + _text(topics) + b"\0")
        assert self._read()[1] == b"\0\1\0"
        self._socket.settimeout(None)
        self._reader = Thread(target=self._hear, name="raw client", daemon=True)
        self._reader.start()

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._bytes.close()
        self._socket.close()

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 0 (3.3)."""
        self._send(_PUBLISH, _text(topic) + payload)

    def wait_for(self, count: int, timeout_s: float = 60) -> None:
        """Wait until so many messages were heard."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.heard) >= count, timeout_s)

    def _send(self, kind: int, body: bytes) -> None:
        self._socket.sendall(bytes((kind,)) + _length(len(body)) + body)

    def _read(self) -> tuple[int, bytes]:
        """Return type and body of the next packet. Raise EOFError at the end."""
        kind = self._bytes.read(1)
        if not kind:
            raise EOFError
        length = shift = 0
        while (digit := self._bytes.read(1)[0]) & 0x80:
            length |= (digit & 0x7F) << shift
            shift += 7
        length |= digit << shift
        return kind[0], self._bytes.read(length)

    def _hear(self) -> None:
        try:
            while True:
                kind, body = self._read()
                if kind & 0xF0 != _PUBLISH:
                    continue
                end = 2 + int.from_bytes(body[:2], "big")
                with self._changed:
                    self.heard.append((body[2:end].decode(), body[end:]))
                    self._changed.notify_all()
        except (EOFError, OSError, IndexError):
            return


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _length(number: int) -> bytes:
    """Return a remaining length, 7 bits a byte, the lowest first (2.2.3)."""
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*digits, number))
