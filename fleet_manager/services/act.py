"""The frame of every act: right, transaction, audit line."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from fleet_manager.access import audit
from fleet_manager.access.actor import Actor
from fleet_manager.access.audit import Result, Values
from fleet_manager.access.rights import Act, require
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from gate_agent.validator.errors import WireError

_LOG = logging.getLogger(__name__)

StationOf = Callable[[Connection], str | None] | None
"""Finds the station that an object belongs to; None for objects of no station."""


@dataclass(slots=True)
class Deed:
    """An act while it is performed: its open transaction, and what its audit line will say.

    `subject`: to what it was done, such as `tickets 4, 5`. `before`, `after`: the values that it
    changed; never a document number or a key. `reason`: why, in the actor's words.
    """

    connection: Connection
    subject: str
    before: Values | None = None
    after: Values | None = None
    reason: str = ""


@contextmanager
def performed(
    centre: Centre, who: Actor, act: Act, subject: str, *, station: StationOf = None
) -> Iterator[Deed]:
    """Check the right and open the act's one write transaction; the audit line is in it.

    Whatever refuses the act undoes the transaction, is written to the audit by itself, and is
    raised to the caller: CentreError (NotAllowed among them) or WireError.
    """
    with (
        refusals(centre, who, act, subject, station=station),
        centre.store.write() as connection,
    ):
        deed = Deed(connection, subject)
        yield deed
        audit.append(
            connection,
            who,
            act,
            deed.subject,
            centre.clock(),
            before=deed.before,
            after=deed.after,
            reason=deed.reason,
        )


@contextmanager
def refusals(
    centre: Centre, who: Actor, act: Act, subject: str, *, station: StationOf = None
) -> Iterator[None]:
    """Check the right before work that precedes the transaction, such as reading a file; write
    what refuses it to the audit. Raises what the block raises, and NotAllowed."""
    try:
        require(who, act, _where(centre, who, station))
        yield
    except (CentreError, WireError) as error:
        write_refusal(centre, who, act, subject, str(error))
        raise


def _where(centre: Centre, who: Actor, station: StationOf) -> str | None:
    """Return the station of an act's object; looked up only for those whom it limits."""
    if station is None or not who.station:
        return None
    with centre.store.read() as connection:
        return station(connection)


def write_refusal(centre: Centre, who: Actor, act: Act, subject: str, reason: str) -> None:
    """Write to the audit that an act was refused, and why."""
    try:
        with centre.store.write() as connection:
            audit.append(
                connection,
                who,
                act,
                subject,
                centre.clock(),
                result=Result.REFUSED,
                reason=reason,
            )
    except SQLAlchemyError as error:  # the act's own refusal is what the person must hear
        _LOG.error("cannot write to the audit: %s", error)
