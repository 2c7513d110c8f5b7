"""PURE. The passage sensor of an arm: what the movements of its contacts mean, and what is broken.

A power cut at the turnstile opens its contacts as a passage does. Two things tell them apart: the
Ready contact opens with them; and if that is not wired, home and passage contact open in the same
instant, while an arm needs more than a tenth of a second from one to the other. So every movement
is judged a little later than it happened.
"""

from collections.abc import Iterator
from typing import NamedTuple

from gate_agent.deadlines import next_deadline
from gate_agent.drivers.pins.contacts import SETTLE_MS, Contact
from gate_agent.events import Event, Lost, Moved, Returned, Turned

STUCK_MS = 10_000.0
"""An arm that is not home after 10 s is in alarm, on turnstile boards too."""

LOOK_BACK_MS = 60.0
"""Contacts of one board open within so much of each other when its power fails."""

SAME_MS = 40.0
"""Home and passage contact so close together are no arm that turns: the fastest needs 100."""

REARM_MS = 100.0
"""Without a home contact: a passage contact that was closed for less has only fluttered."""

DARK_MS = 500.0
"""A power cut that lasts longer is a fault, a shorter one a dip."""


class Move(NamedTuple):
    """A settled movement of a contact. `at_ms`: when it began."""

    at_ms: float
    contact: str
    closed: bool


class PassageSensor:
    """Turns the movements of contacts into `Moved`, `Turned`, `Returned` and `Lost`.

    `passage`: closed at rest, opens on a passage. `home`: closed at home. `ready`: closed while the
    turnstile's board has power. None for a contact that is not wired. `stuck_ms`: how long the arm
    may be away from home. Times are ms on a monotonic clock.
    """

    def __init__(
        self,
        lane: int,
        passage: Contact | None,
        home: Contact | None,
        ready: Contact | None,
        now_ms: float,
        stuck_ms: float = STUCK_MS,
    ) -> None:
        self._lane = lane
        self._contacts = {
            name: contact
            for name, contact in (("ready", ready), ("home", home), ("passage", passage))
            if contact is not None
        }
        self._stuck_ms = stuck_ms
        self._moves: list[Move] = []
        self._closed = {name: contact.closed for name, contact in self._contacts.items()}
        # What is open from the start may have been so for long: it is a fault until it closes.
        start_ms = now_ms - stuck_ms
        self._opened_ms = {name: start_ms for name, closed in self._closed.items() if not closed}
        self._dark = not self._closed.get("ready", True)
        self._dark_ms = now_ms - DARK_MS
        self._wake_ms: float | None = None
        self._away = not self._closed.get("home", True) and not self._dark
        self._passed = not self._closed.get("passage", True)
        self._counted_ms: float | None = None
        self._reclosed_ms = float("-inf")

    @property
    def due_ms(self) -> float | None:
        """Return when to call `events` and `fault` again, without another edge; None: not before
        one."""
        contacts = [contact.due_ms for contact in self._contacts.values()]
        moves = [move.at_ms + LOOK_BACK_MS + SETTLE_MS for move in self._moves[:1]]
        return next_deadline(self._wake_ms, *contacts, *moves)

    def fault(self, now_ms: float) -> tuple[str | None, float | None]:
        """Return what is broken, None for nothing; and when to ask again if nothing happens
        before."""
        dark_ms = self._dark_ms + DARK_MS if self._dark else None
        if dark_ms is not None:
            if now_ms >= dark_ms:
                return "no power at the turnstile, or a broken wire", None
            return None, dark_ms
        again: list[float] = []
        for name, text in _STUCK.items():
            if name in self._opened_ms:
                stuck_ms = self._opened_ms[name] + self._stuck_ms
                if now_ms >= stuck_ms:
                    return text, None
                again.append(stuck_ms)
        return None, min(again, default=None)

    def events(self, now_ms: float) -> Iterator[Event]:
        """Yield the events up to `now_ms`, in the order in which they happened, as far as they can
        be judged."""
        for name, contact in self._contacts.items():
            self._moves += [Move(at_ms, name, closed) for at_ms, closed in contact.changes(now_ms)]
        self._moves.sort(key=lambda move: move.at_ms)
        while True:
            ripe = [move for move in self._moves[:1] if move.at_ms + _RIPE_MS <= now_ms]
            due_ms = ripe[0].at_ms + _RIPE_MS if ripe else now_ms
            if self._wake_ms is not None and self._wake_ms <= due_ms:
                yield from self._wake(self._wake_ms)
            elif ripe:
                yield from self._moved(self._moves.pop(0))
            else:
                return

    def _moved(self, move: Move) -> Iterator[Event]:
        self._closed[move.contact] = move.closed
        if move.closed:
            self._opened_ms.pop(move.contact, None)
        else:
            self._opened_ms[move.contact] = move.at_ms
        if move.contact == "passage" and move.closed:
            self._reclosed_ms = move.at_ms
        if not self._dark and not move.closed and self._power_failed(move):
            self._dark, self._dark_ms = True, move.at_ms
            self._wake_ms = None
        if self._dark:
            self._wake_ms = self._light_ms(move)
        elif move.contact == "home":
            yield from self._home(move.closed)
        elif move.contact == "passage" and not move.closed and self._armed(move.at_ms):
            self._counted_ms, self._passed = move.at_ms, True
            yield Turned(self._lane)

    def _power_failed(self, move: Move) -> bool:
        """Return whether a contact opened because the turnstile's board lost its power."""
        if move.contact == "ready":
            return True
        ready = self._contacts.get("ready")
        if ready is not None:
            near = ready.opened(move.at_ms - LOOK_BACK_MS, move.at_ms + LOOK_BACK_MS)
            return near or not self._closed["ready"]
        other = self._contacts.get("home" if move.contact == "passage" else "passage")
        return other is not None and other.opened(move.at_ms - SAME_MS, move.at_ms + SAME_MS)

    def _light_ms(self, move: Move) -> float | None:
        """Return, while there is no power, when to believe the contacts again; None: not before a
        movement."""
        ready = self._closed.get("ready")
        believe_ms = move.at_ms + _RIPE_MS + LOOK_BACK_MS
        if ready is False:
            return None
        if ready is True:
            flickers = not move.closed and self._power_failed(move)
            return believe_ms if flickers or self._wake_ms is None else self._wake_ms
        if move.closed:
            return believe_ms if self._wake_ms is None else self._wake_ms
        return self._wake_ms if any(self._closed.values()) else None

    def _wake(self, at_ms: float) -> Iterator[Event]:
        """Yield what happened during a power cut, from the contacts now and before it."""
        self._dark, self._wake_ms = False, None
        home, passage = self._closed.get("home"), self._closed.get("passage", True)
        for name in self._opened_ms:
            self._opened_ms[name] = max(self._opened_ms[name], self._dark_ms)
        if not passage:
            if not self._passed:
                if home is False and not self._away:
                    yield Moved(self._lane)
                self._away, self._passed, self._counted_ms = home is False, True, at_ms
                yield Turned(self._lane)
        elif home is False:
            if not self._away or self._passed:
                yield Moved(self._lane)
            self._away, self._passed, self._counted_ms = True, False, None
        elif self._away:
            # It set out in the light and is home again: nobody saw which way.
            if not self._passed:
                yield Lost(self._lane)
            self._away = self._passed = False

    def _home(self, closed: bool) -> Iterator[Event]:
        self._away = not closed
        if not closed:
            yield Moved(self._lane)
        elif not self._passed:
            yield Returned(self._lane)
        self._passed = False

    def _armed(self, at_ms: float) -> bool:
        """Return whether an opening of the passage contact is another person, and no flutter of the
        last one's: the arm has been home since, or there is no contact that could say so."""
        home = self._contacts.get("home")
        still_ms = at_ms - self._reclosed_ms
        if home is None or self._closed["home"]:
            return still_ms >= REARM_MS
        if self._counted_ms is None or home.closed_since(self._counted_ms):
            return True
        return still_ms >= self._stuck_ms


_RIPE_MS = SETTLE_MS + LOOK_BACK_MS
_STUCK = {
    "passage": "the passage contact stays open: no power at the turnstile, or a broken wire",
    "home": "the arm is not home: held open, broken, or its wire is",
}
