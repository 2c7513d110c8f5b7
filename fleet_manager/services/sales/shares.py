"""Shares of merchants, posted as visitors turn the arm: by a thread of the web process."""

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.sales.money import shares
from fleet_manager.sales.money.postings import Event

_LOG = logging.getLogger(__name__)
ROUND_S = 0.5
AFTER_FAULT_S = 10.0


def post_turns(centre: Centre) -> int:
    """Post what all turns have earned that are stored and not in the ledger yet; return how many
    entries that came to. Done again it posts nothing."""
    with centre.store.read() as connection:
        journals = shares.behind(connection)
    posted = 0
    while journals:
        for journal, after, upto in journals:
            now_ms = centre.clock()
            event = Event(at_ms=now_ms, business_day=centre.calendar.day(now_ms))
            with centre.store.write() as connection:
                posted += shares.follow(connection, journal, after, upto, event)
        with centre.store.read() as connection:
            journals = shares.behind(connection)
    return posted


class ShareWorker:
    """Posts turns until `stop`, within a second of their arrival."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shares", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End after the transaction that runs."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            wait_s = ROUND_S
            try:
                post_turns(self._centre)
            except (SQLAlchemyError, CentreError, OSError) as error:
                _LOG.warning("cannot post shares now: %s", error)
                wait_s = AFTER_FAULT_S
            except Exception:  # noqa: BLE001 - one order must not end the shares of all
                _LOG.exception("cannot post shares: a mistake of this program")
                wait_s = AFTER_FAULT_S
            self._stopping.wait(wait_s)
