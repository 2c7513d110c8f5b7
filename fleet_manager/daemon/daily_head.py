"""Leave the audit's head in a folder outside of the house, once each park day.

A thread of its own: a folder of a server that is away may hang, and must not hold up the gates.
"""

import logging
import threading
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.services.people import audit_record

_LOG = logging.getLogger(__name__)
EVERY_S = 600.0
"""How often it looks whether a day has begun, and tries again after a failure."""


class DailyHead:
    """`folder`: where the files go."""

    def __init__(self, centre: Centre, folder: Path) -> None:
        self._centre = centre
        self._folder = folder
        self._ending = threading.Event()
        self._complained = False

    def start(self) -> None:
        """Begin; a head of today is written at once if there is none."""
        threading.Thread(target=self._run, name="daily-head", daemon=True).start()

    def stop(self) -> None:
        """Write no more. Does not wait: the folder may hang."""
        self._ending.set()

    def write(self) -> Path | None:
        """Write the head of today unless it is there; return its file. A failure is logged once,
        until it works again."""
        try:
            file = audit_record.write_daily_head(self._centre, self._folder)
        except (CentreError, SQLAlchemyError, OSError) as error:
            if not self._complained:
                _LOG.warning("cannot leave the head of the audit outside: %s", error)
            self._complained = True
            return None
        self._complained = False
        return file

    def _run(self) -> None:
        while not self._ending.is_set():
            self.write()
            self._ending.wait(EVERY_S)
