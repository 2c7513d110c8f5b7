"""Tell receivers what is in no table: reports that were written."""

from collections.abc import Sequence
from pathlib import Path

from fleet_manager.centre import Centre
from fleet_manager.events import outbox
from fleet_manager.events.event_types import EventType


def announce_reports(centre: Centre, files: Sequence[Path]) -> None:
    """Store the event that files of reports were written, if a receiver wants it and there are
    some. It says their names; who is told fetches them where the park keeps its reports."""
    if not files:
        return
    with centre.store.write() as connection:
        names = sorted(file.name for file in files)
        outbox.append(connection, EventType.REPORT_MADE, {"files": names}, centre.clock())
