"""Who has the broker says what nobody asked for: `flood.py PORT CA CERTIFICATE KEY TOPIC`.

With the centre's certificate it publishes 3,000 messages a second of 90 bytes that no key signed,
QoS 0, until it is killed. A line on standard output says that it has begun; it waits while the
broker takes no more, and does not make up for that.
"""

import os
import socket
import ssl
import struct
import sys
import time

A_SECOND = 3000
BYTES = 90
TICK_S = 0.01


def _text(words: str) -> bytes:
    raw = words.encode()
    return struct.pack(">H", len(raw)) + raw


def _packet(kind: int, body: bytes) -> bytes:
    """Of MQTT 3.1.1, 128 to 16,383 bytes, or fewer."""
    size = len(body)
    head = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    return bytes([kind]) + head + body


def main(port: int, authority: str, certificate: str, key: str, topic: str) -> None:
    """Publishes until the process is killed."""
    tls = ssl.create_default_context(cafile=authority)
    tls.load_cert_chain(certificate, key)
    link = tls.wrap_socket(
        socket.create_connection(("127.0.0.1", port)), server_hostname="localhost"
    )
    link.sendall(_packet(0x10, _text("MQTT") + b"\x04\x02\x00\x00" + _text("centre")))
    assert link.recv(4) == b"\x20\x02\x00\x00"
    print("begun", flush=True)
    due_s = time.monotonic()
    while True:
        messages = [b"\1" + os.urandom(BYTES - 1) for _ in range(round(A_SECOND * TICK_S))]
        link.sendall(b"".join(_packet(0x30, _text(topic) + body) for body in messages))
        due_s = max(due_s + TICK_S, time.monotonic() - TICK_S)
        time.sleep(max(0.0, due_s - time.monotonic()))


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:6])
