"""Test that what a stolen gate recorded can be taken back, and given back."""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from fleet_manager.access.actor import Actor, Role, Via, computer_user
from fleet_manager.access.rights import NotAllowed
from fleet_manager.centre import Centre
from fleet_manager.config import CentreConfig
from fleet_manager.database import incidents, tables, tables_passages, tables_station
from fleet_manager.database.store import Store
from fleet_manager.errors import CentreError
from fleet_manager.gates import key_renewals
from fleet_manager.gates.gates import public_key
from fleet_manager.incident import Incident, Sighting
from fleet_manager.intake import disowning as records_of
from fleet_manager.intake.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.passages import journals
from fleet_manager.passages.counts import Totals, count
from fleet_manager.passages.records import OF_VISITORS, RecordFilter, find, of_ticket
from fleet_manager.passages.usage import history_of
from fleet_manager.services import gates
from fleet_manager.station import claims, ledger, news
from fleet_manager.station.notes import NoteHandler
from gate_agent.validator.messages.claim_number import claim_number
from gate_agent.validator.messages.envelopes import Ack, Birth
from gate_agent.validator.messages.notes import Claim, ClaimReply, News, NewsRequest, read_note
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.tickets.entry_policy import EntryPolicy
from tests.fleet_manager.conftest import furnish
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id
from tests.gate_agent.uplink.test_station import Talk

MINUTE_MS = 60_000
STOLEN_MS = NOON + 60 * MINUTE_MS
WHO = computer_user()


class Site:
    """A centre with its clock, and two gates that write."""

    def __init__(self, store: Store, calendar: Calendar) -> None:
        self.now_ms = NOON
        self.store = store
        self.calendar = calendar
        self.centre = Centre(CONFIG, store, calendar, lambda: self.now_ms)
        self.pens = {gate: Scribe(gate, bytes([at]) * 16) for at, gate in enumerate(_GATES, 1)}

    def take(self, gate: str, ticket: int, **fields: Any) -> None:
        """A passage at this moment, by the centre's clock."""
        pen = self.pens[gate]
        values: dict[str, Any] = {"ticket": ticket_id(ticket), "product": 1}
        values |= {"wall_ms": self.now_ms} | fields
        seq = pen.write(values.pop("kind", PassageKind.TAKEN), **values).seq
        self.send(gate, seq)

    def send(self, gate: str, seq: int) -> list[tuple[str, Ack]]:
        with self.store.write() as connection:
            batch = self.pens[gate].batch(seq)
            return ingest(connection, [(gate, batch)], self.calendar, self.now_ms)

    def total(self) -> Totals:
        with self.store.read() as connection:
            return count(connection, 1, 10**6).total

    def claim(self, ticket: int) -> ClaimReply:
        claim = Claim(
            journal_id=bytes(16),
            number=claim_number(99 + ticket, 1),
            ticket=ticket_id(ticket),
            persons=1,
            admits=1,
            policy=EntryPolicy().to_byte(),
            extra=0,
            passback=0,
            passback_ms=0,
            share=0,
        )
        day = self.calendar.day(self.now_ms)
        with self.store.write() as connection:
            reply = claims.decide_claim(connection, "gate-2", 3, claim, day, self.now_ms)
        assert reply is not None
        return reply

    def rows(self) -> dict[str, list[Any]]:
        """What is derived of the records, in every table."""
        sums = (tables.tally, tables_passages.tally_day, tables_passages.tally_month)
        derived = (*sums, tables.passage, tables_station.conflict)
        with self.store.read() as connection:
            return {
                table.name: sorted(tuple(row) for row in connection.execute(select(table)))
                for table in derived
            }


_GATES = ("gate-1", "gate-2", "gate-3")
CONFIG = CentreConfig.__new__(CentreConfig)  # no act here reads it


@pytest.fixture
def site(store: Store, calendar: Calendar) -> Site:
    """Ticket 1 was used before the theft, tickets 2 and 3 after it, by the thief alone; ticket 4 at
    another gate as well."""
    site = Site(store, calendar)
    site.take("gate-1", 1)
    site.now_ms = STOLEN_MS + 5 * MINUTE_MS
    site.take("gate-1", 2)
    site.take("gate-1", 3, wall_ms=NOON - 86_400_000)  # a thief writes any time
    site.take("gate-1", 4)
    site.take("gate-2", 4, wall_ms=site.now_ms + 10_000)
    site.now_ms += MINUTE_MS
    return site


def disown(site: Site) -> gates.Disowned:
    return gates.disown(site.centre, WHO, "gate-1", STOLEN_MS, "stolen")


def test_a_ticket_that_the_thief_used_up_is_good_again(site: Site) -> None:
    assert not site.claim(2).persons
    assert disown(site).records == 3
    assert site.claim(2).persons == site.claim(3).persons == 1
    assert not site.claim(1).persons
    assert not site.claim(4).persons


def test_what_counts_is_when_records_arrived_and_not_what_they_say(site: Site) -> None:
    disown(site)
    with site.store.read() as connection:
        assert history_of(connection, ticket_id(1)).entered == 1
        assert history_of(connection, ticket_id(3)).entered == 0


def test_the_totals_leave_disowned_passages_out_and_show_how_many(site: Site) -> None:
    before = site.total()
    assert (before.entries, before.first_entries, before.disowned) == (5, 4, 0)
    disown(site)
    after = site.total()
    assert (after.entries, after.first_entries, after.inside, after.disowned) == (2, 2, 2, 3)


def test_a_conflict_with_a_disowned_entry_is_none(site: Site) -> None:
    def cases() -> list[int]:
        with site.store.read() as connection:
            return [case.serial for case in ledger.cases(connection)]

    assert cases() == [4]
    disown(site)
    assert cases() == []
    gates.own_again(site.centre, WHO, "gate-1")
    assert cases() == [4]


def test_records_and_tickets_show_what_is_disowned(site: Site) -> None:
    disown(site)
    with site.store.read() as connection:
        shown = of_ticket(connection, ticket_id(4))
        day = site.calendar.day(NOON)
        listed = list(find(connection, RecordFilter(days=(day - 1, day), kinds=OF_VISITORS)))
    assert [(record.gate, record.disowned) for record in shown] == [
        ("gate-1", True),
        ("gate-2", False),
    ]
    assert sum(record.disowned for record in listed) == 3
    assert [record.uses_ticket for record in shown] == [False, True]


def test_other_gates_are_told_all_news_anew_without_the_disowned(site: Site) -> None:
    with site.store.read() as connection:
        heard = news.since(connection, "gate-2", NewsRequest(7, 0))
    assert len(heard.entries) == 4
    disown(site)
    with site.store.read() as connection:
        anew = news.since(connection, "gate-2", NewsRequest(7, heard.head))
        assert anew.head == 0  # whoever hears this forgets all, and asks from the start
        again = news.since(connection, "gate-2", NewsRequest(7, 0))
    assert [entry[0] for entry in again.entries] == [ticket_id(1)]
    assert again.upto == again.head > heard.head


def test_the_key_of_the_stolen_board_is_refused_until_the_gate_is_replaced(site: Site) -> None:
    def trusted() -> list[str]:
        with site.store.read() as connection:
            return sorted(key_renewals.every(connection, NOON))

    disown(site)
    assert trusted() == ["gate-2", "gate-3"]
    with site.store.write() as connection:
        key_renewals.put_in_force(connection, "gate-1", bytes([7]) * 32, site.now_ms)
    assert trusted() == ["gate-1", "gate-2", "gate-3"]


def test_a_disowned_journal_is_closed_and_its_board_is_heard_of(site: Site) -> None:
    disown(site)
    pen = site.pens["gate-1"]
    pen.write(PassageKind.TAKEN, ticket=ticket_id(9))
    assert site.send("gate-1", 5) == []
    with site.store.write() as connection:
        seen: Counter[Sighting] = Counter()
        birth = Birth(journal_id=pen.journal_id, boot=7, mark=4, head=5, lists=())
        assert journals.acknowledge(connection, "gate-1", birth, seen) is None
        assert [kind for kind, *_ in seen] == [Incident.DISOWNED]
        assert [one.kind for one in incidents.open_now(connection)] == [Incident.DISOWNED]
        assert not history_of(connection, ticket_id(9)).entered


def test_a_journal_that_begins_before_the_daemon_knows_is_disowned_too(site: Site) -> None:
    disown(site)
    pen = site.pens["gate-1"] = Scribe("gate-1", b"new journal 1234")
    pen.write(PassageKind.TAKEN, ticket=ticket_id(9))
    assert site.send("gate-1", 1) == []
    gates.own_again(site.centre, WHO, "gate-1")
    assert site.send("gate-1", 1) == [("gate-1", Ack(pen.journal_id, 1))]


def test_the_keys_of_all_other_gates_can_be_renewed(site: Site) -> None:
    disown(site)
    assert gates.renew(site.centre, WHO, None) == ["gate-2", "gate-3"]
    with pytest.raises(CentreError, match="it is disowned, and its key is refused"):
        gates.renew(site.centre, WHO, ["gate-1"])


def test_the_new_board_of_a_gate_that_was_replaced_first_keeps_its_key_and_records(
    site: Site,
) -> None:
    site.now_ms += MINUTE_MS
    replaced_ms = site.now_ms
    site.pens["gate-1"] = Scribe("gate-1", bytes([99]) * 16)
    site.take("gate-1", 8)
    done = gates.disown(site.centre, WHO, "gate-1", STOLEN_MS, until_ms=replaced_ms)
    assert (done.records, done.refused) == (3, False)
    assert site.total().entries == 3
    with site.store.read() as connection:
        assert "gate-1" in key_renewals.every(connection, NOON)


def test_to_say_afterwards_that_it_was_replaced_trusts_no_key_again(site: Site) -> None:
    disown(site)
    gates.disown(site.centre, WHO, "gate-1", STOLEN_MS, until_ms=site.now_ms)
    with site.store.read() as connection:
        assert "gate-1" not in key_renewals.every(connection, NOON)


def test_to_undo_it_restores_every_row(site: Site) -> None:
    site.take("gate-3", 2, wall_ms=site.now_ms)
    before = site.rows()
    disown(site)
    assert site.rows() != before
    assert gates.own_again(site.centre, WHO, "gate-1") == 3
    after = site.rows()
    assert [row[:7] for row in after["conflict"]] == [row[:7] for row in before["conflict"]]
    assert {**after, "conflict": []} == {**before, "conflict": []}
    with pytest.raises(CentreError, match="none is disowned"):
        gates.own_again(site.centre, WHO, "gate-1")


def test_a_program_that_dies_in_the_middle_leaves_books_that_agree_and_can_go_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records_of, "STEP", 2)
    whole = records_of.step

    def dies(connection: Connection, gate: str, journal: Any, after: int, *rest: Any) -> Any:
        if after:
            raise KeyboardInterrupt
        return whole(connection, gate, journal, after, *rest)

    monkeypatch.setattr(records_of, "step", dies)
    with pytest.raises(KeyboardInterrupt):
        disown(site)
    total = site.total()
    assert (total.entries, total.disowned) == (3, 2)
    with site.store.read() as connection:
        assert records_of.waiting(connection, "gate-1") == 1
    monkeypatch.setattr(records_of, "step", whole)
    disown(site)
    assert (site.total().entries, site.total().disowned) == (2, 3)


def test_who_has_no_right_or_names_a_time_to_come_changes_nothing(site: Site) -> None:
    before = site.rows()
    technician = Actor("li", Role.CASHIER, Via.COMMAND, "desk")
    with pytest.raises(NotAllowed):
        gates.disown(site.centre, technician, "gate-1", STOLEN_MS)
    with pytest.raises(CentreError, match="not over yet"):
        gates.disown(site.centre, WHO, "gate-1", site.now_ms + 1)
    with pytest.raises(CentreError, match="cannot find gate"):
        gates.disown(site.centre, WHO, "gate-9", STOLEN_MS)
    assert site.rows() == before


def test_when_records_arrived_is_known_to_the_minute(site: Site) -> None:
    site.now_ms += 10 * MINUTE_MS
    site.take("gate-1", 20)
    since_ms = site.now_ms - site.now_ms % MINUTE_MS
    site.now_ms += MINUTE_MS
    assert gates.preview_disowning(site.centre, "gate-1", since_ms).records == 1
    assert gates.preview_disowning(site.centre, "gate-1", since_ms + MINUTE_MS).records == 0


@pytest.mark.parametrize("seed", range(6))
def test_the_books_are_those_of_a_centre_that_never_got_the_records(
    seed: int, store: Store, calendar: Calendar, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    honest = Store.open(f"sqlite:///{tmp_path}/honest.db", create=True)
    furnish(honest)
    sites = Site(store, calendar), Site(honest, calendar)
    stolen_at = rng.randrange(10, 30)
    for at in range(50):
        gate = rng.choice(_GATES)
        fields = {
            "kind": rng.choice([PassageKind.TAKEN] * 4 + [PassageKind.DENIED, PassageKind.FORCED]),
            "direction": rng.choice([Direction.IN, Direction.IN, Direction.OUT]),
            "persons": rng.choice([1, 1, 2]),
            "admits": 2,
            "wall_ms": NOON + rng.randrange(3 * 86_400_000),
        }
        ticket = rng.randrange(1, 6)
        for site in sites:
            site.now_ms = NOON + at * MINUTE_MS
            if site.store is store or gate != "gate-1" or at < stolen_at:
                site.take(gate, ticket, **fields)
    real, honest_site = sites
    gates.disown(real.centre, WHO, "gate-1", NOON + stolen_at * MINUTE_MS)
    rows, wanted = real.rows(), honest_site.rows()
    kind = [column.name for column in tables.tally.columns].index("kind")
    assert [row for row in rows["tally"] if row[kind] > 0] == wanted["tally"]
    assert [row[:6] for row in rows["conflict"]] == [row[:6] for row in wanted["conflict"]]
    honest.close()


def test_a_gate_forgets_what_it_heard_of_the_thief_and_hears_all_else_again(site: Site) -> None:
    gate = Talk()

    def talk_on() -> None:
        """Answer what the gate asks, until it asks no more."""
        for _ in range(10):
            gate.station.tick()
            for note in gate.said():
                assert isinstance(note, NewsRequest)
                with site.store.read() as connection:
                    gate.hear(news.since(connection, "gate-2", note))

    gate.station.link_up()
    talk_on()
    assert [gate.entered(ticket_id(ticket)) for ticket in (1, 2, 3)] == [1, 1, 1]
    disown(site)
    with site.store.read() as connection:
        head = news.heads(connection)["north"]
    gate.hear(News(nonce=0, after=head, upto=head, head=head, entries=()))
    talk_on()
    assert [gate.entered(ticket_id(ticket)) for ticket in (1, 2, 3)] == [1, 0, 0]
    assert gate.news.number == head
    gate.station.link_down()
    assert gate.entered(ticket_id(2)) == 0


def test_the_centre_says_at_once_that_news_are_numbered_anew(site: Site, park: Centre) -> None:
    handler = NoteHandler(park.unlock(), "west-lake", site.calendar)
    others = ("gate-2", "gate-3")
    handler.update_keys({gate: public_key(bytes(32), gate) for gate in others})
    with site.store.read() as connection:
        assert handler.poll(connection) == []
    disown(site)
    secret = park.unlock().link_secret("gate-2", bytes(32))
    with site.store.read() as connection:
        head = news.heads(connection)["north"]
        (told,) = [packet for packet in handler.poll(connection) if "gate-2" in packet[0]]
    note = read_note(*told, secret)
    assert isinstance(note, News)
    assert (note.nonce, note.after, note.head) == (0, head, head)
