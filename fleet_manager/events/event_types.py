"""PURE. The types of events that receivers may want."""

from enum import StrEnum

from fleet_manager.errors import CentreError


class EventType(StrEnum):
    """Type of an event, as its body says it.

    `passages.recorded`: records of one gate, at most 100. `incident.opened`, `incident.closed`.
    `occupancy.level`: a limit of the park is reached by 80, 90 or 100 %, or no more. `day.closed`:
    a park day is over, with its sums and the gates that were silent since. `report.made`: a report
    was written. `audit.head`: number and hash of the last line of the audit, each day: who keeps
    it elsewhere sees an audit that was cut off or written anew.
    """

    PASSAGES = "passages.recorded"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_CLOSED = "incident.closed"
    OCCUPANCY = "occupancy.level"
    DAY_CLOSED = "day.closed"
    REPORT_MADE = "report.made"
    AUDIT_HEAD = "audit.head"


TEST_TYPE = "webhook.test"
"""Of an event that says nothing; it is sent to try a receiver out, and is wanted by nobody."""
ALL = tuple(EventType)


def read_types(words: tuple[str, ...]) -> tuple[EventType, ...]:
    """Return types in their usual order, all of them for no words. A word may be a type or what is
    before its dot: `incident` names two. Raises CentreError for another."""
    chosen = set[EventType]()
    for word in words:
        meant = {kind for kind in ALL if word in (kind.value, kind.value.partition(".")[0])}
        if not meant:
            raise CentreError(
                f"cannot send events of type {word!r}: there is no such type",
                f"choose from {', '.join(ALL)}",
            )
        chosen |= meant
    return tuple(kind for kind in ALL if kind in chosen) if words else ALL
