"""The lists in force and on their way: real messages, real files."""

from pathlib import Path

import pytest

from gate_agent.errors import JournalError
from gate_agent.events import LinkDown
from gate_agent.lists.fetch import NEWEST
from gate_agent.lists.list_files import ListFiles
from gate_agent.validator.messages.envelopes import GateState, ListRequest
from hardware_sim.park.board.folder import PowerCut
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.lists.pulls import VOID, CuttingFolder, mixed, pull, serve
from tests.gate_agent.samples import (
    NOW_S,
    RING,
    code,
    sealed_list,
    ticket,
)

# --- the ordinary ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_list_is_pulled_checked_kept_and_put_in_force(make_gate: MakeGate, size: int) -> None:
    gate = make_gate().start()
    gate.link_up()
    pull(gate, sealed_list(version=3), size)
    assert gate.lists.version() == 3
    assert gate.clock.lower_bounds == [NOW_S * 1000]
    assert [one.name for one in (gate.folder / "lists").iterdir() if one.suffix == ".part"] == []
    gate.scan(code(ticket(7)))
    assert gate.kinds() == ["granted"]
    assert make_gate().start().lists.version() == 3


def test_a_ticket_made_void_is_refused_from_then_on(gate: Gate) -> None:
    gate.link_up()
    pull(gate, sealed_list(2, VOID))
    gate.scan(code(ticket(7)))
    assert gate.denied() == ["void"]


def test_what_changed_is_enough(make_gate: MakeGate) -> None:
    first = mixed(1)
    gate = make_gate().start(first)
    gate.link_up()
    second = mixed(2, first, seed=2)
    pull(gate, second)
    assert gate.lists.in_force() == (("main", 2, NOW_S * 1000),)
    assert make_gate().start().files.load("main", RING) == second.listed


def test_every_change_is_fetched_once(gate: Gate) -> None:
    gate.link_up()
    second = mixed(2)
    assert pull(gate, second, 1000) == 1
    for _ in range(5):
        assert pull(gate, second, 1000) == 0
    assert gate.health.counters["list taken"] == 1
    assert gate.health.counters["message refused"] == 0


def test_a_gate_tells_at_once_what_it_has_taken(gate: Gate) -> None:
    gate.link_up()
    gate.agent.tick()
    pull(gate, sealed_list(2))
    gate.agent.tick()
    states = [message for message in gate.said() if isinstance(message, GateState)]
    assert [state.lists for state in states] == [(("main", 2, NOW_S * 1000),)]


def test_several_series_are_in_force_at_once(make_gate: MakeGate) -> None:
    gate = make_gate().start(sealed_list())
    gate.link_up()
    pull(gate, sealed_list(7, VOID, series="other"))
    expected = (("main", 1, NOW_S * 1000), ("other", 7, NOW_S * 1000))
    assert gate.lists.in_force() == expected
    gate.scan(code(ticket(7)))
    assert gate.kinds() == ["granted"]
    assert make_gate().start().lists.in_force() == expected


def test_a_delta_that_does_not_fit_is_answered_with_what_the_gate_has(gate: Gate) -> None:
    gate.link_up()
    gate.said()
    gate.offer(mixed(3, sealed_list(2)))
    assert gate.said() == [ListRequest("main", 3, 1, 0)]


def test_a_pull_goes_on_where_it_was_cut(gate: Gate) -> None:
    gate.link_up()
    listing = mixed(2)
    gate.offer(listing)
    gate.send_chunk(listing, 0, 5)
    gate.agent.step(LinkDown())
    gate.wait(60_000)
    gate.said()
    gate.link_up()
    assert ListRequest("main", 2, 0, 5) in gate.said()


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_a_pull_goes_on_after_a_restart(make_gate: MakeGate, cut: int) -> None:
    gate = make_gate().start(sealed_list())
    gate.link_up()
    listing = mixed(2)
    gate.offer(listing)
    gate.send_chunk(listing, 0, cut)
    again = make_gate().start()
    again.link_up()
    assert ListRequest("main", 2, 0, cut) in again.said()
    again.send_chunk(listing, cut, 1000)
    assert again.lists.version() == 2


def test_a_part_of_a_list_that_may_not_follow_any_more_is_taken_away(make_gate: MakeGate) -> None:
    gate = make_gate().start(sealed_list())
    gate.link_up()
    old = mixed(2)
    gate.offer(old)
    gate.send_chunk(old, 0, 5)
    mixed(3).save(gate.files)
    again = make_gate().start()
    again.link_up()
    assert not any(isinstance(message, ListRequest) for message in again.said())
    assert not (again.folder / "lists" / "main.part").exists()


def test_a_part_of_changes_to_a_list_that_is_gone_is_taken_away(make_gate: MakeGate) -> None:
    first = mixed(1)
    gate = make_gate().start(first)
    gate.link_up()
    second = mixed(2, first, seed=2)
    gate.offer(second)
    gate.send_chunk(second, 0, 5)
    assert (gate.folder / "lists" / "main.part").exists()
    (gate.folder / "lists" / "main.list").write_bytes(b"torn")
    again = make_gate().start()
    again.link_up()
    assert not any(isinstance(message, ListRequest) for message in again.said())
    assert not (again.folder / "lists" / "main.part").exists()


def test_a_request_is_repeated(gate: Gate) -> None:
    gate.link_up()
    gate.offer(mixed(2))
    gate.said()
    gate.wait(2000)
    assert ListRequest("main", 2, 0, 0) in gate.said()


# --- faults of the disk ------------------------------------------------------------------------


def test_a_list_that_cannot_be_written_is_not_put_in_force(gate: Gate) -> None:
    gate.link_up()
    (gate.folder / "lists" / "main.list.new").mkdir()
    pull(gate, sealed_list(version=2))
    assert gate.lists.version() == 1
    assert "ticket list" in gate.health.faults
    (gate.folder / "lists" / "main.list.new").rmdir()
    pull(gate, sealed_list(version=2))
    assert gate.lists.version() == 2
    assert gate.health.faults == {}


def test_a_part_that_cannot_be_written_ends_the_pull_until_the_next_offer(gate: Gate) -> None:
    gate.link_up()
    part = gate.folder / "lists" / "main.part"
    part.mkdir()
    pull(gate, mixed(2))
    assert gate.lists.version() == 1
    assert "ticket list" in gate.health.faults
    part.rmdir()
    pull(gate, mixed(2))
    assert gate.lists.version() == 2


def test_a_part_that_cannot_be_taken_away_is_a_fault_and_no_more(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_store: ListFiles, _series: str) -> None:
        raise JournalError("cannot write main.part")

    monkeypatch.setattr(ListFiles, "drop_part", fails)
    gate.link_up()
    pull(gate, mixed(2))
    assert gate.lists.version() == 2


def test_parts_that_cannot_be_looked_at_are_a_fault(
    make_gate: MakeGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_store: ListFiles, _ring: object) -> list[object]:
        raise JournalError("cannot write main.part")

    monkeypatch.setattr(ListFiles, "parts", fails)
    assert "ticket list" in make_gate().start(sealed_list()).health.faults


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("way", ["snapshot", "delta"])
def test_a_power_cut_at_every_write_leaves_the_old_list_or_the_new_one(
    tmp_path: Path, way: str, after: bool
) -> None:
    first = mixed(1)
    second = mixed(2, first if way == "delta" else None, seed=2)
    size = len(second.body) // 3
    for cut_at in range(1, 20):
        place = tmp_path / f"{cut_at}"
        place.mkdir()
        folder = CuttingFolder(-1, after, cut_at)
        first.save(ListFiles(folder))
        folder.left = cut_at
        gate = Gate(place, files=folder).start()
        gate.link_up()
        try:
            pull(gate, second, size)
        except PowerCut:
            gate.close()
            folder.lose_power()
        else:
            gate.close()
            assert cut_at > 5
            return
        again = Gate(place, files=folder).start()
        assert again.lists.version() in (1, 2)
        held = first if again.lists.version() == 1 else second
        assert again.files.load("main", RING) == held.listed
        again.link_up()
        serve(again, second, size)
        for _ in range(3):  # a part whose end was lost is found out when it is whole
            pull(again, second, size)
        assert again.lists.version() == 2
        again.close()
    raise AssertionError("the power never lasted")


def test_a_change_to_another_list_of_the_same_number_is_healed_by_the_whole(
    make_gate: MakeGate,
) -> None:
    """A centre that was put back to a backup gives a number out twice."""
    gate = make_gate().start(mixed(4))
    gate.link_up()
    other = mixed(4, seed=2)
    pull(gate, mixed(5, other, seed=3))
    assert gate.lists.version() == 4
    assert gate.health.counters["message refused"] == 1
    gate.clock.move(2000)
    gate.said()
    gate.offer(mixed(5, other, seed=3))
    gate.send_chunk(mixed(5, other, seed=3), 0, 10_000)
    [*_, asked] = [message for message in gate.said() if isinstance(message, ListRequest)]
    assert asked == ListRequest("main", NEWEST, 0, 0)
    pull(gate, mixed(5, seed=3))
    assert gate.lists.version() == 5
