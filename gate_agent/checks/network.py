"""The way to the centre, and the time."""

import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any

from gate_agent.checks.row import CheckPart, CheckRow, CheckVisit, both
from gate_agent.checks.trust import own_identity
from gate_agent.clock import SYNCHRONISED
from gate_agent.errors import GateError
from gate_agent.signs import Words
from gate_agent.trust import identity
from gate_agent.uplink.link_trouble import closed_by_broker, refused_by_broker, trouble_of

CONNECT_S = 5.0
FIRST_S = 1_764_000_000
"""No board of this product ran before this: November 2025."""

_CONNECT = b"\0\4MQTT\4\2\0\x14"
"""Of an MQTT CONNECT: protocol 3.1.1, a clean session, keep-alive 20 s; the client id follows."""

_CLOCK = CheckPart("clock", Words("时钟", "clock"))
_CENTRE = CheckPart("centre", Words("管理中心", "centre"))


def check_clock(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check whether the time can be right, and who has set it."""
    now_s = time.time()
    text = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(now_s))
    if now_s < FIRST_S:
        yield _CLOCK.bad(
            both(text),
            Words("接上网络，等 systemd-timesyncd 对时",
                  "connect the network and let systemd-timesyncd set it"),
        )  # fmt: skip
    elif visit.settings.clock == "host":
        yield _CLOCK.good(Words(f"{text}，信任本机时钟", f"{text}, this machine's own, trusted"))
    elif SYNCHRONISED.exists():
        yield _CLOCK.good(Words(f"{text}，已对时", f"{text}, synchronised"))
    else:
        yield _CLOCK.note(
            Words(f"{text}，未对时", f"{text}, not synchronised"),
            Words("离线也能验票；联网后对时：timedatectl",
                  "tickets are checked all the same; once there is a network: timedatectl"),
        )  # fmt: skip


def check_centre(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check whether the centre's broker accepts this gate: connect as the daemon does, and wait for
    the broker's word (CONNACK). The handshake alone proves nothing: with TLS 1.3 a broker refuses
    a certificate only after it (RFC 8446, section 4.4.2.4).

    A running daemon is asked instead: a second connection of the same name would end its own.
    """
    settings, address = visit.settings, (visit.settings.broker.host, visit.settings.broker.port)
    at = f"{address[0]}:{address[1]}"
    if visit.status is not None:
        yield _daemons_word(visit.status, at)
        return
    try:
        own = own_identity(visit)
        context = ssl.create_default_context(cafile=str(settings.identity / identity.AUTHORITY))
        context.load_cert_chain(own.certificate, own.private)
    except (GateError, OSError, ValueError) as error:
        text = getattr(error, "strerror", None) or str(error)
        yield _CENTRE.bad(
            Words(
                f"身份文件不可用，没有连接：{text}",
                f"not tried, the identity cannot be used: {text}",
            ),
            Words("先处理“身份与密钥”和“证书”两行", "first mend the rows identity and certificate"),
        )  # fmt: skip
        return
    try:
        with (
            socket.create_connection(
                (settings.broker.host, settings.broker.port), CONNECT_S
            ) as plain,
            context.wrap_socket(plain, server_hostname=settings.broker.host) as secure,
        ):
            code = _connack(secure, settings.gate)
            version = secure.version()
    except OSError as error:
        trouble = trouble_of(error, settings.broker)
        yield _CENTRE.bad(trouble.why, trouble.hint)
        return
    if code is None:
        trouble = closed_by_broker(at)
        yield _CENTRE.bad(trouble.why, trouble.hint)
    elif code:
        trouble = refused_by_broker(at, f"CONNACK {code}")
        yield _CENTRE.bad(trouble.why, trouble.hint)
    else:
        yield _CENTRE.good(
            Words(f"{at} 已接受本闸机，{version}", f"{at} accepts this gate, {version}")
        )


def _daemons_word(status: dict[str, Any], at: str) -> CheckRow:
    if status["linked"]:
        return _CENTRE.good(
            Words(f"守护进程已连接 {at}", f"the running daemon is connected to {at}")
        )
    why = status.get("down_reason") or "not connected"
    return _CENTRE.bad(
        Words(f"守护进程没有连上 {at}：{why}", f"the running daemon is not connected: {why}"),
        Words("离线时照常验票", "tickets are checked without it"),
    )


def _connack(secure: ssl.SSLSocket, gate: str) -> int | None:
    """Return the code with which the broker answers an MQTT CONNECT (MQTT 3.1.1, sections 3.1 and
    3.2), 0 for yes; None if it closes the connection instead. Raises OSError."""
    name = gate.encode()
    body = _CONNECT + len(name).to_bytes(2, "big") + name
    secure.sendall(bytes([0x10, len(body)]) + body)
    answer = b""
    while len(answer) < 4:
        more = secure.recv(4 - len(answer))
        if not more:
            return None
        answer += more
    secure.sendall(b"\xe0\0")
    return answer[3] if answer[:2] == b"\x20\2" else None
