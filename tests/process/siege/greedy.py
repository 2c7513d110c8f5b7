"""A gate that was stolen: it connects with its own certificate, asks for pieces of a list as often
as it can, and reads nothing. Beside it an honest gate claims tickets."""

import random
import socket
import ssl
import statistics
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread
from typing import Any

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from paho.mqtt.enums import CallbackAPIVersion

from fleet_manager.database import changes, store, tables
from gate_agent.validator.messages import envelopes
from gate_agent.validator.messages.envelopes import ListRequest, topic_of
from gate_agent.validator.messages.notes import (
    Claim,
    ClaimReply,
    NewsRequest,
    note_topic,
    read_note,
    write_note,
)
from gate_agent.validator.trust.keys import key_id
from tests.process import kernel
from tests.process.live_park import LONGEST_S, PARK, LivePark

GREEDY, HONEST = "north-1", "north-2"
SERIES, CODES = "agency", 10_000
REQUESTS_A_SECOND = 400
"""Of the pieces of 40 KiB that are asked for; as many questions for news come beside them."""
CLAIMS = 200
LOST_S = 2.0


@dataclass
class Seen:
    """Memory in MiB above what it was before, and ms until claims were answered."""

    broker_mib: float
    centre_mib: float
    quiet_ms: list[float]
    greedy_ms: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Median answer beside the greedy gate over that without it."""
        return statistics.median(self.greedy_ms) / statistics.median(self.quiet_ms)


def measured(seconds: float) -> Seen:
    """Let a gate be greedy for so long, and return what that cost."""
    with LivePark(GREEDY, HONEST) as park:
        _add_codes(park)
        with Claims(park, HONEST) as claims:
            claims.ask(3 * CLAIMS)  # until the processes are warm
            quiet = claims.ask(CLAIMS)
            pids = {"broker": park.broker.pid, "centre": park.server.pid}
            before = {name: kernel.memory_mib(pid, "VmRSS") for name, pid in pids.items()}
            most = dict(before)
            greedy: list[float] = []
            with _greedy(park):
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    greedy += claims.ask(5)
                    for name, pid in pids.items():
                        most[name] = max(most[name], kernel.memory_mib(pid, "VmRSS"))
            quiet += claims.ask(CLAIMS)  # a machine that others use changes its speed
        above = {name: most[name] - before[name] for name in pids}
        return Seen(above["broker"], above["centre"], quiet, greedy)


def _add_codes(park: LivePark) -> None:
    """Give the park a list whose pieces are as large as they can be."""
    rng = random.Random(1)
    with park.centre.store.write() as connection:
        number = changes.new_number(connection)
        store.insert_rows(
            connection, tables.series, [(SERIES, "x", bytes(16), False, number, None)]
        )
        kind = (SERIES, 1, 1, 0, 4_000_000_000, 1, 1, 0)
        store.insert_rows(connection, tables.code_kind, [kind])
        digests = {rng.randbytes(10) for _ in range(CODES)}
        codes = [(SERIES, digest, 1, 1, None, number) for digest in digests]
        store.insert_rows(connection, tables.code, codes)


class Claims:
    """A gate's link for claims alone. It asks one after the other, as a lane does."""

    def __init__(self, park: LivePark, gate: str) -> None:
        self._gate = gate
        self._number = 0
        folder = park.folder / f"identity-{gate}"
        self._secret = bytes.fromhex((folder / "link").read_text("ascii"))
        self._replies: Queue[int] = Queue()
        self._up = Event()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=gate, protocol=mqtt.MQTTv311)
        client.tls_set(str(folder / "ca.crt"), str(folder / "cert.pem"), str(folder / "key.pem"))
        reply = note_topic(PARK, gate, ClaimReply.topic_end)

        def subscribe(*_: object) -> None:
            client.subscribe(reply, qos=0)

        client.on_connect = subscribe
        client.on_subscribe = lambda *_: self._up.set()
        client.on_message = self._on_message
        client.on_socket_open = _at_once
        client.connect_async("localhost", park.broker.port)
        self._client = client

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        reply = read_note(message.topic, bytes(message.payload), self._secret)
        assert isinstance(reply, ClaimReply)
        self._replies.put(reply.number)

    def __enter__(self) -> "Claims":
        self._client.loop_start()
        assert self._up.wait(LONGEST_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def ask(self, claims: int) -> list[float]:
        """Return ms until each of some claims was answered; one that is lost is sent again."""
        waits = []
        topic = note_topic(PARK, self._gate, Claim.topic_end)
        for _ in range(claims):
            self._number += 1
            claim = Claim(
                journal_id=b"c" * 16,
                number=self._number << 8 | 1,
                ticket=self._number.to_bytes(8, "big"),
                persons=1,
                admits=1,
                policy=0,
                extra=0,
                passback=0,
                passback_ms=0,
                share=0,
            )
            start = time.perf_counter()
            self._send(topic, claim)
            waits.append((time.perf_counter() - start) * 1000)
        return waits

    def _send(self, topic: str, claim: Claim) -> None:
        """Send a claim until it is answered: the centre may not be there yet."""
        payload = write_note(topic, claim, self._secret)
        for _ in range(int(LONGEST_S / LOST_S)):
            self._client.publish(topic, payload)
            with suppress(Empty):
                while self._replies.get(timeout=LOST_S) != claim.number:
                    continue  # an answer to what was sent twice
                return
        raise AssertionError("no answer to a claim")


def _at_once(_client: mqtt.Client, _data: Any, connection: Any) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@contextmanager
def _greedy(park: LivePark) -> Iterator[None]:
    """Ask and never read, on a thread of its own, until the block ends."""
    folder = park.folder / f"identity-{GREEDY}"
    tls = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    link = tls.wrap_socket(
        socket.create_connection(("localhost", park.broker.port), LONGEST_S),
        server_hostname="localhost",
    )
    hello = _text("MQTT") + b"\x04\x02\x00\x00" + _text(GREEDY)  # a keep-alive of 0: none
    link.sendall(_packet(0x10, hello))
    assert link.recv(4)[:1] == b"\x20"
    link.sendall(_packet(0x82, b"\x00\x01" + _text(f"sg1/{PARK}/{GREEDY}/down/#") + b"\x01"))
    assert link.recv(5)[:1] == b"\x90"
    stop = Event()
    thread = Thread(target=_ask, args=(link, _questions(folder), stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        link.close()


def _questions(folder: Path) -> bytes:
    """Return one request for a piece and one for news, as MQTT packets at QoS 0."""
    key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    topic = topic_of(PARK, GREEDY, ListRequest)
    signer = key_id(key.public_key().public_bytes_raw())
    want = envelopes.encode(topic, ListRequest(SERIES, 1, 0, 0), signer, key.sign)
    since = note_topic(PARK, GREEDY, NewsRequest.topic_end)
    note = write_note(since, NewsRequest(1, 0), bytes.fromhex((folder / "link").read_text("ascii")))
    return _packet(0x30, _text(topic) + want) + _packet(0x30, _text(since) + note)


def _ask(link: ssl.SSLSocket, questions: bytes, stop: Event) -> None:
    link.settimeout(1.0)
    while not stop.wait(1 / REQUESTS_A_SECOND):
        try:
            link.sendall(questions)
        except OSError:  # thrown out, or the broker does not take any more
            return


def _text(words: str) -> bytes:
    raw = words.encode()
    return struct.pack(">H", len(raw)) + raw


def _packet(kind: int, body: bytes) -> bytes:
    """Return a packet of MQTT 3.1.1 of less than 16,384 bytes."""
    size = bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 127 | 128, len(body) >> 7])
    return bytes([kind]) + size + body
