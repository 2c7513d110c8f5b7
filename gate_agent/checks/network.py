"""The way to the centre, and the time."""

import socket
import ssl
import time
from collections.abc import Iterator

from gate_agent.checks.row import CheckPart, CheckRow, CheckVisit, both
from gate_agent.checks.trust import own_identity
from gate_agent.clock import SYNCHRONISED
from gate_agent.signs import Words
from gate_agent.trust import identity

CONNECT_S = 5.0
FIRST_S = 1_764_000_000
"""No board of this product ran before this: November 2025."""

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
    """Check whether the centre's broker answers and accepts this gate's certificate."""
    broker, folder = visit.settings.broker, visit.settings.identity
    where = f"{broker.host}:{broker.port}"
    try:
        own = own_identity(visit)
        context = ssl.create_default_context(cafile=str(folder / identity.AUTHORITY))
        context.load_cert_chain(own.certificate, own.private)
        with (
            socket.create_connection((broker.host, broker.port), CONNECT_S) as plain,
            context.wrap_socket(plain, server_hostname=broker.host) as secure,
        ):
            version = secure.version()
    except ssl.SSLError as error:
        yield _CENTRE.bad(
            Words(
                f"{where} 不接受本闸机，或不是管理中心：{error.reason}",
                f"{where} does not accept this gate, or is not the centre: {error.reason}",
            ),
            Words("时钟与证书是否正确？", "are the clock and the certificates right?"),
        )
        return
    except OSError as error:
        why = error.strerror or str(error)
        yield _CENTRE.bad(
            Words(f"无法连接 {where}：{why}", f"cannot reach {where}: {why}"),
            Words("检查网线、地址和端口；离线时照常验票",
                  "check cable, address and port; tickets are checked without it"),
        )  # fmt: skip
        return
    yield _CENTRE.good(both(f"{where}, {version}"))
