"""What attackers send for a list. Attacks have the names that The Update Framework gives them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gate_agent.validator.lists.manifest import ListKind
from gate_agent.validator.messages.envelopes import MAX_SERIES
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.lists.pulls import VOID, mixed, pull, sealed_by_hand
from tests.gate_agent.samples import (
    CENTRE_KEY,
    NOW_S,
    STRANGER,
    SealedList,
    code,
    sealed_list,
    ticket,
)


@pytest.mark.parametrize(
    "listing",
    [
        sealed_list(version=2, signer=STRANGER),
        sealed_list(version=2, signer=CENTRE_KEY),
    ],
    ids=["stranger", "wrong use of a key"],
)
def test_arbitrary_content_a_list_that_nobody_trusted_signed(
    gate: Gate, listing: SealedList
) -> None:
    refuses_the_offer(gate, listing)


@pytest.mark.parametrize(
    "listing",
    [
        sealed_list(version=1, as_of_ms=NOW_S * 1000 + 1),
        sealed_list(version=2, as_of_ms=NOW_S * 1000 - 1),
        sealed_by_hand(sealed_list(version=2), kind=ListKind.CODES),
    ],
    ids=["not newer", "older", "another kind"],
)
def test_rollback_a_list_that_may_not_follow_is_not_even_asked_for(
    gate: Gate, listing: SealedList
) -> None:
    refuses_the_offer(gate, listing)


def refuses_the_offer(gate: Gate, listing: SealedList) -> None:
    gate.link_up()
    gate.said()
    gate.offer(listing)
    assert gate.said() == []
    assert gate.health.counters["message refused"] == 1
    assert gate.lists.version() == 1


@pytest.mark.parametrize("damage", [lambda data: data[:40], lambda data: b"", lambda data: b"x"])
def test_rollback_through_a_damaged_list_file(
    make_gate: MakeGate, damage: Callable[[bytes], bytes]
) -> None:
    gate = make_gate().start()
    gate.link_up()
    newest = sealed_list(5, VOID, as_of_ms=NOW_S * 1000 + 5)
    pull(gate, newest)
    file = gate.folder / "lists" / "main.list"
    file.write_bytes(damage(file.read_bytes()))
    again = make_gate().start()
    assert again.lists.version() == 0
    assert "ticket list" in again.health.faults
    again.scan(code(ticket(7)))
    assert again.denied() == ["no_list"]
    again.link_up()
    for old in (
        sealed_list(4, as_of_ms=NOW_S * 1000 + 9),
        sealed_list(6, as_of_ms=NOW_S * 1000 + 4),
        sealed_by_hand(sealed_list(6, as_of_ms=NOW_S * 1000 + 9), kind=ListKind.CODES),
    ):
        pull(again, old)
        assert again.lists.version() == 0
    pull(again, newest)  # the same version may come again, for it is lost
    assert again.lists.version() == 5
    assert again.health.faults == {}


def test_rollback_with_a_damaged_memory_of_versions(make_gate: MakeGate) -> None:
    gate = make_gate().start()
    gate.link_up()
    pull(gate, sealed_list(5))
    (gate.folder / "lists" / "versions").write_bytes(b"torn")
    again = make_gate().start()
    assert "ticket list" in again.health.faults
    again.link_up()
    pull(again, sealed_list(4))
    assert again.lists.version() == 5


def test_mix_and_match_chunks_of_another_body(gate: Gate) -> None:
    gate.link_up()
    first, second = mixed(2), mixed(2, seed=2)
    gate.offer(first)
    gate.send_chunk(first, 0, 9)
    size = len(first.body)
    gate.send_chunk(replace(second, body=second.body.ljust(size)[:size]), 9, size)
    assert gate.lists.version() == 1
    assert pull(gate, first) > 0
    assert gate.lists.version() == 2


def test_mix_and_match_a_body_under_another_manifest(gate: Gate) -> None:
    gate.link_up()
    first, second = mixed(2), mixed(2, seed=2)
    pull(gate, SealedList(first.manifest, first.sealed, second.body, second.listed))
    assert gate.lists.version() == 1


def test_arbitrary_content_a_body_that_was_tampered_with_is_refused_whole(gate: Gate) -> None:
    gate.link_up()
    good = sealed_list(2, VOID)
    body = bytes([*good.body[:-1], good.body[-1] ^ 1])
    pull(gate, SealedList(good.manifest, good.sealed, body, good.listed))
    assert gate.lists.version() == 1
    assert gate.health.counters["message refused"] == 1
    pull(gate, good)
    assert gate.lists.version() == 2


def test_wrong_base_a_delta_of_another_history(make_gate: MakeGate) -> None:
    """Version 1 by name, and another list by its content."""
    gate = make_gate().start(mixed(1))
    gate.link_up()
    pull(gate, mixed(2, mixed(1, seed=5), seed=2))
    assert gate.lists.version() == 1
    assert gate.health.counters["message refused"] == 1


def test_endless_data_more_bytes_than_the_manifest_says(gate: Gate) -> None:
    gate.link_up()
    good = mixed(2)
    gate.offer(good)
    longer = replace(good, body=good.body + bytes(1000))
    gate.send_chunk(longer, 0, len(longer.body))
    assert gate.lists.version() == 1
    assert not (gate.folder / "lists" / "main.part").exists()


def test_endless_data_more_series_than_a_gate_keeps(gate: Gate) -> None:
    gate.link_up()
    for number in range(MAX_SERIES + 3):
        pull(gate, sealed_list(1, series=f"series-{number}"))
    assert len(gate.lists.in_force()) == MAX_SERIES
    assert gate.health.counters["message refused"] == 4
