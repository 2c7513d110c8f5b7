"""What a gate believes: rule books from the centre, from strangers, and from a worn card."""

from pathlib import Path
from typing import Any

import pytest

from gate_agent.time_bound import TimeBound
from gate_agent.trust.documents import TrustDocuments
from gate_agent.trust.in_force import load_time
from gate_agent.validator import cbor
from gate_agent.validator.messages.envelopes import GateState, ListOffer
from gate_agent.validator.messages.trust_messages import BeaconMessage, RulesOffer
from gate_agent.validator.passage import PassageKind
from gate_agent.validator.trust import beacon, rule_book
from gate_agent.validator.trust.beacon import Beacon
from gate_agent.validator.trust.rule_book import NO_BOOK, Freshness, RuleBook, Rules, TooOld
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.samples import LIST_KEY, NOW_S, STRANGER, Key, code, sealed_list, ticket

DAY_MS = 86_400_000


def sealed(version: int, as_of_ms: int = NOW_S * 1000, signer: Key = LIST_KEY) -> bytes:
    """A book in which product 7 must not be admitted on a list of more than an hour."""
    strict = Rules(fresh_ms=60_000, stale_ms=3_600_000, too_old=TooOld.DENY)
    book = RuleBook(version, as_of_ms, products={7: strict})
    return rule_book.seal(book, signer.id, signer.private.sign)


def offer(gate: Gate, version: int, as_of_ms: int = NOW_S * 1000) -> None:
    gate.hear(RulesOffer(sealed(version, as_of_ms)))


def refused(gate: Gate) -> int:
    return gate.health.counters["message refused"]


def test_a_gate_without_a_book_has_the_defaults(gate: Gate) -> None:
    assert gate.trust.rules is NO_BOOK


def test_a_book_is_in_force_at_once_and_reported(gate: Gate) -> None:
    gate.link_up()
    gate.agent.tick()
    gate.said()
    offer(gate, 3)
    assert gate.trust.rules.version == 3
    gate.agent.tick()
    [state] = gate.said()
    assert isinstance(state, GateState)
    assert state.rules_version == 3
    assert gate.health.counters["rule book taken"] == 1


def test_a_book_survives_a_restart(make_gate: MakeGate) -> None:
    offer(make_gate().start(sealed_list()), 3)
    again = make_gate().start()
    assert again.trust.rules.version == 3
    assert again.health.faults == {}


def test_rollback(make_gate: MakeGate) -> None:
    """An old book changes nothing, also after a restart, and is counted."""
    gate = make_gate().start(sealed_list())
    offer(gate, 3)
    offer(gate, 2)
    offer(gate, 4, as_of_ms=NOW_S * 1000 - 1)
    assert (gate.trust.rules.version, refused(gate)) == (3, 2)
    again = make_gate().start()
    offer(again, 1)
    assert (again.trust.rules.version, refused(again)) == (3, 1)


def test_a_replayed_book_is_no_news(gate: Gate) -> None:
    offer(gate, 3)
    offer(gate, 3)
    assert (gate.health.counters["rule book taken"], refused(gate)) == (1, 0)


def test_arbitrary_content(gate: Gate) -> None:
    """Not even a message that the centre signed makes a book of another key's."""
    gate.hear(RulesOffer(sealed(3, signer=STRANGER)))
    gate.hear(RulesOffer(b""))
    gate.hear(RulesOffer(sealed(3)[:-1]))
    gate.hear(RulesOffer(sealed(3)), signer=STRANGER)
    assert (gate.trust.rules, refused(gate)) == (NO_BOOK, 4)


@pytest.mark.parametrize("copy", "ab")
def test_a_torn_file_is_no_way_back(make_gate: MakeGate, tmp_path: Path, copy: str) -> None:
    offer(make_gate().start(sealed_list()), 3)
    (tmp_path / f"rules.{copy}").write_bytes(b"torn")
    again = make_gate().start()
    assert again.trust.rules.version == 3
    offer(again, 2)
    assert again.trust.rules.version == 3


def test_two_copies_that_differ_are_a_power_cut_between_them(
    make_gate: MakeGate, tmp_path: Path
) -> None:
    make_gate().start()
    for copy, version in (("a", 4), ("b", 3)):
        (tmp_path / f"rules.{copy}").write_bytes(sealed(version))
    assert make_gate().start().trust.rules.version == 4


def test_a_book_that_is_torn_twice_is_shown(make_gate: MakeGate, tmp_path: Path) -> None:
    make_gate().start()
    for copy in "ab":
        (tmp_path / f"rules.{copy}").write_bytes(copy.encode())
    again = make_gate().start()
    assert again.trust.rules is NO_BOOK
    assert again.health.faults["rule book"] == "a rule book of impossible length"
    offer(again, 1)
    assert "rule book" not in again.health.faults


def test_a_book_that_cannot_be_kept_is_not_in_force(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "rules.a.new").mkdir()
    offer(gate, 3)
    assert gate.trust.rules is NO_BOOK
    assert "cannot write" in gate.health.faults["rule book"]
    (tmp_path / "rules.a.new").rmdir()
    offer(gate, 3)
    assert gate.trust.rules.version == 3
    assert gate.health.faults == {}


def test_the_rules_of_the_product_count(gate: Gate) -> None:
    offer(gate, 1)
    gate.scan(code(ticket(1)))
    gate.wait(DAY_MS // 2)
    gate.scan(code(ticket(2)))
    gate.scan(code(ticket(3, product=8)))
    assert gate.denied() == ["list_too_old"]
    granted = [row for row in gate.committed() if row.kind is PassageKind.GRANTED]
    assert [(row.product, row.freshness) for row in granted] == [(7, 0), (8, 1)]


# --- beacons -----------------------------------------------------------------------------------


def signal(
    later_ms: int = 0, version: int = 1, signer: Key = LIST_KEY, rules: int = 0
) -> BeaconMessage:
    said = Beacon(NOW_S * 1000 + later_ms, (("main", version),), rules)
    return BeaconMessage(beacon.seal(said, signer.id, signer.private.sign))


def state_of(gate: Gate) -> GateState:
    gate.agent.tick()
    return [message for message in gate.said() if isinstance(message, GateState)][-1]


def test_a_beacon_keeps_the_list_fresh(gate: Gate) -> None:
    gate.link_up()
    gate.clock.move(301_000)
    assert state_of(gate).freshness == Freshness.STALE
    gate.hear(signal(300_000))
    gate.uplink.report_soon()
    state = state_of(gate)
    assert (state.freshness, state.vouched_ms) == (Freshness.FRESH, NOW_S * 1000 + 300_000)
    assert state.mono_ms == gate.clock.mono_ms
    assert gate.clock.beacon_times == [NOW_S * 1000 + 300_000]


def test_freeze_no_beacon_makes_a_list_old(gate: Gate) -> None:
    """Whoever keeps the beacons back makes the list old, in every record."""
    offer(gate, 1)
    gate.hear(signal(1000))
    gate.wait(3_602_000)
    gate.scan(code(ticket(1)))
    assert gate.denied() == ["list_too_old"]


def test_freeze_a_list_that_is_kept_back_is_shown(gate: Gate) -> None:
    gate.hear(signal(1000, version=2))
    assert gate.health.faults == {}, "it may be on its way"
    gate.hear(signal(61_000, version=2))
    assert gate.health.faults == {"beacon": "list main 1 is in force, the centre has 2"}
    gate.hear(signal(62_000))
    assert gate.health.faults == {}


def test_a_gate_says_that_it_is_behind_unless_the_list_is_on_its_way(gate: Gate) -> None:
    gate.link_up()
    gate.agent.tick()
    gate.said()
    gate.hear(signal(1000, version=2))
    assert state_of(gate).lists[0][1] == 1
    gate.hear(ListOffer(sealed_list(2).sealed, 0))
    gate.said()
    gate.hear(signal(2000, version=2))
    gate.agent.tick()
    assert gate.said() == [], "the centre would only offer it once more"


def test_the_fault_of_being_behind_ends_when_the_list_is_in_force(gate: Gate) -> None:
    gate.link_up()
    gate.agent.tick()
    for later in (1000, 2000):
        gate.hear(signal(later, version=2))
    assert gate.health.faults == {"beacon": "list main 1 is in force, the centre has 2"}
    newer = sealed_list(2)
    gate.offer(newer)
    gate.send_chunk(newer, 0, len(newer.body))
    gate.agent.tick()
    assert gate.lists.version() == 2
    assert gate.health.faults == {}


def test_a_rule_book_that_is_kept_back_is_shown(gate: Gate) -> None:
    for later in (1000, 2000):
        gate.hear(signal(later, rules=3))
    assert gate.health.faults == {"beacon": "rules 0 are in force, the centre has 3"}


def test_a_gate_that_lacks_something_asks_by_its_state(gate: Gate) -> None:
    gate.link_up()
    gate.agent.tick()
    gate.said()
    gate.hear(signal(1000))
    gate.agent.tick()
    assert gate.said() == []
    gate.hear(signal(2000, version=2))
    assert state_of(gate).lists == (("main", 1, NOW_S * 1000),)


def test_mix_and_match(make_gate: MakeGate) -> None:
    gate = make_gate().start(sealed_list(version=5))
    gate.hear(signal(1000, version=4))
    assert refused(gate) == 1
    assert gate.clock.beacon_times == []
    assert gate.health.faults == {"beacon": "a beacon that names list main 4: 5 is in force"}
    gate.hear(signal(2000, version=5))
    assert gate.health.faults == {}


def test_replayed_reordered_and_hostile_beacons_change_nothing_and_are_counted(gate: Gate) -> None:
    gate.hear(signal(5000))
    before = gate.trust.vouching
    for bad in (signal(5000), signal(4000), signal(9000, signer=STRANGER), BeaconMessage(b"")):
        gate.hear(bad)
    gate.hear(signal(9000), signer=STRANGER)
    assert (gate.trust.vouching, gate.clock.beacon_times) == (before, [NOW_S * 1000 + 5000])
    assert refused(gate) == 5


# --- what a reboot must not forget -------------------------------------------------------------


def test_the_time_is_kept_now_and_then_and_survives(make_gate: MakeGate, tmp_path: Path) -> None:
    gate = make_gate().start(sealed_list())
    gate.agent.tick()
    known = load_time(TrustDocuments.on_disk(tmp_path))
    assert known.signed_ms == NOW_S * 1000
    gate.clock.move(599_999)
    gate.agent.tick()
    assert load_time(TrustDocuments.on_disk(tmp_path)) == known
    gate.clock.move(1)
    gate.agent.tick()
    assert load_time(TrustDocuments.on_disk(tmp_path)).signed_ms == NOW_S * 1000 + 600_000


def test_a_time_that_is_torn_is_the_other_copys(tmp_path: Path) -> None:
    store = TrustDocuments.on_disk(tmp_path)
    assert load_time(store) == TimeBound()
    for data in (b"", cbor.write([1]), cbor.write([-1, 2]), cbor.write(["x", 2]), cbor.write({})):
        (tmp_path / "time.a").write_bytes(data)
        (tmp_path / "time.b").write_bytes(cbor.write([5, 7]))
        assert load_time(store) == TimeBound(5, 7)


def test_of_two_times_the_later_counts_whichever_copy_has_it(tmp_path: Path) -> None:
    """A power cut between the two writes leaves an older copy beside the new one."""
    store = TrustDocuments.on_disk(tmp_path)
    for first, second in (("a", "b"), ("b", "a")):
        (tmp_path / f"time.{first}").write_bytes(cbor.write([500, 7]))
        (tmp_path / f"time.{second}").write_bytes(cbor.write([300, 9]))
        assert load_time(store, passed_ms=400) == TimeBound(500, 9)


def test_a_disk_that_cannot_keep_the_time_stops_nothing(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "time.a.new").mkdir()
    gate.clock.move(600_000)
    gate.agent.tick()
    gate.scan(code(ticket(1)))
    assert gate.kinds() == ["granted"]


def test_a_clock_that_is_not_believed_is_shown(gate: Gate) -> None:
    gate.clock.doubt = "it is ahead of the centre's clock"
    gate.agent.tick()
    gate.agent.tick()
    assert gate.health.faults == {"clock": "it is ahead of the centre's clock"}
    assert gate.health.counters["fault clock"] == 1
    gate.clock.doubt = ""
    gate.agent.tick()
    assert gate.health.faults == {}


def test_only_a_ticket_that_no_list_knows_is_evidence_of_the_time(gate: Gate) -> None:
    """One that is listed cannot have been issued after the list."""
    future: dict[str, Any] = {"issued_at": NOW_S + 5000}
    gate.scan(code(ticket(5, **future)))
    gate.scan(code(ticket(500)))
    gate.scan(code(ticket(501, STRANGER, **future), STRANGER))
    assert gate.clock.issue_times == []
    gate.scan(code(ticket(502, **future)))
    assert gate.clock.issue_times == [(NOW_S + 5000) * 1000]
