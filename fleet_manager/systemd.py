"""Tell systemd how a process is, by the protocol of sd_notify(3): one datagram of lines."""

import os
import socket
from contextlib import suppress

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


def tell(*lines: str) -> None:
    """Send lines to systemd, such as READY; nothing outside of it. Never waits: systemd starts
    this process again when it hears nothing for long."""
    name = os.environ.get("NOTIFY_SOCKET")
    if not name:
        return
    # A name in the abstract space is written with @ for its first byte.
    address = "\0" + name[1:] if name.startswith("@") else name
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as pen:
        pen.setblocking(False)
        with suppress(OSError):
            pen.sendto("\n".join(lines).encode(), address)


def status(text: str) -> str:
    """Return the line by which `systemctl status` shows a text of one line."""
    return f"STATUS={' '.join(text.split())}"
