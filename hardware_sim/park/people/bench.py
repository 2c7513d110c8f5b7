"""A gate of another make, on a technician's bench: it speaks the protocol of claims as docs/
say, and does on purpose what boards do seldom. It asks for a team at several lanes, asks once more
for fewer, reports some of the team in one message, and what it tells of one visitor between what
it tells of another. `checks.claims` looks at each answer."""

from functools import partial
from typing import TYPE_CHECKING

from fleet_manager.tickets.sell import TicketOrder
from gate_agent.validator.messages.claim_number import claim_number
from gate_agent.validator.messages.notes import Claim
from gate_agent.validator.passage import Passage, PassageKind
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.faults.attacks import lies
from hardware_sim.park.faults.attacks.lies import FalseJournal, Voice

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

NAME = "bench"
TEAM = 4
TIMES = 2
APART_MS = 200.0
"""Each message is handled before the next one comes."""


class Bench:
    """Enrols a gate that has no board, before the centre starts."""

    def __init__(self, park: "Park") -> None:
        self._park = park
        self._rng = park.world.stream(NAME)
        park.stations[NAME] = park.stations[park.gates[0].name]
        self._voice = Voice(NAME, park.enrolment.add(NAME, park.stations[NAME]))
        park.outsiders[NAME] = lambda _topic, _payload: None

    def plan(self, start_ms: float, end_ms: float) -> None:
        """Let it admit a team and somebody else a few times a day, each time with a new card."""
        for _ in range(TIMES):
            self._park.world.at(self._rng.uniform(start_ms, end_ms), self._admit)

    def _admit(self) -> None:
        park = self._park
        order = TicketOrder("day", park.centre.today())
        [team] = park.centre.sell(TicketOrder("day", order.first_day, admits=TEAM))
        [other] = park.centre.sell(order)
        journal = FalseJournal(self._rng)
        ask, tell = partial(self._ask, journal), partial(self._tell, journal)
        steps = (
            partial(ask, 1, 1, team, TEAM),
            partial(ask, 1, 1, team, 1),
            partial(ask, 1, 2, team, TEAM),
            partial(ask, 1, 3, other, 1),
            partial(tell, other, claim_number(1, 3), ((_GRANTED, 1), (_TAKEN, 1))),
            partial(ask, 2, 4, team, TEAM),
            partial(ask, 3, 2, team, TEAM),
            partial(tell, team, claim_number(1, 1), ((_GRANTED, 4), (_TAKEN, 1), (_GONE, 2))),
            partial(ask, 6, 2, team, TEAM),
            partial(ask, 1, 1, team, TEAM),
            partial(tell, team, claim_number(6, 2), ((_GRANTED, 2), (_TAKEN, 1), (_TAKEN, 1))),
            partial(tell, team, claim_number(1, 1), ((_TAKEN, 1),)),
            partial(ask, 10, 1, team, TEAM),
        )
        for number, step in enumerate(steps):
            park.world.after(number * APART_MS, step)

    def _ask(
        self, journal: FalseJournal, seq: int, lane: int, ticket: Ticket, persons: int
    ) -> None:
        """Claim a ticket, by the number of the record that would be the next one."""
        claim = Claim(
            journal_id=journal.id,
            number=claim_number(seq, lane),
            ticket=ticket.id,
            persons=persons,
            admits=ticket.admits,
            policy=ticket.entry_policy.to_byte(),
            extra=0,
            passback=2,
            passback_ms=self._park.passback_ms,
            share=0,
        )
        self._park.centre.receive(*self._voice.note(claim))

    def _tell(
        self,
        journal: FalseJournal,
        ticket: Ticket,
        claim: int,
        rows: tuple[tuple[PassageKind, int], ...],
    ) -> None:
        """Report records about a claim, all in one message."""
        records = [self._record(ticket, claim, kind, persons) for kind, persons in rows]
        self._park.centre.receive(*self._voice.message(journal.batch(records)))

    def _record(self, ticket: Ticket, claim: int, kind: PassageKind, persons: int) -> Passage:
        row = lies.taken(ticket.id, persons, ticket.admits, self._park.world.utc_ms)
        return row._replace(kind=kind, claim=claim)


_GRANTED, _TAKEN, _GONE = PassageKind.GRANTED, PassageKind.TAKEN, PassageKind.NOT_TAKEN
