"""Lists, rules and keys that change while the centre is asked about a visitor."""

import pytest

from gate_agent.effects import Sign
from gate_agent.events import DocumentShown, LinkUp, Received
from gate_agent.lane.state import Lane, Phase
from gate_agent.uplink.claims import CLAIM_MS
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.messages.link_secret import code_of
from gate_agent.validator.messages.notes import Claim, ClaimReply, note_topic, read_note, write_note
from gate_agent.validator.messages.trust_messages import RulesOffer
from gate_agent.validator.passage import Direction
from gate_agent.validator.tickets.holder import holder_tag
from gate_agent.validator.trust import rule_book
from gate_agent.validator.trust.rule_book import RuleBook, Rules
from tests.gate_agent.actor.test_outage import break_card, mend_card
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.samples import (
    GATE,
    LIST_KEY,
    NOW_S,
    PARK,
    PEPPER,
    SealedList,
    code,
    sealed_list,
    ticket,
)

SECRET = b"s" * 32
VALID = bytes([TicketStatus.VALID]) * 100


@pytest.fixture
def linked(make_gate: MakeGate) -> Gate:
    """A gate with two lanes that can ask the centre."""
    lanes = [Lane(number, Direction.IN, has_arm=True) for number in (1, 2)]
    gate = make_gate(*lanes, secret=SECRET).start(sealed_list())
    gate.agent.step(LinkUp())
    gate.link.sent.clear()
    return gate


def claim_of(gate: Gate) -> Claim:
    """The one claim that the gate has sent since it was asked last."""
    (sent,) = [one for one in gate.link.sent if one[0].endswith("/claim")]
    gate.link.sent.clear()
    note = read_note(*sent, SECRET)
    assert isinstance(note, Claim)
    return note


def answer(gate: Gate, claim: Claim, persons: int) -> None:
    verdict = ClaimReply(claim.number, persons, 0, False)
    topic = note_topic(PARK, GATE, verdict.topic_end)
    question = code_of(write_note(note_topic(PARK, GATE, claim.topic_end), claim, SECRET))
    gate.agent.step(Received(topic, write_note(topic, verdict, SECRET, question)))


def push(gate: Gate, listing: SealedList) -> None:
    gate.offer(listing)
    gate.send_chunk(listing, 0, len(listing.body))
    assert gate.lists.version() == listing.manifest.version


def changed(status: TicketStatus, serial: int = 7) -> SealedList:
    return sealed_list(2, VALID[:serial] + bytes([status]) + VALID[serial + 1 :])


def test_who_was_taken_off_the_list_meanwhile_stays_out(linked: Gate) -> None:
    linked.scan(code(ticket(7)))
    claim = claim_of(linked)
    push(linked, changed(TicketStatus.VOID))
    answer(linked, claim, 1)
    linked.wait(1000)
    assert linked.arm.releases == 0
    assert linked.denied() == ["void"]
    assert linked.committed()[-1].list_version == 2
    assert linked.display.last.sign is Sign.REFUSED


def test_who_is_still_on_the_list_waits_on_and_asks_once(linked: Gate) -> None:
    linked.scan(code(ticket(7)))
    claim = claim_of(linked)
    due = linked.units[0].state.deadline_ms
    push(linked, changed(TicketStatus.VOID, serial=8))
    assert linked.units[0].state.phase is Phase.CLAIMING
    assert linked.units[0].state.deadline_ms == due
    assert not [topic for topic, _ in linked.link.sent if topic.endswith("/claim")]
    answer(linked, claim, 1)
    assert linked.kinds() == ["granted"]
    assert linked.committed()[-1].list_version == 2


def test_without_an_answer_the_new_list_counts_too(linked: Gate) -> None:
    linked.scan(code(ticket(7, admits=3)))
    push(linked, changed(TicketStatus.SUSPENDED))
    linked.wait(CLAIM_MS + 1000)
    assert linked.denied() == ["suspended"]


def test_a_busy_lane_judges_the_one_who_waits_and_nobody_else(linked: Gate) -> None:
    linked.scan(code(ticket(7)))
    claim = claim_of(linked)
    linked.scan(code(ticket(8)))
    push(linked, changed(TicketStatus.VOID, serial=8))
    answer(linked, claim, 1)
    assert linked.denied() == ["busy"]
    assert linked.committed()[-1].ticket == ticket(7).id


def test_two_lanes_that_ask_about_one_team(linked: Gate) -> None:
    team = code(ticket(7, admits=2))
    linked.scan(team)
    linked.scan(team, lane=2)
    push(linked, changed(TicketStatus.VOID, serial=8))
    assert linked.denied() == ["passing"]  # the second lane: both persons wait at the first
    linked.wait(1000)
    assert linked.kinds() == ["denied", "granted"]


def test_a_document_need_not_be_shown_again(make_gate: MakeGate) -> None:
    tag = holder_tag(PEPPER, 7, "id", "11010119900101001X")
    gate = make_gate(secret=SECRET).start(sealed_list())
    gate.agent.step(LinkUp())
    gate.scan(code(ticket(7, holder_tag=tag)))
    gate.agent.step(DocumentShown(1, "id", "11010119900101001X"))
    claim = claim_of(gate)
    push(gate, changed(TicketStatus.VOID, serial=8))
    answer(gate, claim, 1)
    assert gate.kinds() == ["granted"]
    assert "11010119900101001X" not in repr(gate.units[0].state)


def test_who_waits_when_the_card_breaks_has_to_come_again(linked: Gate) -> None:
    linked.scan(code(ticket(7)))
    claim = claim_of(linked)
    break_card(linked)
    answer(linked, claim, 1)
    assert linked.display.last.sign is Sign.OUT_OF_ORDER
    mend_card(linked)
    linked.wait(20_000)
    assert (linked.arm.releases, linked.kinds()) == (0, [])
    linked.scan(code(ticket(7)))
    assert claim_of(linked).number == claim.number


def put_rules(gate: Gate, version: int, rules: Rules) -> None:
    book = RuleBook(version, NOW_S * 1000, rules)
    gate.hear(RulesOffer(rule_book.seal(book, LIST_KEY.id, LIST_KEY.private.sign)))


def test_new_rules_count_for_who_waits(linked: Gate) -> None:
    put_rules(linked, 1, Rules(identity=False))
    linked.scan(code(ticket(7, holder_tag=holder_tag(PEPPER, 7, "id", "11010119900101001X"))))
    claim = claim_of(linked)
    put_rules(linked, 2, Rules(identity=True))
    answer(linked, claim, 1)
    assert linked.units[0].state.phase is Phase.HOLDER_CHECK
    assert (linked.arm.releases, linked.kinds()) == (0, [])


def test_who_waits_is_recorded_as_the_new_list_has_it(linked: Gate) -> None:
    linked.scan(code(ticket(100)))  # sold after the list of serials 0 to 99
    claim = claim_of(linked)
    push(linked, sealed_list(2, VALID + bytes([TicketStatus.VALID])))
    answer(linked, claim, 1)
    [granted] = linked.committed()[-1:]
    assert (granted.list_version, granted.provisional) == (2, False)


def test_the_centre_cannot_let_in_more_than_were_asked_about(linked: Gate) -> None:
    linked.scan(code(ticket(7, admits=2)))
    answer(linked, claim_of(linked), 5)
    assert linked.committed()[-1].persons == 2


def test_the_centre_knows_of_an_entry_that_this_gate_has_not_heard_of(linked: Gate) -> None:
    linked.scan(code(ticket(7)))
    reply = ClaimReply(claim_of(linked).number, 1, 0, True)
    topic = note_topic(PARK, GATE, reply.topic_end)
    linked.agent.step(Received(topic, write_note(topic, reply, SECRET)))
    assert linked.committed()[-1].reentry
