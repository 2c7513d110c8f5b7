"""Test the handler of notes: to which gates news go, and by which day a claim is decided."""

from pathlib import Path

from fleet_manager.centre import Centre
from fleet_manager.intake.ingest import ingest
from fleet_manager.station.news import NewsItem, NumberedNews
from fleet_manager.station.notes import NoteHandler
from gate_agent.validator.messages.claim_number import claim_number
from gate_agent.validator.messages.link_secret import code_of
from gate_agent.validator.messages.notes import (
    IN,
    Claim,
    ClaimReply,
    note_topic,
    read_note,
    write_note,
)
from gate_agent.validator.passage import PassageKind
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from gate_agent.validator.trust.keys import KeyUse, PublicKey
from gate_agent.validator.trust.rule_book import Passback
from tests.fleet_manager.conftest import GATES, enrol
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

MIDNIGHT = NOON + 12 * 3_600_000
"""The park's, in Shanghai: 16:00 of the same day in UTC."""


def handler(park: Centre, folder: Path) -> tuple[NoteHandler, dict[str, bytes]]:
    """A handler that knows the park's three gates, and the secrets of their links."""
    bundles = {gate: enrol(park, gate, folder / gate) for gate in GATES}
    notes = NoteHandler(park.unlock(), park.config.park, park.calendar)
    notes.update_keys(
        {gate: PublicKey.of(bundle.public, KeyUse.GATE, gate) for gate, bundle in bundles.items()}
    )
    with park.store.read() as connection:
        notes.poll(connection)
    return notes, {gate: bundle.link for gate, bundle in bundles.items()}


def test_news_go_to_the_gates_of_their_station_alone(park: Centre, tmp_path: Path) -> None:
    notes, _ = handler(park, tmp_path)
    item = NewsItem(ticket_id(1), IN, 1, NOON, True)
    packets = notes.publish([NumberedNews("north", "gate-1", 0, [item])], NOON)
    assert [topic.split("/")[2] for topic, _ in packets] == ["gate-1", "gate-2"]


def test_a_claim_after_the_parks_midnight_is_of_the_new_day(park: Centre, tmp_path: Path) -> None:
    notes, secrets = handler(park, tmp_path)
    pen = Scribe("gate-1", b"j" * 16)
    pen.write(PassageKind.TAKEN, ticket=ticket_id(1), wall_ms=MIDNIGHT - 3_600_000)
    claim = Claim(
        journal_id=b"k" * 16,
        number=claim_number(1, 1),
        ticket=ticket_id(1),
        persons=1,
        admits=1,
        policy=EntryPolicy(EntryRule.DAILY).to_byte(),
        extra=0,
        passback=int(Passback.OFF),
        passback_ms=0,
        share=0,
    )
    topic = note_topic(park.config.park, "gate-2", claim.topic_end)
    with park.store.write() as connection:
        ingest(connection, [("gate-1", pen.batch())], park.calendar, MIDNIGHT - 3_600_000)
        note = write_note(topic, claim, secrets["gate-2"])
        [reply] = notes.handle(connection, topic, note, MIDNIGHT + 60_000)
    verdict = read_note(*reply, secrets["gate-2"], code_of(note))
    assert isinstance(verdict, ClaimReply)
    assert (verdict.persons, verdict.reentry) == (1, False)
