"""The table of rights: every act has its roles, and an administrator may do everything."""

import os

import pytest

from fleet_manager.access import actor
from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.rights import RIGHTS, Act, NotAllowed, may, require


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


def test_behind_sudo_the_person_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "zhang")
    who = actor.computer_user()
    assert who.name == "zhang"
    assert "as " in who.origin


def test_a_user_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999)
    assert actor.computer_user().name == "user 3999999"
