"""The table of rights: every act has its roles, and an administrator may do everything."""

import os

import pytest

from fleet_manager.access import actor
from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.rights import (
    RIGHTS,
    VIEWS,
    Act,
    NotAllowed,
    View,
    may,
    may_see,
    require,
    require_view,
)


def somebody(role: Role) -> Actor:
    return Actor("chen", role, Via.PAGE, "10.0.0.9")


def test_every_act_has_a_row() -> None:
    assert set(RIGHTS) == set(Act)


@pytest.mark.parametrize("act", Act)
def test_an_administrator_may_do_everything(act: Act) -> None:
    assert may(somebody(Role.ADMINISTRATOR), act)


@pytest.mark.parametrize(
    ("role", "act"),
    [
        (Role.CASHIER, Act.TICKET_VOID),
        (Role.CASHIER, Act.RULES_SET),
        (Role.TECHNICIAN, Act.TICKET_ISSUE),
        (Role.ACCOUNTANT, Act.TICKET_FORGIVE),
        (Role.AUDITOR, Act.TICKET_ISSUE),
        (Role.MANAGER, Act.KEYS_PUBLISH),
    ],
)
def test_who_may_not_is_told_who_may(role: Role, act: Act) -> None:
    with pytest.raises(NotAllowed) as refused:
        require(somebody(role), act)
    assert act.value in str(refused.value)
    assert role.value in str(refused.value)
    assert "administrator" in refused.value.hint


def of_station(role: Role, station: str) -> Actor:
    return Actor("chen", role, Via.PAGE, "10.0.0.9", station)


@pytest.mark.parametrize(
    ("role", "act", "station", "allowed"),
    [
        (Role.TECHNICIAN, Act.GATE_SET, "north", True),
        (Role.TECHNICIAN, Act.GATE_SET, "south", False),
        (Role.TECHNICIAN, Act.GATE_SET, "", False),
        (Role.TECHNICIAN, Act.GATE_SET, None, False),
        (Role.TECHNICIAN, Act.RELEASE_ADD, None, False),
        (Role.STATION_LEAD, Act.TICKET_VOID, None, True),
        (Role.CASHIER, Act.TICKET_ISSUE, None, True),
        (Role.CASHIER, Act.TICKET_VOID, None, False),
        (Role.MANAGER, Act.RULES_SET, None, False),
        (Role.MANAGER, Act.STATION_SET, "north", True),
        (Role.ACCOUNTANT, Act.LEDGER_RESOLVE, None, False),
    ],
)
def test_a_station_limits_what_a_role_allows(
    *, role: Role, act: Act, station: str | None, allowed: bool
) -> None:
    assert may(of_station(role, "north"), act, station) is allowed
    assert may(of_station(role, ""), act, station) is (role in RIGHTS[act])
    if not allowed:
        with pytest.raises(NotAllowed):
            require(of_station(role, "north"), act, station)


def test_every_view_has_a_row_and_an_administrator_sees_all() -> None:
    assert set(VIEWS) == set(View)
    assert all(may_see(somebody(Role.ADMINISTRATOR), view) for view in View)


def test_an_auditor_sees_everything_and_a_display_one_page() -> None:
    assert all(may_see(somebody(Role.AUDITOR), view) for view in View)
    assert [view for view in View if may_see(somebody(Role.DISPLAY), view)] == [View.LIVE]


@pytest.mark.parametrize("role", [Role.MERCHANT, Role.GATE_STAFF])
def test_who_has_no_page_yet_sees_none(role: Role) -> None:
    for view in View:
        assert not may_see(somebody(role), view)
        with pytest.raises(NotAllowed, match=f"cannot show {view.value}"):
            require_view(somebody(role), view)


def test_behind_sudo_the_person_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "zhang")
    who = actor.computer_user()
    assert who.name == "zhang"
    assert "as " in who.origin


def test_a_user_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999)
    assert actor.computer_user().name == "user 3999999"
