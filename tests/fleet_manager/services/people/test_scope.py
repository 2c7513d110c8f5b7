"""Somebody of one station acts on that station's gates, and on what belongs to no station."""

from collections.abc import Callable

import pytest

from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.rights import NotAllowed
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.gates.gates import Station
from fleet_manager.services import gates, rules, tickets
from fleet_manager.services.boards import enrolment
from fleet_manager.services.tickets import SaleRequest
from tests.fleet_manager.conftest import furnish_gates
from tests.fleet_manager.services.people.conftest import OFFICE, lines

DAY_MS = 86_400_000


def of_north(role: Role) -> Actor:
    return Actor("chen", role, Via.PAGE, OFFICE, "north")


@pytest.fixture
def gated(centre: Centre) -> Centre:
    """With gate-1 and gate-2 in the north, gate-3 in the south."""
    furnish_gates(centre.store)
    return centre


def on_gate(gate: str, station: str) -> list[tuple[Role, Callable[[Centre, Actor], object]]]:
    return [
        (Role.TECHNICIAN, lambda centre, who: gates.set_label(centre, who, gate, "一号")),
        (Role.MANAGER, lambda centre, who: gates.disown(centre, who, gate, 0)),
        (
            Role.TECHNICIAN,
            lambda centre, who: enrolment.invite(
                centre, who, gate, None, valid_ms=DAY_MS, replaces=True
            ),
        ),
        (
            Role.TECHNICIAN,
            lambda centre, who: enrolment.invite(
                centre, who, f"{gate}-new", station, valid_ms=DAY_MS, replaces=False
            ),
        ),
        (
            Role.MANAGER,
            lambda centre, who: gates.rename_station(centre, who, station, "门", "Gate"),
        ),
        (Role.TECHNICIAN, lambda centre, who: gates.retire(centre, who, gate)),
    ]


@pytest.mark.parametrize("number", range(6))
def test_a_gate_of_ones_station_and_none_of_another(gated: Centre, number: int) -> None:
    role, act = on_gate("gate-3", "south")[number]
    with pytest.raises(NotAllowed, match="of station north, and this is about station south"):
        act(gated, of_north(role))
    assert lines(gated, actor="chen")[-1].result == "refused"
    role, act = on_gate("gate-1", "north")[number]
    act(gated, of_north(role))
    assert lines(gated, actor="chen")[-1].result == "done"


def test_what_belongs_to_no_station_is_done_as_a_station_lead_may(gated: Centre) -> None:
    tickets.issue(gated, of_north(Role.CASHIER), SaleRequest(product="adult", count=2))
    tickets.void(gated, of_north(Role.STATION_LEAD), [1])
    tickets.void(gated, of_north(Role.MANAGER), [2])
    for act in (
        lambda: rules.reset(gated, of_north(Role.MANAGER), "adult"),
        lambda: gates.add_station(gated, of_north(Role.MANAGER), Station("west", "西", "West")),
        lambda: gates.renew(gated, of_north(Role.TECHNICIAN), None),
    ):
        with pytest.raises(NotAllowed, match="this is about the whole park"):
            act()


def test_a_gate_that_is_not_there_is_no_way_round(gated: Centre) -> None:
    with pytest.raises(CentreError, match="cannot find gate"):
        gates.set_label(gated, of_north(Role.TECHNICIAN), "gate-9", "x")
