"""The actor: what stands in the journal, what the arm did, what the visitor read."""

from dataclasses import replace

import pytest

from gate_agent.actor.inbox import STALE_MS
from gate_agent.effects import Sign
from gate_agent.errors import JournalError
from gate_agent.events import (
    DirectionAsked,
    DocumentAwaited,
    DocumentShown,
    Faulted,
    LinkDown,
    Mode,
    ModeAsked,
    ModeSource,
    Moved,
    Overridden,
    PersonsChosen,
    Recovered,
    Returned,
    Scanned,
    Stop,
    Turned,
    Typed,
)
from gate_agent.lane.movement import TURN_MS
from gate_agent.lane.state import Lane
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.messages.envelopes import Batch, GateState
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from gate_agent.validator.tickets.manual_code import manual_code, read_manual_code
from gate_agent.validator.tickets.ticket import Ticket
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.samples import NOW_S, PEPPER, STRANGER, code, sealed_list, ticket

TWO_LANES = (Lane(1, Direction.IN, has_arm=True), Lane(2, Direction.OUT, has_arm=True))
HANDHELD = Lane(1, Direction.IN, has_arm=False)


def test_the_grant_is_durable_before_the_arm_moves(gate: Gate) -> None:
    seen: list[list[str]] = []
    gate.arm.seen = lambda: seen.append(gate.kinds())
    gate.scan(code(ticket(7)))
    assert seen == [["granted"]]
    gate.agent.step(Moved(1))
    gate.agent.step(Turned(1))
    assert gate.kinds() == ["granted", "taken"]
    granted, taken = gate.committed()[1:]
    assert (taken.grant, taken.persons, taken.ticket) == (granted.seq, 1, granted.ticket)
    assert granted.list_version == 1
    assert gate.signs == [Sign.READY, Sign.GO, Sign.READY]


def test_a_ticket_is_used_by_a_passage_not_by_a_scan(gate: Gate) -> None:
    gate.scan(code(ticket(7)))
    gate.wait(5000)
    assert gate.kinds() == ["granted", "not_taken"]
    gate.scan(code(ticket(7)))
    gate.agent.step(Turned(1))
    assert gate.kinds() == ["granted", "not_taken", "granted", "taken"]
    gate.clock.move(2000)
    gate.scan(code(ticket(7)))
    assert gate.denied() == ["used"]
    assert gate.arm.releases == 2


def test_the_same_code_again_at_once_is_the_scanner_not_the_visitor(gate: Gate) -> None:
    gate.scan(code(ticket(7)))
    gate.agent.step(Turned(1))
    gate.clock.move(1499)
    gate.scan(code(ticket(7)))
    assert gate.kinds() == ["granted", "taken"]
    assert gate.health.counters["repeat ignored"] == 1


def test_the_rest_of_a_team_stays_on_its_ticket_at_a_handheld(make_gate: MakeGate) -> None:
    gate = make_gate(replace(HANDHELD, asks_persons=True)).start(sealed_list())
    gate.scan(code(ticket(7, admits=5)))
    record = gate.committed()[-1].seq
    status = {"record": record, "persons": 5, "most": 5}
    assert gate.units[0].status()["asked"] == status
    gate.agent.step(PersonsChosen(1, record, 3, done=True))
    assert [row.persons for row in gate.committed()[1:]] == [5, 3, 2]
    assert "asked" not in gate.units[0].status()
    gate.wait(5000)
    gate.scan(code(ticket(7, admits=5)))
    assert gate.units[0].status()["asked"]["most"] == 2  # type: ignore[index]
    gate.agent.step(PersonsChosen(1, gate.committed()[-1].seq, 2, done=True))
    gate.wait(5000)
    gate.scan(code(ticket(7, admits=5)))
    assert gate.denied() == ["used"]
    entry = gate.core.history.last_entry(ticket(7, admits=5).id)
    assert entry is not None
    assert (entry.here, entry.persons) == (True, 5)


def test_a_document_that_is_being_typed_is_waited_for(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD).start(sealed_list())
    gate.scan(code(ticket(7, holder_tag=b"1234")))
    gate.wait(14_000)
    gate.agent.step(DocumentAwaited(1))
    gate.wait(14_000)
    assert gate.denied() == []
    gate.wait(1000)
    assert gate.denied() == ["holder_timeout"]


def test_a_team_of_three_goes_in_one_by_one(gate: Gate) -> None:
    gate.scan(code(ticket(7, admits=3)))
    for left in (2, 1, 0):
        assert gate.arm.releases == 3 - left
        gate.agent.step(Turned(1))
    assert gate.kinds() == ["granted", "taken", "taken", "taken"]
    assert [show.persons for show in gate.display.shown] == [0, 3, 2, 1, 0]
    assert gate.arm.releases == 3


def test_a_team_that_loses_one_gets_one_back(gate: Gate) -> None:
    gate.scan(code(ticket(7, admits=3)))
    gate.agent.step(Turned(1))
    gate.wait(4999)
    gate.agent.step(Turned(1))
    gate.wait(5000 + TURN_MS)
    assert gate.kinds() == ["granted", "taken", "taken", "not_taken"]
    assert gate.committed()[-1].persons == 1
    gate.scan(code(ticket(7, admits=3)))
    assert gate.committed()[-1].persons == 1


BAD_CODES = {
    "alien": b"https://example.org/menu",
    "torn": code(ticket(7))[:-3],
    "unknown_key": code(ticket(7, STRANGER), STRANGER),
    "forged": code(ticket(7))[:-1] + (b"1" if code(ticket(7))[-1:] != b"1" else b"0"),
    "unlisted": code(ticket(50)),
    "void": code(ticket(51)),
    "suspended": code(ticket(52)),
    "superseded": code(ticket(53)),
    "expired": code(ticket(7, not_before=NOW_S // 60 * 60 - 7200, expires_at=NOW_S // 60 * 60)),
    "not_yet": code(ticket(7, not_before=NOW_S // 60 * 60 + 60)),
    "wrong_zone": code(ticket(7, zones=2)),
}
STATUSES = (
    bytes([TicketStatus.VALID]) * 50
    + bytes([TicketStatus.UNKNOWN, TicketStatus.VOID, TicketStatus.SUSPENDED])
    + bytes([TicketStatus.VALID]) * 7
)


@pytest.mark.parametrize("reason", BAD_CODES)
def test_a_bad_ticket_is_refused_with_one_reason(make_gate: MakeGate, reason: str) -> None:
    gate = make_gate().start(sealed_list(statuses=STATUSES, min_issue={53: 1}))
    gate.scan(BAD_CODES[reason])
    assert gate.denied() == [reason]
    assert gate.arm.releases == 0
    assert gate.display.last.reason == Reason[reason.upper()]
    row = gate.committed()[-1]
    believed = reason not in ("alien", "torn", "unknown_key", "forged")
    assert (row.ticket is not None, row.code is None) == (believed, believed)


def test_without_a_list_nobody_enters(make_gate: MakeGate) -> None:
    gate = make_gate().start()
    gate.scan(code(ticket(7)))
    assert gate.denied() == ["no_list"]


def test_sold_after_the_list_was_made_is_provisional(gate: Gate) -> None:
    gate.scan(code(ticket(100)))
    assert gate.committed()[-1].kind is PassageKind.GRANTED
    assert gate.committed()[-1].provisional


def test_one_ticket_at_two_lanes_at_once(make_gate: MakeGate) -> None:
    gate = make_gate(TWO_LANES[0], Lane(2, Direction.IN, has_arm=True)).start(sealed_list())
    gate.scan(code(ticket(7)), lane=1)
    gate.scan(code(ticket(7)), lane=2)
    assert gate.denied() == ["passing"]


def test_out_and_in_again(make_gate: MakeGate) -> None:
    gate = make_gate(*TWO_LANES).start(sealed_list())
    shown = code(ticket(7, entry_policy=EntryPolicy(EntryRule.DAILY, 0, True)))
    for lane in (1, 2, 1):
        gate.scan(shown, lane)
        gate.agent.step(Turned(lane))
        gate.clock.move(10_000)
    grants = [row for row in gate.committed() if row.kind is PassageKind.GRANTED]
    assert [row.reentry for row in grants] == [False, False, True]
    gate.scan(shown, 1)
    assert gate.denied() == ["inside"]


def test_a_code_that_waited_for_a_slow_card_opens_the_arm_for_nobody(make_gate: MakeGate) -> None:
    gate = make_gate().start(sealed_list())
    gate.agent.step(Scanned(1, code(ticket(7))), STALE_MS + 1)
    assert gate.kinds() == []
    assert gate.health.counters["shown too long ago"] == 1
    gate.agent.step(Scanned(1, code(ticket(7))), STALE_MS)
    assert gate.kinds() == ["granted"]


def test_a_handheld_takes_at_once(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD).start(sealed_list())
    gate.scan(code(ticket(7, admits=4)))
    assert gate.kinds() == ["granted", "taken"]
    assert gate.committed()[-1].persons == 4
    assert gate.signs == [Sign.READY, Sign.GO]
    gate.wait(4000)
    assert gate.signs == [Sign.READY, Sign.GO, Sign.READY]
    # Nothing is due but to keep the time, for the next boot.
    assert gate.agent.deadline_ms() == gate.trust.deadline_ms


def typed(of: Ticket) -> Typed:
    return Typed(1, *read_manual_code(manual_code(PEPPER, of)))


def test_a_typed_number_lets_nobody_in_but_with_staff(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD).start(sealed_list())
    gate.agent.step(typed(ticket(7)))
    assert gate.denied() == ["typed"]
    shown = gate.display.last
    assert (shown.sign, shown.reason) == (Sign.REFUSED, Reason.TYPED)
    assert shown.record is not None
    gate.agent.step(Overridden(1, shown.record, 1, "li", "checked", supervisor=False))
    assert gate.kinds() == ["denied", "granted", "taken"]
    gate.agent.step(typed(ticket(7)))
    gate.scan(code(ticket(7)))
    assert gate.denied() == ["typed", "used", "used"]


@pytest.mark.parametrize(
    ("serial", "reason"), [(1, "void"), (2, "suspended"), (3, "unlisted"), (4, "superseded")]
)
def test_the_list_speaks_of_a_typed_number_too(
    make_gate: MakeGate, serial: int, reason: str
) -> None:
    statuses = bytes([1, TicketStatus.VOID, TicketStatus.SUSPENDED, TicketStatus.UNKNOWN, 1])
    gate = make_gate(HANDHELD).start(sealed_list(statuses=statuses, min_issue={4: 1}))
    gate.agent.step(typed(ticket(serial)))
    assert gate.denied() == [reason]


def test_a_print_newer_than_the_list_is_known(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD).start(sealed_list(min_issue={4: 1}))
    gate.agent.step(typed(ticket(4, issue=3)))
    gate.agent.step(typed(ticket(4, issue=4)))
    assert gate.denied() == ["typed", "mistyped"]


def test_a_number_that_is_wrong_and_a_gate_that_cannot_know(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD).start(sealed_list())
    gate.agent.step(Typed(1, 7, 0))
    gate.agent.step(Typed(5, 7, 0))
    assert gate.denied() == ["mistyped"]
    gate = make_gate(HANDHELD, pepper=None).start(sealed_list())
    gate.agent.step(typed(ticket(7)))
    assert gate.denied()[-1] == "mistyped"
    assert gate.health.faults["typed code"] == "this gate has no pepper"


def test_no_list_and_a_passage_that_is_open(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD).start()
    gate.agent.step(typed(ticket(7)))
    assert gate.denied() == ["no_list"]
    gate = make_gate(Lane(1, Direction.IN, has_arm=True), Lane(2, Direction.IN, has_arm=True))
    gate.start(sealed_list())
    gate.scan(code(ticket(7)), 2)
    gate.agent.step(typed(ticket(7)))
    assert gate.denied()[-1] == "passing"


def test_a_handheld_is_turned_round_and_a_turnstile_is_not(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD, Lane(2, Direction.IN, has_arm=True)).start(sealed_list())
    for number in (1, 2, 3):
        gate.agent.step(DirectionAsked(number, Direction.OUT))
    assert [unit.lane.direction for unit in gate.units] == [Direction.OUT, Direction.IN]
    gate.scan(code(ticket(7)))
    gate.agent.step(typed(ticket(8)))
    assert gate.kinds() == ["granted", "taken"] * 2
    assert {row.direction for row in gate.committed()[1:]} == {Direction.OUT}
    gate.agent.step(DirectionAsked(1, Direction.IN))
    gate.scan(code(ticket(9)))
    assert gate.committed()[-1].direction is Direction.IN


def test_a_typed_number_while_nothing_can_be_recorded(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD).start(sealed_list())
    gate.agent.outage.begin(JournalError("full"), gate.clock.mono_ms)
    gate.agent.step(typed(ticket(7)))
    assert gate.display.last.sign is Sign.OUT_OF_ORDER


def test_an_override_without_a_ticket_at_an_arm_is_resolved_after_a_power_cut(
    make_gate: MakeGate,
) -> None:
    gate = make_gate().start(sealed_list())
    gate.scan(b"https://example.com")
    record = gate.display.last.record
    assert record is not None
    gate.agent.step(Overridden(1, record, 2, "zhang", "help", supervisor=True))
    assert gate.arm.releases == 1
    again = make_gate().start()
    boot, unresolved = again.committed()[-2:]
    assert (boot.kind, unresolved.kind) == (PassageKind.BOOT, PassageKind.UNRESOLVED)
    assert (unresolved.persons, unresolved.reason) == (2, Reason.ALIEN)


def test_forced_and_free(gate: Gate) -> None:
    gate.agent.step(Turned(1))
    gate.agent.step(ModeAsked(ModeSource.KEY_SWITCH, Mode.FREE))
    gate.agent.step(Turned(1))
    gate.agent.step(ModeAsked(ModeSource.FIRE, Mode.EMERGENCY))
    gate.agent.step(Turned(1))
    gate.agent.step(ModeAsked(ModeSource.FIRE, None))
    gate.agent.step(ModeAsked(ModeSource.KEY_SWITCH, None))
    assert gate.kinds() == ["forced", "mode", "free", "mode", "free", "mode", "mode"]
    assert [row.detail for row in gate.committed() if row.kind is PassageKind.MODE] == [
        "free", "emergency", "free", "controlled",
    ]  # fmt: skip
    assert gate.agent.lanes() == ((1, "controlled", "idle"),)


def test_an_arm_that_was_turned_back_and_held(gate: Gate) -> None:
    gate.scan(code(ticket(7)))
    gate.agent.step(Moved(1))
    gate.wait(5000)
    assert gate.kinds() == ["granted"]
    gate.agent.step(Returned(1))
    gate.agent.tick()
    assert gate.kinds() == ["granted", "not_taken"]


def test_events_for_a_lane_that_is_not_there_change_nothing(gate: Gate) -> None:
    gate.scan(code(ticket(7)), lane=9)
    gate.agent.step(Turned(9))
    gate.agent.step(DocumentShown(9, "id", "1234"))
    gate.agent.step(Stop())
    assert gate.kinds() == []


def test_an_arm_that_does_not_obey(gate: Gate) -> None:
    gate.arm.broken = True
    gate.scan(code(ticket(7)))
    assert gate.health.faults["release 1"] == "cannot pulse the relay"
    assert Sign.OUT_OF_ORDER in gate.signs
    gate.wait(5000)
    assert gate.kinds() == ["granted", "not_taken"]
    gate.arm.broken = False
    gate.scan(code(ticket(8)))
    assert gate.health.faults == {}


def test_a_lane_whose_arm_is_broken_is_closed_until_it_works(gate: Gate) -> None:
    """No power at the turnstile, a stuck relay, a guard that is gone: nobody's ticket is spent."""
    gate.agent.step(Faulted("arm 1", "the relay is stuck closed"))
    gate.scan(code(ticket(7)))
    assert gate.arm.releases == 0
    assert gate.kinds() == ["mode", "denied"]
    assert gate.signs[-1] is Sign.REFUSED
    gate.agent.step(Turned(1))
    assert gate.kinds()[-1] == "forced"
    gate.agent.step(Recovered("arm 1"))
    gate.wait(2000)
    gate.scan(code(ticket(8)))
    assert gate.arm.releases == 1
    assert gate.kinds()[3:] == ["mode", "granted"]


def test_a_broken_arm_in_the_middle_of_a_grant_does_not_cut_it_short(gate: Gate) -> None:
    gate.scan(code(ticket(7)))
    gate.agent.step(Faulted("arm 1", "the arm is not home"))
    gate.agent.step(Turned(1))
    assert gate.kinds() == ["granted", "mode", "taken"]


def test_a_lamp_that_does_not_light_stops_nobody(gate: Gate) -> None:
    gate.display.broken = True
    gate.scan(code(ticket(7)))
    assert gate.arm.releases == 1
    assert "display 1" in gate.health.faults


def test_a_lane_whose_readers_are_all_broken_asks_for_no_ticket(gate: Gate) -> None:
    """Visitors who stand before a dead scanner wait for nothing."""
    (unit,) = gate.units
    unit.readers = frozenset({"scanner 1", "camera 1"})
    for event in (Faulted("scanner 1", "unplugged"), Faulted("scanner 1", "gone")):
        gate.agent.step(event)
    assert gate.signs == [Sign.READY], "the camera still reads"
    gate.agent.step(Faulted("camera 1", "dark"))
    gate.agent.step(Faulted("camera 2", "another lane's"))
    assert gate.signs == [Sign.READY, Sign.OUT_OF_ORDER]
    gate.agent.step(Recovered("scanner 1"))
    assert gate.signs[2:] == [Sign.READY]
    assert gate.kinds() == [], "the lane's mode is as it was"


def test_a_reader_that_breaks_during_a_passage_changes_nothing_until_its_end(gate: Gate) -> None:
    (unit,) = gate.units
    unit.readers = frozenset({"scanner 1"})
    gate.scan(code(ticket(7)))
    gate.agent.step(Faulted("scanner 1", "unplugged"))
    assert gate.signs == [Sign.READY, Sign.GO]
    gate.agent.step(Turned(1))
    assert gate.signs[2:] == [Sign.OUT_OF_ORDER]
    assert gate.kinds() == ["granted", "taken"]


def test_faults_are_told_to_the_centre(gate: Gate) -> None:
    gate.link_up()
    gate.agent.tick()
    gate.said()
    gate.agent.step(Faulted("scanner 1", "unplugged"))
    gate.agent.tick()
    (state,) = gate.said()
    assert isinstance(state, GateState)
    assert state.faults == ("scanner 1: unplugged",)
    gate.agent.step(Recovered("scanner 1"))
    gate.agent.tick()
    (state,) = gate.said()
    assert isinstance(state, GateState)
    assert (state.faults, state.lanes) == ((), ((1, "controlled", "idle"),))


def test_records_go_up_as_they_are_made(gate: Gate) -> None:
    gate.link_up()
    gate.said()
    gate.ack(1)
    gate.scan(code(ticket(7)))
    (batch,) = gate.said()
    assert isinstance(batch, Batch)
    assert (batch.first, len(batch.records)) == (2, 1)
    gate.agent.step(LinkDown())
    gate.agent.step(Turned(1))
    gate.agent.tick()
    assert gate.said() == []
    assert gate.uplink.waiting == 2
