"""A stolen board: its key and link secret are valid, and it says what it likes."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from gate_agent.validator.messages.envelopes import ListRequest
from gate_agent.validator.messages.renewal import Renew
from gate_agent.validator.tickets.series import MAIN_SERIES
from hardware_sim.park.faults.attacks import lies
from hardware_sim.park.faults.attacks.lies import FalseJournal, Voice

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

NAME = "stolen"
USED_AT_ONCE = 3
NEW_JOURNALS = 12
MOST_JOURNALS = 3
CLAIMS = 30
REQUESTS = 40
SPREAD_MS = 5000.0
PROVABLE = "up/renew"
"""What no honest gate sends without an order: the centre can tell."""


class Insider:
    """Speaks for the gate NAME, which has no board in the park. It reads no answer."""

    def __init__(self, park: "Park", rng: random.Random) -> None:
        self._park = park
        self._rng = rng
        station = park.stations[park.gates[0].name]
        park.stations[NAME] = station
        self._voice = Voice(NAME, park.enrolment.add(NAME, station))
        self._journal = FalseJournal(rng)
        park.outsiders[NAME] = lambda _topic, _payload: None
        self._kinds: tuple[Callable[[], list[tuple[str, bytes]]], ...] = (
            self._use_up,
            self._odd_records,
            self._odd_states,
            self._new_journals,
            self._others_journals,
            self._claims,
            self._requests,
            self._news,
            self._renewals,
        )

    def lie(self) -> None:
        """Tell lies of one kind, one after the other."""
        kind = self._rng.choice(self._kinds)
        packets = kind()
        self._park.world.note("lie", kind.__name__, len(packets))
        for packet in packets:
            self._park.world.after(
                self._rng.uniform(0.0, SPREAD_MS),
                lambda packet=packet: self._send(packet),  # type: ignore[misc]
            )

    def _send(self, packet: tuple[str, bytes]) -> None:
        if NAME in self._park.disowned:
            return
        if self._park.centre.up and packet[0].endswith(PROVABLE):
            self._park.lies[NAME] += 1
        self._park.centre.receive(*packet)

    def _some_tickets(self, count: int) -> list[bytes]:
        tickets = self._rng.sample(sorted(self._park.tickets), count)
        ids = [self._park.tickets[serial].id for serial in tickets]
        self._park.claimed.update(ids)
        return ids

    def _use_up(self) -> list[tuple[str, bytes]]:
        """Use tickets that were shown nowhere."""
        park = self._park
        serials = self._rng.sample(sorted(park.tickets), USED_AT_ONCE)
        records = []
        for serial in serials:
            ticket = park.tickets[serial]
            park.used_up.add(ticket.id)
            records.append(lies.taken(ticket.id, 1, ticket.admits, park.world.utc_ms))
        return [self._voice.message(self._journal.batch(records))]

    def _odd_records(self) -> list[tuple[str, bytes]]:
        records = [lies.odd_record(self._rng, self._park.world.utc_ms) for _ in range(8)]
        self._park.invented.update(record.ticket for record in records if record.ticket)
        return [self._voice.message(self._journal.batch(records))]

    def _odd_states(self) -> list[tuple[str, bytes]]:
        rng, now_ms = self._rng, self._park.world.utc_ms
        journal = rng.choice((self._journal.id, rng.randbytes(16)))
        states = [self._voice.message(lies.odd_state(rng, journal, now_ms)) for _ in range(6)]
        return [*states, self._voice.message(lies.odd_birth(rng, journal))]

    def _new_journals(self) -> list[tuple[str, bytes]]:
        packets = []
        for _ in range(NEW_JOURNALS):
            journal = FalseJournal(self._rng)
            record = lies.odd_record(self._rng, self._park.world.utc_ms)
            self._park.invented.add(record.ticket or b"")
            packets.append(self._voice.message(journal.batch([record])))
            packets.append(self._voice.message(lies.odd_birth(self._rng, journal.id)))
        return packets

    def _others_journals(self) -> list[tuple[str, bytes]]:
        """Speak of journals of other gates: with records, births and claims of its own. Which there
        are stands in every export of the centre."""
        packets = []
        rows = self._park.centre.read("SELECT id FROM journal WHERE gate <> ? ORDER BY no", NAME)
        for (journal,) in self._rng.sample(rows, min(len(rows), MOST_JOURNALS)):
            false = FalseJournal(self._rng)
            false.id = journal
            record = lies.odd_record(self._rng, self._park.world.utc_ms)
            [ticket] = self._some_tickets(1)
            packets += [
                self._voice.message(false.batch([record])),
                self._voice.message(lies.odd_birth(self._rng, false.id)),
                self._voice.note(lies.odd_claim(self._rng, false.id, ticket)),
            ]
        return packets

    def _claims(self) -> list[tuple[str, bytes]]:
        tickets = self._some_tickets(CLAIMS // 3) + [
            self._rng.randbytes(8) for _ in range(CLAIMS - CLAIMS // 3)
        ]
        journal = self._journal.id
        return [self._voice.note(lies.odd_claim(self._rng, journal, ticket)) for ticket in tickets]

    def _requests(self) -> list[tuple[str, bytes]]:
        """Ask for the newest list again and again, without reading what comes."""
        newest = self._park.centre.newest.get(MAIN_SERIES, 0)
        requests = [
            ListRequest(MAIN_SERIES, newest, 0, 0),
            ListRequest(MAIN_SERIES, newest, 0, self._rng.choice((1, (1 << 63) - 1))),
            ListRequest("\x00", (1 << 63) - 1, (1 << 63) - 1, (1 << 63) - 1),
        ]
        return [self._voice.message(self._rng.choice(requests)) for _ in range(REQUESTS)]

    def _news(self) -> list[tuple[str, bytes]]:
        return [self._voice.note(lies.odd_request(self._rng)) for _ in range(REQUESTS // 4)]

    def _renewals(self) -> list[tuple[str, bytes]]:
        draw = self._rng.randbytes
        return [self._voice.message(Renew(draw(32), draw(32), draw(64))) for _ in range(3)]
