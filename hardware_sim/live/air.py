"""The way between the gates' network namespaces and the centre's: every IP packet goes through our
hands, so that it can be lost, late, doubled or overtaken, and TCP has to cope as in the field."""

import heapq
import os
import random
import select
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any, TypeVar

from hardware_sim.live import namespace
from hardware_sim.live.weather import FAIR, LinkWeather, flights_s

CENTRE = "10.77.0.1"
_PACKET = 1 << 16
_IDLE_S = 0.5
_DESTINATION = slice(16, 20)
_Result = TypeVar("_Result")


class Place:
    """A gate's namespace. Whatever is started through it is in there."""

    def __init__(self, number: int) -> None:
        self.address = f"10.77.0.{10 + number}"
        self.weather = FAIR
        self.plugged = True
        # A namespace belongs to a thread, and to whom that thread starts.
        self._thread = ThreadPoolExecutor(1, f"place {number}", _leave)
        self.tun: int = self.there(lambda: namespace.open_tun(f"{self.address}/24"))

    def there(self, act: Callable[[], _Result]) -> _Result:
        """Call `act` in the namespace and return what it returns."""
        return self._thread.submit(act).result()

    def popen(self, *arguments: Any, **named: Any) -> "subprocess.Popen[bytes]":
        """Start a process in the namespace, as subprocess.Popen."""
        return self.there(lambda: subprocess.Popen(*arguments, **named))

    def cable(self, *, plugged: bool) -> None:
        """Plug or unplug the board's network interface; the kernel knows at once."""
        self.plugged = plugged
        state = "up" if plugged else "down"
        self.there(lambda: namespace.ip("link", "set", namespace.INTERFACE, state))

    def close(self) -> None:
        """Leave the namespace. Whoever is in there keeps it alive, without a way out."""
        os.close(self.tun)
        self._thread.shutdown()


def _leave() -> None:
    os.close(namespace.unshare())


class Air:
    """Moves the caller's thread into the centre's namespace, which has the address CENTRE; threads
    and processes that come later are there as well. `home`: where it was, for `namespace.inside`.
    `places`: of the gates, by name. Raises DemoError where there can be no namespaces."""

    def __init__(self, gates: Sequence[str], seed: int) -> None:
        self.home = namespace.unshare()
        self._tun = namespace.open_tun(f"{CENTRE}/24")
        self.places = {name: Place(number) for number, name in enumerate(gates)}
        self._rng = random.Random(f"{seed}/air")
        self._due: list[tuple[float, int, int, bytes]] = []
        self._count = 0
        self._ending = False
        self._thread = Thread(target=self._carry, name="air", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Return the caller to its own namespace."""
        self._ending = True
        self._thread.join()
        for place in self.places.values():
            place.close()
        os.close(self._tun)
        namespace.move_to(self.home)
        os.close(self.home)

    def _carry(self) -> None:
        by_tun = {place.tun: place for place in self.places.values()}
        by_address = {socket.inet_aton(place.address): place for place in self.places.values()}
        centre = socket.inet_aton(CENTRE)
        ready = select.poll()
        for tun in (self._tun, *by_tun):
            ready.register(tun, select.POLLIN)
        while not self._ending:
            for tun, _ in ready.poll(self._wait_s() * 1000):
                packet = _read(tun)
                if tun == self._tun:
                    place = by_address.get(packet[_DESTINATION])
                    if place is not None:
                        self._send(place.weather, place.tun, packet)
                elif packet[_DESTINATION] == centre:
                    self._send(by_tun[tun].weather, self._tun, packet)
            self._deliver()

    def _send(self, weather: LinkWeather, tun: int, packet: bytes) -> None:
        now_s = time.monotonic()
        for flight_s in flights_s(weather, self._rng):
            self._count += 1
            heapq.heappush(self._due, (now_s + flight_s, self._count, tun, packet))

    def _deliver(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            _, _, tun, packet = heapq.heappop(self._due)
            try:
                os.write(tun, packet)
            except OSError:
                pass  # the cable is out there

    def _wait_s(self) -> float:
        if not self._due:
            return _IDLE_S
        return min(_IDLE_S, max(0.0, self._due[0][0] - time.monotonic()))


def _read(tun: int) -> bytes:
    """Read a packet; empty for a cable that is out."""
    try:
        return os.read(tun, _PACKET)
    except OSError:
        return b""
