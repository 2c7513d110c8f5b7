"""Fold the movements of one ticket from the database, beginning after its closed days."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from fleet_manager.database import store, tables, tables_station
from fleet_manager.park_time import Calendar
from fleet_manager.passages import closed_days, usage
from fleet_manager.passages.closed_days import ClosedDays
from fleet_manager.passages.usage import Exemption, Use
from fleet_manager.station.conflicts import (
    NOTHING_YET,
    Conflict,
    EntryUse,
    Fold,
    Movement,
    find_conflicts,
)
from fleet_manager.trust import rules
from gate_agent.validator.history import History
from gate_agent.validator.passage import PassageKind
from gate_agent.validator.tickets.entry_policy import ONCE, POLICIES
from gate_agent.validator.uses import Entitlement

_UNRESOLVED = int(PassageKind.UNRESOLVED)


class TicketFold:
    """What happened to a ticket after its closed days. `price_cents`: of its product, None if it is
    unknown. `closed`: the days to be closed now, None to leave it at that."""

    def __init__(
        self, connection: Connection, ticket: bytes, before: ClosedDays, calendar: Calendar
    ) -> None:
        self._before = before
        self._calendar = calendar
        self._uses = usage.uses_since(connection, ticket, before)
        self._exemptions = usage.exemptions_since(connection, ticket, before)
        self._movements = sorted(
            [_of_use(use) for use in self._uses if use.is_exit or use.kind != _UNRESOLVED]
            + [_of_exemption(exemption, calendar) for exemption in self._exemptions]
        )
        self._stored: dict[str, Any] = json.loads(before.fold) if before.fold else {}
        self._product = self._first_product(self._movements)
        self.price_cents: int | None = None
        self._entitlement = self._entitle(connection, ticket)
        self.closed: ClosedDays | None = None

    def _first_product(self, movements: Sequence[Movement]) -> int | None:
        """Return the product of the first movement that names one, the closed days included."""
        named = (event.product for event in movements if event.product is not None)
        product: int | None = self._stored.get("product")
        return next(named, None) if product is None else product

    def _entitle(self, connection: Connection, ticket: bytes) -> Entitlement:
        """Return how often a ticket may be used: by the centre's own table of tickets; else by the
        policy of its product; else once."""
        product, policy = self._product, None
        sold = [] if product is None else store.run(connection, _SOLD, {"of": product})
        if sold:
            policy, self.price_cents = sold[0]
        identity = {"serial": int.from_bytes(ticket[4:], "big"), "key_id": ticket[:4]}
        for (own_policy,) in store.run(connection, _POLICY, identity):
            policy = own_policy
        default, own = rules.current(connection)
        of_product = default if product is None else own.get(product, default)
        return Entitlement(
            policy=ONCE if policy is None else POLICIES[policy],
            admits=max(self._stored.get("admits", 0), _most_admitted(self._movements)) or 1,
            passback=of_product.passback,
            passback_ms=of_product.passback_ms,
        )

    @property
    def _basis(self) -> list[int | None]:
        """Return by what the cases are judged: with another basis, those of closed days change."""
        right = self._entitlement
        policy = right.policy.to_byte()
        return [policy, right.admits, int(right.passback), right.passback_ms, self.price_cents]

    @property
    def continues(self) -> bool:
        """Return whether the cases of the closed days stand as they are."""
        return not self._stored or self._stored["basis"] == self._basis

    def conflicts(self, closable: int) -> list[Conflict]:
        """Return the conflicts of the open days; set `closed` if it is time to close some.

        `closable`: the first park day that may not be closed.
        """
        fold = NOTHING_YET if not self._stored else _read_fold(self._stored)
        over = [use for use in self._uses if use.day < closable]
        if len(over) < closed_days.CLOSE_AT or not self._is_apart(closable):
            return find_conflicts(self._movements, self._entitlement, fold)[0]
        before = [movement for movement in self._movements if movement.day < closable]
        conflicts, fold = find_conflicts(before, self._entitlement, fold)
        self.closed = self._close(closable, over, before, fold)
        after = self._movements[len(before) :]
        return conflicts + find_conflicts(after, self._entitlement, fold)[0]

    def _is_apart(self, closable: int) -> bool:
        """Return whether all of the days before `closable` comes before all that follows, by time
        and by number: not if a clock or the park's time zone was changed in between."""
        times = [(use.day < closable, use.wall_ms) for use in self._uses]
        times += [(self._is_over(item, closable), item.at_ms) for item in self._exemptions]
        numbers = [(self._is_over(item, closable), item.no) for item in self._exemptions]
        return all(
            max((at for over, at in places if over), default=-1)
            < min((at for over, at in places if not over), default=1 << 63)
            for places in (times, numbers)
        )

    def _is_over(self, exemption: Exemption, closable: int) -> bool:
        return self._calendar.day(exemption.at_ms) < closable

    def _close(
        self, closable: int, over: list[Use], movements: Sequence[Movement], fold: Fold
    ) -> ClosedDays:
        before = self._before
        exemptions = [item for item in self._exemptions if self._is_over(item, closable)]
        journals = {use.no for use in over} | ({before.journal} if before.day else set())
        stored = {
            "basis": self._basis,
            "product": self._first_product(movements),
            "admits": max(self._stored.get("admits", 0), _most_admitted(movements)),
            "history": fold.history,
            "uses": [(_plain(use.event), use.too_many) for use in fold.uses],
            "elsewhere": None if fold.elsewhere is None else _plain(fold.elsewhere),
        }
        return ClosedDays(
            day=closable,
            journal=journals.pop() if len(journals) == 1 else tables_station.SEVERAL,
            history=usage.fold(before.history, over, exemptions),
            forgiven=max((item.no for item in exemptions), default=before.forgiven),
            alone=usage.count_alone(before.alone, over),
            fold=json.dumps(stored),
        )


def _most_admitted(movements: Sequence[Movement]) -> int:
    return max((event.admits for event in movements if not event.out), default=0)


def _of_use(use: Use) -> Movement:
    return Movement(
        wall_ms=use.wall_ms,
        gate=use.gate,
        journal=bytes(use.id),
        seq=use.seq,
        out=use.is_exit,
        persons=use.persons,
        day=use.day,
        product=use.product,
        admits=use.admits,
        record=bytes(use.record),
    )


def _of_exemption(exemption: Exemption, calendar: Calendar) -> Movement:
    return Movement(
        wall_ms=exemption.at_ms,
        gate="",
        journal=b"",
        seq=exemption.no,
        out=True,
        persons=exemption.persons,
        day=calendar.day(exemption.at_ms),
        product=None,
        admits=1,
        record=b"",
    )


def _plain(event: Movement) -> list[object]:
    return [value.hex() if isinstance(value, bytes) else value for value in event]


def _read_fold(stored: dict[str, Any]) -> Fold:
    elsewhere = stored["elsewhere"]
    return Fold(
        History(*stored["history"]),
        tuple(EntryUse(_movement(event), too_many) for event, too_many in stored["uses"]),
        None if elsewhere is None else _movement(elsewhere),
    )


def _movement(values: Sequence[Any]) -> Movement:
    event = Movement(*values)
    return event._replace(
        journal=bytes.fromhex(str(event.journal)), record=bytes.fromhex(str(event.record))
    )


# Built once: building a statement costs more than running it.
_SOLD = select(tables.product.c.policy, tables.product.c.price_cents).where(
    tables.product.c.id == bindparam("of")
)
_POLICY = select(tables.ticket.c.policy).where(
    tables.ticket.c.serial == bindparam("serial"), tables.ticket.c.key_id == bindparam("key_id")
)
