"""A daemon that does nothing but have a relay guard, and pulse when told: a victim for tests.

Words: where the lines are, and one PIN:high|low for each relay. Each line of standard input is a
relay's number and a pulse's ms; each answer is a line of standard output.
"""

import sys
from threading import Lock

from gate_agent.drivers.arms.guard.client import Guard, Watcher
from gate_agent.drivers.arms.guard.start import RelayLine
from gate_agent.errors import DriverFault


def main(words: list[str]) -> None:
    """Until standard input ends."""
    wires = [
        RelayLine(int(pin), level == "high")
        for pin, level in (word.split(":") for word in words[1:])
    ]
    guard, lock = Guard(words[0], wires), Lock()

    def say(text: str) -> None:
        with lock:
            print(text, flush=True)

    for number in range(len(wires)):
        watcher = Watcher(
            lambda on, number=number: say(f"{'on' if on else 'off'} {number}"),  # type: ignore[misc]
            lambda why: say(f"lost {why}"),
            lambda: say("back"),
        )
        guard.start(number, watcher)
    say(f"guard {guard.pid}")
    for line in sys.stdin:
        relay, ms = line.split()
        try:
            guard.pulse(int(relay), int(ms))
        except DriverFault as fault:
            say(f"refused {fault}")
        else:
            say("taken")
    for number in range(len(wires)):
        guard.stop(number)


if __name__ == "__main__":
    main(sys.argv[1:])
