"""PURE. The page's state: a gate's status and what its lanes show, as one JSON line."""

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gate_agent.effects import Show, Sign
from gate_agent.events import DocumentShown, Overridden
from gate_agent.journal.station_history import LastEntry
from gate_agent.lane.override import STEWARD_MAY
from gate_agent.page.battery import Battery
from gate_agent.signs import SHAPES, WORDS, Words
from gate_agent.validator.reasons import TEXTS, Reason
from gate_agent.validator.tickets.manual_code import was_seen
from gate_agent.validator.tickets.ticket import Ticket

RESULTS = 20
NameOf = Callable[[int], Words | None]
"""The names of a product by its number; None where the centre has sent none."""

_RESULT = frozenset({Sign.GO, Sign.REFUSED, Sign.ALARM})


@dataclass(slots=True)
class _LaneView:
    """`number`: of the show, counting up, so that a page recognises one that it has drawn.
    `refused`: number and reason of the last refusal. `entry`: the last one before a refusal."""

    show: Show
    number: int = 0
    wall_ms: int = 0
    refused: tuple[int, Reason | None] | None = None
    entry: LastEntry | None = None
    results: deque[dict[str, object]] = field(default_factory=lambda: deque(maxlen=RESULTS))


class PageView:
    """For the page's own thread alone."""

    def __init__(
        self,
        lanes: Mapping[int, bool],
        name_of: NameOf,
        *,
        staff: bool,
        readers: Mapping[int, Sequence[str]] | None = None,
        time_zone: str = "",
    ) -> None:
        """`lanes`: number, and whether there is an arm. `staff`: whether anybody has a code.
        `readers`: names of each lane's scanner and camera. `time_zone`: the park's, by its IANA
        name."""
        self._staff = staff
        self._readers = dict(readers or {})
        self._time_zone = time_zone
        self._arms = dict(lanes)
        self._lanes = {number: _LaneView(Show(Sign.READY)) for number in lanes}
        self.name_of = name_of
        self._status: Mapping[str, object] = {}
        self._shows = 0
        self._offline_ms: int | None = None

    def show(self, lane: int, show: Show, wall_ms: int, entry: LastEntry | None = None) -> None:
        """Take what a lane shows from `wall_ms` on. `entry`: the last one with a ticket that is
        refused as used."""
        self._shows += 1
        view = self._lanes[lane]
        view.show, view.number, view.wall_ms, view.entry = show, self._shows, wall_ms, entry
        if show.record is not None and show.sign is Sign.REFUSED:
            view.refused = show.record, show.reason
        if show.sign in _RESULT and not self._counted(view, show.record, show.persons):
            direction = self._row(lane).get("direction", "in")
            view.results.appendleft({**self._shown(view), "direction": direction})

    def update(self, status: Mapping[str, object]) -> None:
        """Take the gate's status, as `gate-agent status` has it."""
        if status.get("linked"):
            self._offline_ms = None
        elif self._offline_ms is None:
            wall_ms = status.get("wall_ms")
            self._offline_ms = wall_ms if isinstance(wall_ms, int) else 0
        self._status = status
        for number, view in self._lanes.items():
            asked = self._row(number).get("asked")
            if isinstance(asked, Mapping):
                self._counted(view, asked["record"], asked["persons"])

    def _row(self, lane: int) -> Mapping[str, object]:
        """Return the lane's row of the gate's status."""
        rows = self._status.get("lanes", [])
        assert isinstance(rows, list)
        return next((row for row in rows if row["number"] == lane), {})

    @staticmethod
    def _counted(view: _LaneView, record: int | None, persons: int) -> bool:
        """Return whether the newest result is that grant, of which staff now say how many go."""
        if record is None or not view.results or view.results[0]["record"] != record:
            return False
        view.results[0]["persons"] = persons
        return True

    def _blind(self, lane: int) -> bool:
        """Return whether no reader of the lane works, of one that has any."""
        readers, faults = self._readers.get(lane, ()), self._status.get("faults", {})
        assert isinstance(faults, Mapping)
        return bool(readers) and all(reader in faults for reader in readers)

    def to_line(self, battery: Battery | None) -> bytes:
        """Return the whole state as one line of JSON, line end included."""
        lanes = {
            str(number): {
                **self._row(number),
                "has_arm": self._arms[number],
                "blind": self._blind(number),
                **self._shown(view),
                "results": list(view.results),
            }
            for number, view in self._lanes.items()
        }
        document = {
            **self._status,
            "staff": self._staff,
            "time_zone": self._time_zone,
            "offline_ms": self._offline_ms,
            "battery": None if battery is None else battery._asdict(),
            "lanes": lanes,
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def _shown(self, view: _LaneView) -> dict[str, object]:
        show = view.show
        return {
            "show": view.number,
            "sign": show.sign.value,
            "reason": None if show.reason is None else show.reason.key,
            "persons": show.persons,
            "reentry": show.reentry,
            "record": show.record,
            "overridden": show.overridden,
            "entry": None if view.entry is None else view.entry._asdict(),
            "at_ms": view.wall_ms,
            "ticket": None if show.ticket is None else self._ticket(show.ticket),
        }

    def is_late(self, event: object) -> bool:
        """Return whether a document came when the lane waits for none any more."""
        if not isinstance(event, DocumentShown):
            return False
        return self._row(event.lane).get("phase", "holder_check") != "holder_check"

    def steward_may(self, event: object) -> bool:
        """Return whether a steward may ask for this. The lane's own table decides in the end."""
        return isinstance(event, Overridden) and any(
            view.refused == (event.record, reason)
            for number, view in self._lanes.items()
            for reason in STEWARD_MAY
            if number == event.lane
        )

    def _ticket(self, ticket: Ticket) -> dict[str, object]:
        if not was_seen(ticket):
            return {"serial": ticket.serial, "admits": 1, "group": None}
        names = self.name_of(ticket.product)
        return {
            "serial": ticket.serial,
            "product": ticket.product,
            "names": None if names is None else names._asdict(),
            "admits": ticket.admits,
            "group": ticket.group,
            "issue": ticket.issue,
            "not_before_ms": ticket.not_before * 1000,
            "expires_ms": ticket.expires_at * 1000,
            "holder": ticket.holder_tag is not None,
        }


def words_document() -> bytes:
    """Return shape and words of every sign and reason, for the page's script."""
    signs = {
        sign.value: {"shape": SHAPES[sign].value, "zh": words.zh, "en": words.en}
        for sign, words in WORDS.items()
    }
    reasons = {
        reason.key: {"zh": text.zh, "en": text.en, "hint": text.hint}
        for reason, text in TEXTS.items()
    }
    return json.dumps({"signs": signs, "reasons": reasons}, ensure_ascii=False).encode()
