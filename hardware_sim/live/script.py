"""PURE. What can be asked of a live park, as lines of text: typed by hand, or in a scenario file.

One order a line; `#` begins a comment. docs/training.md explains each.
"""

import shlex
from dataclasses import dataclass

PROCESSES = "a gate, centre or broker"
ORDERS = {
    "swipe": ("GATE WHAT", "show a code: new, last, team, void, expired, alien, or SG1:…"),
    "push": ("GATE [wiggle|force]", "lean on the arm"),
    "jam": ("GATE", "the turnstile loses its own power"),
    "free": ("GATE", "the turnstile has power again"),
    "unplug": ("GATE", "pull the scanner's plug"),
    "plug": ("GATE", "put it back"),
    "cut": ("GATE", "the network is cut: connections break"),
    "silence": ("GATE", "the network swallows everything and says nothing"),
    "weather": ("GATE LOSS [DELAY_MS [TWICE]]", "packets are lost, late, doubled; shares in %"),
    "cable": ("GATE in|out", "of the board's network interface"),
    "heal": ("GATE", "the network is whole again"),
    "kill": ("WHO", f"kill -9: {PROCESSES}"),
    "start": ("WHO", f"start again: {PROCESSES}"),
    "freeze": ("WHO", "SIGSTOP: a gate or centre stands still"),
    "thaw": ("WHO", "SIGCONT"),
    "fill": ("GATE", "the disk is full: no file can grow"),
    "empty": ("GATE", "there is room again"),
    "refund": ("", "void the ticket that was sold last"),
    "clock": ("GATE SECONDS", "the board's clock is so much wrong; 0: right, and synchronised"),
    "renew": ("GATE", "the centre orders a new key for a gate"),
    "backup": ("", "the centre's database is saved"),
    "restore": ("", "the centre is put back to its backup"),
    "restored": ("", "what comes after it: the centre goes on above what the gates have"),
    "expect": ("GATE WHAT [SECONDS]", "the next such record: granted, taken, denied, used, …"),
    "until": (
        "GATE STATE [SECONDS]",
        "wait: linked, apart, broken, whole, settled, renewed, relisted",
    ),
    "wait": ("SECONDS", "do nothing"),
    "agree": ("", "the books must agree: journals, arms and centre"),
    "show": ("", "the park as it is"),
    "help": ("", "this list"),
    "quit": ("", "end"),
}
_LEAST = {"swipe": 2, "clock": 2, "expect": 2, "until": 2, "wait": 1, "weather": 2, "cable": 2}
_MOST = {"push": 2, "expect": 3, "until": 3, "weather": 4}
NEED_NAMESPACES = frozenset({"weather", "cable"})


class ScriptError(Exception):
    """A line that is no order. One line of text, with the line's number."""


@dataclass(frozen=True, slots=True)
class ParkOrder:
    """`line`: where it stands."""

    line: int
    verb: str
    words: tuple[str, ...]


def refused_without_namespaces(order: ParkOrder) -> ScriptError:
    """Return what to raise for an order of NEED_NAMESPACES in a park that has none."""
    return ScriptError(f"line {order.line}: {order.verb} needs a park with --namespaces")


def parse_line(text: str, line: int = 1) -> ParkOrder | None:
    """Parse one line; None for an empty line or a comment. Raises ScriptError."""
    try:
        words = shlex.split(text, comments=True)
    except ValueError as error:
        raise ScriptError(f"line {line}: {error}") from None
    if not words:
        return None
    verb, *rest = words
    if verb not in ORDERS:
        raise ScriptError(f"line {line}: no order {verb!r}; type help")
    takes, _ = ORDERS[verb]
    least = _LEAST.get(verb, 1 if takes else 0)
    if not least <= len(rest) <= _MOST.get(verb, least):
        usage = f"{verb} {takes}".rstrip()
        raise ScriptError(f"line {line}: write `{usage}`")
    return ParkOrder(line, verb, tuple(rest))


def parse(text: str) -> list[ParkOrder]:
    """Parse a whole scenario. Raises ScriptError at the first line that is wrong."""
    orders = (parse_line(line, number) for number, line in enumerate(text.splitlines(), 1))
    return [order for order in orders if order is not None]


def seconds(order: ParkOrder, at: int, default: float) -> float:
    """Return the number at that place, or the default. Raises ScriptError."""
    return number(order, at, 3600.0, "seconds") if len(order.words) > at else default


def number(order: ParkOrder, at: int, most: float, unit: str = "") -> float:
    """Return the number at that place, 0 if there is none. Raises ScriptError."""
    if len(order.words) <= at:
        return 0.0
    try:
        value = float(order.words[at])
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= most:
        mistake = f"line {order.line}: {order.words[at]!r} is not 0 to {most:g} {unit}"
        raise ScriptError(mistake.rstrip())
    return value
