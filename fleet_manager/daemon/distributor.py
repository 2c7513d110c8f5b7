"""Distribute what is new at the centre to the gates that lack it.

That is versions of lists, key sets, rules, beacons, orders to renew a key, and news that another
process has numbered.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from fleet_manager.daemon.packets import Packet, PacketWriter
from fleet_manager.database.store import Store
from fleet_manager.gates.key_renewals import Renewals
from fleet_manager.lists.publisher import ListPublisher
from fleet_manager.passages import journals
from fleet_manager.station.notes import NoteHandler
from fleet_manager.trust.announcements import Announcements
from gate_agent.validator.messages.envelopes import Birth, GateState, ListOffer, Message
from gate_agent.validator.messages.trust_messages import KeysOffer


class Distributor:
    """Used by the collector's thread alone."""

    def __init__(
        self,
        store: Store,
        writer: PacketWriter,
        *,
        renewals: Renewals,
        publisher: ListPublisher,
        announcements: Announcements,
        notes: NoteHandler,
    ) -> None:
        self._store = store
        self._writer = writer
        self._renewals = renewals
        self._publisher = publisher
        self._announcements = announcements
        self._notes = notes
        self._offered: dict[str, int] = {}

    def refresh(self, now_ms: int) -> list[Packet]:
        """Read new gates and changes from the tables, make what is due, and return what is new to
        gates. It is called several times a second."""
        keys_before = self._renewals.keys
        with self._store.read() as connection:
            orders = self._renewals.refresh(connection, now_ms)
            keys = self._renewals.keys
            due = self._publisher.due(connection, now_ms)
            self._announcements.poll(connection)
            self._notes.update_keys(keys)
            news = self._notes.poll(connection)
        # A gate that connected before we knew its key has sent its Birth in vain.
        fresh = [gate for gate, key in keys.items() if keys_before.get(gate) != key]
        offers: list[tuple[str, Message]] = []
        if due or fresh or self._offered != self._publisher.newest():
            offers = self._offer_newest(due, fresh, now_ms)
        announced = self._announce(fresh, now_ms)
        if self._notes.is_housekeeping_due(now_ms):
            with self._store.write() as connection:
                self._notes.delete_expired(connection, now_ms)
        # Key sets go first: without them a gate could not verify the rest.
        key_sets = [to_gate for to_gate in announced if isinstance(to_gate[1], KeysOffer)]
        others = [to_gate for to_gate in announced if not isinstance(to_gate[1], KeysOffer)]
        messages = [*key_sets, *offers, *others, *orders]
        return [*(self._writer.write(gate, message) for gate, message in messages), *news]

    def _offer_newest(
        self, due: Sequence[str], fresh: Sequence[str], now_ms: int
    ) -> list[tuple[str, Message]]:
        """Publish the lists that are due; return offers to the gates that were sent none yet."""
        with self._store.write() as connection:
            for series in due:
                self._publisher.update(connection, series, now_ms)
            newest = self._publisher.newest()
            offers: list[tuple[str, Message]] = []
            for series, version in newest.items():
                before = self._offered.get(series, version - 1)
                gates = fresh if before == version else list(self._renewals.keys)
                offers += self._offers(connection, series, before, gates, now_ms)
        self._offered = newest
        return offers

    def _offers(
        self, connection: Connection, series: str, have: int, gates: Sequence[str], now_ms: int
    ) -> list[tuple[str, Message]]:
        """Return offers to gates that most probably have the version `have`: a gate that has
        another requests another body."""
        if have == self._publisher.newest()[series]:
            have -= 1
        sealed = self._publisher.offer(connection, series, have, now_ms) if gates else None
        return [] if sealed is None else [(gate, ListOffer(sealed, 0)) for gate in gates]

    def _announce(self, fresh: Sequence[str], now_ms: int) -> list[tuple[str, Message]]:
        """Make the rule book if it is due; return all announcements to `fresh` gates, and the new
        ones to the others."""
        if self._announcements.book_is_due:
            with self._store.write() as connection:
                self._announcements.make_book(connection, now_ms)
        new = self._announcements.new_messages(now_ms)
        return [
            (gate, message)
            for gate in self._renewals.keys
            for message in (self._announcements.all_messages(now_ms) if gate in fresh else new)
        ]

    def announce_all(self, now_ms: int) -> list[Packet]:
        """Return what is newest for every gate, and the mark of its journal.

        Call it when the connection to the broker is new: messages in both directions may have been
        lost. By the mark a centre that was restored from a backup gets later records again.
        """
        self._offered = {}
        packets = self.refresh(now_ms)
        with self._store.read() as connection:
            acks = journals.newest_acks(connection)
        return packets + [self._writer.write(gate, ack) for gate, ack in acks]

    def missing(
        self,
        connection: Connection,
        gate: str,
        report: Birth | GateState,
        lists: Sequence[tuple[str, int]],
        now_ms: int,
    ) -> list[tuple[str, Message]]:
        """Return what a gate lacks, by its report: an earlier message may have been lost.

        `lists`: series and version that the gate has in force. Call it in a writing transaction.
        """
        versions = dict(lists)
        offers: list[tuple[str, Message]] = []
        for series in self._publisher.newest():
            have = versions.get(series, 0)
            sealed = self._publisher.offer(connection, series, have, now_ms)
            if sealed is not None:
                offers.append((gate, ListOffer(sealed, 0)))
        others = self._announcements.missing(connection, report, now_ms)
        orders = self._renewals.orders(gate)
        return offers + [(gate, message) for message in (*others, *orders)]
