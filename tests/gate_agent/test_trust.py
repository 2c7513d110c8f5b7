"""What a gate believes: rule books from the centre, from strangers, and from a worn card."""

from pathlib import Path

import pytest

from gate_agent.validator import rule_book
from gate_agent.validator.messages import RulesOffer, State
from gate_agent.validator.passage import Kind
from gate_agent.validator.rule_book import NO_BOOK, RuleBook, Rules, TooOld
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
    assert isinstance(state, State)
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
    granted = [row for row in gate.committed() if row.kind is Kind.GRANTED]
    assert [(row.product, row.freshness) for row in granted] == [(7, 0), (8, 1)]
