"""Network namespaces of Linux: made, entered, given an interface whose packets we carry.

A namespace without a name is gone with the last process, thread and descriptor in it: nothing is
left over after a kill. The system calls are those of unshare(2), setns(2) and the kernel's
Documentation/networking/tuntap.rst.
"""

import ctypes
import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from hardware_sim.demo.processes import DemoError

INTERFACE = "air"
_CLONE_NEWNET = 0x4000_0000
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x4004_54CA, 0x0001, 0x1000
_OURS = "/proc/thread-self/ns/net"


def unshare() -> int:
    """Give this thread, and whoever it starts from now on, a network of its own. Returns the
    namespace it has left, for `inside`. Raises DemoError where that is not allowed."""
    before = os.open(_OURS, os.O_RDONLY)
    try:
        _call("unshare", _CLONE_NEWNET)
        ip("link", "set", "lo", "up")
    except OSError as error:
        os.close(before)
        raise DemoError(
            f"cannot make a network namespace: {error.strerror}; run it as root"
        ) from None
    return before


@contextmanager
def inside(namespace: int) -> Iterator[None]:
    """Move this thread to another namespace for as long as the block lasts: a socket stays where it
    was made."""
    now = os.open(_OURS, os.O_RDONLY)
    move_to(namespace)
    try:
        yield
    finally:
        move_to(now)
        os.close(now)


def move_to(namespace: int) -> None:
    """Move this thread to a namespace for good."""
    _call("setns", namespace, _CLONE_NEWNET)


def open_tun(address: str) -> int:
    """Open the only interface of this thread's namespace and return its descriptor: what is sent
    there is read from it, packet by packet, and what is written to it arrives. `address`: with its
    mask. Raises DemoError."""
    try:
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(
            tun, _TUNSETIFF, struct.pack("16sH22x", INTERFACE.encode(), _IFF_TUN | _IFF_NO_PI)
        )
        ip("addr", "add", address, "dev", INTERFACE)
        ip("link", "set", INTERFACE, "up")
    except OSError as error:
        raise DemoError(f"cannot make a network interface: {error.strerror}") from None
    return tun


def ip(*words: str) -> None:
    """Run iproute2's `ip` in this thread's namespace. Raises OSError, or DemoError without it."""
    try:
        done = subprocess.run(
            ["ip", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise DemoError("cannot set up a network: `ip` is missing, install iproute2") from None
    if done.returncode:
        raise OSError(0, f"ip {' '.join(words)}: {done.stderr.strip()}")


def _call(name: str, *arguments: int) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
