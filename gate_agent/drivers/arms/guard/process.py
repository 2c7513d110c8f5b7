"""The relay guard: a small process that owns the relays' lines and ends every pulse on time.

It is two processes, because either can be stopped or killed. The *holder* owns the lines and times
the pulses. The *keeper*, its parent, knows when the next contact must open; if the holder is late
or gone it ends it, takes the lines at rest and makes a new one. Each pulse needs both, and a daemon
that still wants it: a pulse that was asked for too long ago is not given.

Nothing but the interpreter's own modules: it stays below 10 MiB. Its words: the socket to the
daemon, where the lines are (/dev/gpiochipN, or the socket of simulated ones), and for each relay
PIN:high|low:GROUP. Messages are datagrams of text. In: `pulse RELAY MS BEGIN_BEFORE_MS NUMBER`,
`ping NUMBER`. Out: `ready PID`, `pong NUMBER`, `on RELAY NUMBER`, `off RELAY NUMBER`,
`queued RELAY NUMBER`, `no RELAY NUMBER WHY`, `lost WHY`.
"""

import _signal  # type: ignore[import-not-found]  # the C half alone: signal's costs 1 MiB
import _socket
import os
import select
import sys
import time

from gate_agent.drivers.arms.guard.lines import MESSAGE, Line, claim
from gate_agent.drivers.arms.guard.pulses import Pulses

_LATE_MS = 60.0  # a holder that has not ended a pulse by then is not going to
_ANSWER_MS = 50
_RETRY_S = 0.05


def now_ms() -> float:
    """Return the time on the clock that daemon, keeper and holder share."""
    return time.monotonic() * 1000


def _send(fd: int, text: str) -> bool:
    try:
        os.write(fd, text.encode("utf-8", "replace")[:MESSAGE])
    except OSError:
        return False
    return True


def _read(fd: int) -> bytes:
    """Return the next message; empty if the other end is gone."""
    try:
        return os.read(fd, MESSAGE)
    except OSError:
        return b""


def _wait(fds: list[int], due_ms: float | None) -> set[int]:
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    left = None if due_ms is None else max(0, int(due_ms - now_ms() + 0.999))
    return {fd for fd, _ in poll.poll(left)}


class Holder:
    """Owns the lines. Ends with every line at rest when daemon or keeper is gone."""

    def __init__(self, daemon: int, keeper: int, lines: list[Line], groups: list[str]) -> None:
        self._daemon, self._keeper, self._lines = daemon, keeper, lines
        self._parent = os.getppid()
        self._pulses = Pulses(groups)
        self._stopping = False

    def run(self) -> None:
        """Serve until there is nobody to serve and no pulse is running."""
        _send(self._daemon, f"ready {os.getpid()}")
        while not (self._stopping and not self._pulses.until_ms):
            fds = [] if self._stopping else [self._daemon, self._keeper]
            ready = _wait(fds, self._pulses.due_ms())
            self._end()
            for fd in ready:
                message = _read(fd)
                if not message:
                    self._stopping = True
                    self._pulses.queue.clear()
                elif fd == self._daemon:
                    self._take(message.decode().split())
            self._begin()
        for line in self._lines:
            line.drive(False)

    def _take(self, words: list[str]) -> None:
        if words[0] == "ping":
            _send(self._daemon, f"pong {words[1]}")
            return
        relay, ms, number = int(words[1]), int(words[2]), int(words[4])
        answer = "it came too late"
        if now_ms() <= float(words[3]):
            answer = self._pulses.ask(relay, ms, number, now_ms())
        if answer == "queued":
            _send(self._daemon, f"queued {relay} {number}")
        elif answer != "on":
            _send(self._daemon, f"no {relay} {number} {answer}")

    def _begin(self) -> None:
        while (begun := self._pulses.begin(now_ms())) is not None:
            relay, number, in_time = begun
            if not in_time:
                _send(self._daemon, f"no {relay} {number} it came too late")
            elif not self._watched():
                # Alone this process must not close a contact: it ends, and the daemon begins anew.
                self._pulses.until_ms.clear()
                self._stopping = True
                _send(self._daemon, f"no {relay} {number} the keeper does not answer")
                _send(self._daemon, "lost the keeper does not answer")
                if os.getppid() == self._parent:
                    os.kill(self._parent, _signal.SIGKILL)
                return
            else:
                self._lines[relay].drive(True)
                _send(self._daemon, f"on {relay} {number}")

    def _watched(self) -> bool:
        """Report to the keeper when the next contact must open; return whether it confirmed."""
        if not _send(self._keeper, f"until {min(self._pulses.until_ms.values())}"):
            return False
        if not _wait([self._keeper], now_ms() + _ANSWER_MS):
            return False
        return _read(self._keeper) == b"ok"

    def _end(self) -> None:
        ended = self._pulses.ended(now_ms())
        for relay, number in ended:
            self._lines[relay].drive(False)
            _send(self._daemon, f"off {relay} {number}")
        if ended:
            left = self._pulses.until_ms.values()
            _send(self._keeper, f"then {min(left)}" if left else "rest")


class Keeper:
    """Makes holders, one after the other, and knows until when each may keep a contact closed."""

    def __init__(self, daemon: int, source: str, relays: list[tuple[int, bool, str]]) -> None:
        self._daemon, self._source, self._relays = daemon, source, relays

    def run(self) -> None:
        """Serve until a holder ends by itself, because the daemon has ended."""
        while self._serve():
            _send(self._daemon, "lost the holder was stopped or killed")

    def _serve(self) -> bool:
        """Serve one holder until it ends; return whether it ended badly."""
        lines = self._claim()
        groups = [group for _, _, group in self._relays]
        here, there = (end.detach() for end in _socket.socketpair(1, _socket.SOCK_SEQPACKET))
        holder = os.fork()
        if not holder:
            os.close(here)
            _steady()
            try:
                Holder(self._daemon, there, lines, groups).run()
                os._exit(0)
            finally:
                os._exit(1)  # the keeper takes the lines back
        os.close(there)
        for line in lines:
            os.close(line.fd)
        until_ms: float | None = None
        while True:
            if not _wait([here], None if until_ms is None else until_ms + _LATE_MS):
                os.kill(holder, _signal.SIGKILL)
                break
            words = _read(here).split()
            if not words:
                break
            until_ms = float(words[1]) if len(words) > 1 else None
            if words[0] == b"until":
                _send(here, "ok")
        os.close(here)
        return os.waitpid(holder, 0)[1] != 0

    def _claim(self) -> list[Line]:
        """Return every line, at rest; try until it works, for a line must not stay driven."""
        lines: list[Line] = []
        is_reported = False
        while True:
            try:
                for pin, active_high, _ in self._relays[len(lines) :]:
                    lines.append(claim(self._source, pin, active_high))
            except OSError as fault:
                if not is_reported:
                    is_reported = True
                    if not _send(self._daemon, f"lost cannot take the relay: {fault.strerror}"):
                        os._exit(1)
                time.sleep(_RETRY_S)
            else:
                return lines


def _steady() -> None:
    """Run before every other process, and never paged out, where the system allows it."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        pass
    import ctypes

    # Current, future, as they are touched: whoever waits for a worn card cannot open a contact.
    ctypes.CDLL(None).mlockall(7)


def main(words: list[str]) -> None:
    """Serve the daemon at the other end of the socket `words[0]`."""
    # The daemon's end is the signal to stop: a pulse under way still ends in good order.
    for number in (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP, _signal.SIGPIPE):
        _signal.signal(number, _signal.SIG_IGN)
    _steady()
    daemon = int(words[0])
    os.set_blocking(daemon, False)  # a daemon that does not listen must not hold anything up
    relays = []
    for word in words[2:]:
        pin, level, group = word.split(":")
        relays.append((int(pin), level == "high", group))
    Keeper(daemon, words[1], relays).run()


if __name__ == "__main__":
    main(sys.argv[1:])
