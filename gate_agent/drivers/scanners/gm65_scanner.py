"""A scanner module of the GM65 family: found at any speed, set up, watched, and read."""

from dataclasses import dataclass
from time import monotonic

from serial import Serial

from gate_agent.config.settings import ScannerSettings
from gate_agent.drivers.scanners.demux import QUIET_S, Demux, Reply
from gate_agent.drivers.scanners.flow import Flow
from gate_agent.drivers.scanners.gm65 import SETTING_CODES, Command, read_zones
from gate_agent.drivers.scanners.gm65_setup import (
    MODES,
    Talk,
    beat,
    set_speed,
    set_up,
    speeds,
    trigger,
)
from gate_agent.drivers.scanners.serial_scanner import IDLE_S, SerialScanner
from gate_agent.drivers.worker import RETRY_S
from gate_agent.errors import DriverFault

_TRIES = 2


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a module is waited for, in seconds.

    `beat_s`: between two questions whether it is there; a module wired to the board's own UART
    tells nobody that it was unplugged. `answer_s`: of silence, until a question is asked again; a
    code on its way at 9600 baud takes 0.2 s, and is not silence. `longest_s`: for one answer,
    however much else is said. `look_s`: the same while the module is only looked for. `restart_s`:
    a module that changes its speed listens again after this. `reopen_s`: between two tries to open
    the port. `quiet_s`: of silence, until what came is taken for all of an answer.
    """

    beat_s: float = 1.0
    answer_s: float = 0.3
    longest_s: float = 3.0
    look_s: float = 0.5
    restart_s: float = 0.2
    reopen_s: float = RETRY_S
    quiet_s: float = QUIET_S


class Gm65Scanner(SerialScanner):
    """Implements `gate_agent.ports.Scanner`. Until the module has answered and is set up, its bytes
    are not used: at a wrong speed they are noise, and its setting codes may be on."""

    def __init__(
        self,
        lane: int,
        settings: ScannerSettings,
        flow: Flow | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._patience = patience or Patience()
        super().__init__(lane, settings, flow, retry_s=self._patience.reopen_s)
        self._demux = Demux(self._patience.quiet_s)
        self._heard_s = 0.0
        self._found_one = False

    @property
    def torn(self) -> int:
        """Return the number of answers that came damaged since the port was last opened."""
        return self._demux.torn

    def serve(self, port: Serial) -> None:
        """Find the module, set it up, read it. Raise DriverFault if it does not obey."""
        self._demux = Demux(self._patience.quiet_s)
        self.lines = self._demux.lines
        moved = self._find(port)
        self._talk(port, set_up(self.settings.kind, must_save=moved))
        self._demux.tailed = True
        self.set_ready()
        on_command = MODES[self.settings.kind] == MODES["gm65-command"]
        beat_s = monotonic()
        while not self.worker.is_stopping():
            if monotonic() >= beat_s:
                self._talk(port, beat(self.settings.kind))
                self._demux.settle()
                beat_s = monotonic() + self._patience.beat_s
            if on_command and self._found_one:
                self._found_one = False
                self._talk(port, trigger())
            quiet_s = self._patience.quiet_s if self._found_one else self._demux.gap_s
            self._listen(port, quiet_s or min(IDLE_S, self._patience.beat_s))

    def _find(self, port: Serial) -> bool:
        """Leave port and module at the speed of the settings; return whether the module had another
        one. Raise DriverFault if it does not answer at any speed."""
        wanted = self.settings.baud
        for speed in speeds(wanted):
            if self.worker.is_stopping() or not self._answers(port, speed):
                continue
            if speed == wanted:
                return False
            self._send(port, set_speed(wanted))
            self.worker.wait(self._patience.restart_s)
            if self._answers(port, wanted):
                return True
            raise DriverFault(f"the scanner answers at {speed} baud and cannot be set to {wanted}")
        raise DriverFault(
            "the scanner does not answer at any speed",
            "is it plugged in, in serial mode, and of the GM65 family?",
        )

    def _answers(self, port: Serial, speed: int) -> bool:
        """Return whether the module answers at `speed` baud."""
        if port.baudrate != speed:
            port.baudrate = speed
        port.reset_input_buffer()
        self._demux.settle()
        self._demux.pause()
        tries = _TRIES if speed == self.settings.baud else 1
        return self._ask(port, read_zones(SETTING_CODES), tries, self._patience.look_s) is not None

    def _talk(self, port: Serial, talk: Talk) -> None:
        """Send the commands of a conversation and pass the answers to it, until it ends."""
        try:
            command = next(talk)
            while not self.worker.is_stopping():
                command = talk.send(self._ask(port, command))
        except StopIteration:
            return

    def _ask(
        self, port: Serial, command: Command, tries: int = _TRIES, longest_s: float | None = None
    ) -> bytes | None:
        """Return the data of the answer; None if there is none. Codes that come between are put as
        codes. A damaged answer is asked for again at once."""
        longest_s = self._patience.longest_s if longest_s is None else longest_s
        for _ in range(tries):
            self._send(port, command)
            answer = self._answer(port, command, longest_s)
            if answer is not None:
                return answer
        return None

    def _answer(self, port: Serial, command: Command, longest_s: float) -> bytes | None:
        """Return the answer to a command that was sent now; None if it came damaged, or not."""
        asked_s, torn = monotonic(), self.torn
        while self.torn == torn and not self.worker.is_stopping():
            for answer in self._listen(port, self._patience.quiet_s):
                if len(answer) == command.answer_bytes:
                    return answer
            now_s = monotonic()
            quiet_s = now_s - max(asked_s, self._heard_s)
            if quiet_s >= self._patience.answer_s or now_s - asked_s >= longest_s:
                break
        return None

    def _send(self, port: Serial, command: Command) -> None:
        self._demux.owe(command.answer_bytes)
        port.write(command.frame)

    def _listen(self, port: Serial, timeout_s: float) -> list[bytes]:
        """Return the answers that come next, or in a silence of `timeout_s`; put the codes."""
        data = self.receive(port, timeout_s)
        now_s = monotonic()
        if data:
            self._heard_s = now_s
            items = self._demux.feed(data)
        elif now_s - self._heard_s >= (self._demux.gap_s or IDLE_S):
            items = self._demux.pause()
        else:
            return []
        codes = [item for item in items if isinstance(item, bytes)]
        if self.ready:
            self._found_one |= bool(codes)
            self.scanned(codes)
        return [item.data for item in items if isinstance(item, Reply)]
