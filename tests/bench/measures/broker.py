"""What a gate that only stays connected costs the broker: a real mosquitto with the field's
settings and TLS with a client's certificate, gates that connect, subscribe as gates do, and ping.

One certificate serves them all, so the setting that makes it the client's id is off.
"""

import os
import pwd
import socket
import ssl
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from fleet_manager import centre
from fleet_manager.access.actor import computer_user
from fleet_manager.gates import gates as fleet
from fleet_manager.services.park import NewPark, create, write_broker_files
from gate_agent.uplink.mqtt import KEEPALIVE_S
from hardware_sim.broker import CONFIG, find_mosquitto, free_port, render
from tests.bench.figures import Absent, Figure, measure
from tests.bench.samples import PARK, ZONE
from tests.process.kernel import cpu_s, memory_mib

GATES = 800
"""Below the 1,024 open files that a process may have where nobody said otherwise."""
PINGS = 5
LONGEST_S = 10.0
_CONNACK, _PINGREQ, _PINGRESP = b"\x20\x02\x00\x00", b"\xc0\x00", b"\xd0\x00"


def _text(words: str) -> bytes:
    raw = words.encode()
    return struct.pack(">H", len(raw)) + raw


def _packet(kind: int, body: bytes) -> bytes:
    """Of MQTT 3.1.1, shorter than 128 bytes."""
    return bytes([kind, len(body)]) + body


@contextmanager
def _broker(folder: Path, identity: Path) -> Iterator[tuple[int, Path, int]]:
    """Its port, its authority's certificate, its process' id; `identity` gets a gate's files."""
    program = find_mosquitto()
    if program is None:
        raise Absent("mosquitto is not installed")
    now = datetime.now(UTC)
    create(
        folder / "centre",
        computer_user(),
        NewPark(park=PARK, name_zh="西湖", name_en="West Lake", time_zone=ZONE.key),
        now,
    )
    with centre.opened(folder / "centre") as opened:
        files = write_broker_files(opened, computer_user(), "localhost", folder / "tls")
        fleet.draw_bundle(opened.unlock(), PARK, "north-1", opened.authority(), now).write(identity)
    key, authority, certificate = files
    port = free_port()
    values = {
        "listener": f"{port} 127.0.0.1",
        "cafile": str(authority.absolute()),
        "certfile": str(certificate.absolute()),
        "keyfile": str(key.absolute()),
        "acl_file": str(CONFIG / "mosquitto.acl"),
        "use_username_as_clientid": "false",
    }
    text = render((CONFIG / "mosquitto.conf").read_text("utf-8"), values)
    user = pwd.getpwuid(os.geteuid()).pw_name  # whoever else could not read the key
    (folder / "mosquitto.conf").write_text(f"{text}user {user}\nlog_dest none\n", "utf-8")
    process = subprocess.Popen(
        [program, "-c", str(folder / "mosquitto.conf")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + LONGEST_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert time.monotonic() < end, "the broker does not listen"
                time.sleep(0.05)
        yield port, authority, process.pid
    finally:
        process.kill()
        process.wait()


def _gate(tls: ssl.SSLContext, port: int, number: int) -> ssl.SSLSocket:
    """Connected and subscribed."""
    link = tls.wrap_socket(
        socket.create_connection(("127.0.0.1", port), LONGEST_S), server_hostname="localhost"
    )
    hello = _text("MQTT") + b"\x04\x02" + struct.pack(">H", KEEPALIVE_S) + _text(f"gate-{number}")
    link.sendall(_packet(0x10, hello))
    assert link.recv(4) == _CONNACK
    link.sendall(_packet(0x82, b"\x00\x01" + _text(f"sg1/{PARK}/north-1/down/#") + b"\x01"))
    assert link.recv(5)[:1] == b"\x90"
    return link


@measure("broker_kib_per_gate", "broker_connect_ms", "broker_ping_us")
def idle_gates() -> dict[str, Figure]:
    """Memory of the broker's process, without what the kernel keeps for a socket."""
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build") as name, ExitStack() as stack:
        folder = Path(name)
        port, authority, pid = stack.enter_context(_broker(folder, folder / "identity"))
        tls = ssl.create_default_context(cafile=str(authority))
        tls.load_cert_chain(folder / "identity" / "cert.pem", folder / "identity" / "key.pem")
        empty_mib, start_s = memory_mib(pid, "VmRSS"), cpu_s(pid)
        gates = [stack.enter_context(_gate(tls, port, number)) for number in range(GATES)]
        connected_s, full_mib = cpu_s(pid), memory_mib(pid, "VmRSS")
        for _ in range(PINGS):
            for gate in gates:
                gate.sendall(_PINGREQ)
            for gate in gates:
                assert gate.recv(2) == _PINGRESP
        pinged_s = cpu_s(pid) - connected_s
    each_kib = (full_mib - empty_mib) * 1024 / GATES
    connect_ms = (connected_s - start_s) / GATES * 1000
    ping_us = pinged_s / GATES / PINGS * 1e6
    note = f"{GATES} gates connected at once, TLS with a certificate each way"
    return {
        "broker_kib_per_gate": Figure(round(each_kib, 1), "KiB", None, note),
        "broker_connect_ms": Figure(round(connect_ms, 2), "ms", None, "CPU of the broker"),
        "broker_ping_us": Figure(round(ping_us), "us", None, f"one each {KEEPALIVE_S} s"),
    }
