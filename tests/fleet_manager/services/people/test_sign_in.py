"""Signing in: who gets in, for how long, and when their authority ends."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from fleet_manager.access import passwords, sessions
from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.sessions import LIFETIMES
from fleet_manager.centre import Centre
from fleet_manager.database.tables_people import account as account_table
from fleet_manager.database.tables_people import session as session_table
from fleet_manager.services.people import sign_in, users
from fleet_manager.services.people.attempts import SignInRefused
from fleet_manager.services.people.users import NewUser, UserChange
from tests.fleet_manager.services.people.conftest import (
    OFFICE,
    PASSWORD,
    SetClock,
    enter,
    inside,
    lines,
)

Join = Callable[..., str]


# --- getting in ---------------------------------------------------------------------------------


def test_whoever_signs_in_acts_with_the_role_and_station_of_their_account(
    centre: Centre, join: Join
) -> None:
    join("zhang", Role.STATION_LEAD, "north")
    signed_in = inside(centre, enter(centre, "zhang").secret)
    assert signed_in.actor == Actor("zhang", Role.STATION_LEAD, Via.PAGE, OFFICE, "north")


def test_the_database_holds_neither_the_secret_nor_the_password(centre: Centre, join: Join) -> None:
    join("zhang")
    secret = enter(centre, "zhang").secret
    with centre.store.read() as connection:
        rows = [
            *connection.execute(select(session_table)),
            *connection.execute(select(account_table)),
        ]
    everything = repr([tuple(row) for row in rows])
    assert secret not in everything
    assert PASSWORD not in everything
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in everything


def test_secrets_do_not_appear_in_what_is_logged_of_a_value(centre: Centre, boss: Actor) -> None:
    invited = users.add_user(centre, boss, NewUser(name="li", shown="李", role=Role.CASHIER))
    begun = sign_in.use_link(centre, invited.secret, PASSWORD, address=OFFICE)
    assert invited.secret not in repr(invited)
    assert begun.secret not in repr(begun)


def test_a_session_ends_when_nobody_uses_it(centre: Centre, join: Join, clock: SetClock) -> None:
    join("zhang")
    secret = enter(centre, "zhang").secret
    idle_ms = LIFETIMES[Role.MANAGER].idle_ms
    for _ in range(3):
        clock.ms += idle_ms - 1
        inside(centre, secret)
    clock.ms += idle_ms
    assert sign_in.who_is(centre, secret, OFFICE) is None


def test_a_session_ends_at_last_although_it_is_used(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    secret = enter(centre, "zhang").secret
    life = LIFETIMES[Role.MANAGER]
    end_ms = clock.ms + life.total_ms
    while clock.ms + life.idle_ms - 1 < end_ms:
        clock.ms += life.idle_ms - 1
        inside(centre, secret)
    clock.ms = end_ms
    assert sign_in.who_is(centre, secret, OFFICE) is None


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_session_of_30_minutes_to_12_hours(role: Role) -> None:
    assert 30 * 60_000 <= LIFETIMES[role].idle_ms <= 12 * 3_600_000
    assert LIFETIMES[role].idle_ms <= LIFETIMES[role].total_ms <= 24 * 3_600_000


def test_that_a_session_was_used_is_written_once_a_minute(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    begun = enter(centre, "zhang")

    def seen_ms() -> int:
        with centre.store.read() as connection:
            [session] = sessions.every(connection, clock.ms, begun.user.id)
        return session.seen_ms

    first = seen_ms()
    clock.pass_s(59)
    inside(centre, begun.secret)
    assert seen_ms() == first
    clock.pass_s(1)
    inside(centre, begun.secret)
    assert seen_ms() == clock.ms


def test_signing_in_gives_another_secret_each_time_and_takes_none_from_outside(
    centre: Centre, join: Join
) -> None:
    join("zhang")
    first, second = enter(centre, "zhang"), enter(centre, "zhang")
    assert first.secret != second.secret
    assert len(first.secret) >= 43
    for chosen in ("", "chosen by somebody", first.secret + "x", "\udcff", "票" * 50):
        assert sign_in.who_is(centre, chosen, OFFICE) is None


def test_a_user_has_room_for_so_many_sessions_and_the_oldest_ends(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    secrets = []
    for _ in range(sessions.MOST_PER_USER + 2):
        clock.pass_s(1)
        secrets.append(enter(centre, "zhang").secret)
    alive = [sign_in.who_is(centre, secret, OFFICE) is not None for secret in secrets]
    assert alive == [False, False] + [True] * sessions.MOST_PER_USER


def test_signing_out_ends_the_session_and_is_an_act(centre: Centre, join: Join) -> None:
    join("zhang")
    secret = enter(centre, "zhang").secret
    sign_in.sign_out(centre, inside(centre, secret))
    assert sign_in.who_is(centre, secret, OFFICE) is None
    assert lines(centre, act="sign_out")[-1].actor == "zhang"


# --- authority ends at once ---------------------------------------------------------------------


def test_a_disabled_user_is_out_at_once_and_cannot_come_back(
    centre: Centre, join: Join, boss: Actor
) -> None:
    join("zhang")
    secret = enter(centre, "zhang").secret
    users.disable(centre, boss, "zhang", "left the park")
    assert sign_in.who_is(centre, secret, OFFICE) is None
    with pytest.raises(SignInRefused, match="the name or the password is wrong"):
        enter(centre, "zhang")
    assert lines(centre, act="sign_in", result="refused")[-1].reason == "the user is disabled"
    users.enable(centre, boss, "zhang")
    assert sign_in.who_is(centre, secret, OFFICE) is None
    enter(centre, "zhang")


@pytest.mark.parametrize(
    "change", [UserChange(role=Role.CASHIER), UserChange(station="south")], ids=["role", "station"]
)
def test_another_role_or_station_ends_sessions(
    centre: Centre, join: Join, boss: Actor, change: UserChange
) -> None:
    join("zhang")
    secret = enter(centre, "zhang").secret
    users.set_user(centre, boss, "zhang", change)
    assert sign_in.who_is(centre, secret, OFFICE) is None


def test_a_role_that_is_changed_behind_the_programs_back_counts_at_the_next_request(
    centre: Centre, join: Join
) -> None:
    join("zhang")
    secret = enter(centre, "zhang").secret
    with centre.store.write() as connection:
        connection.execute(update(account_table).values(role=Role.AUDITOR.value))
    assert inside(centre, secret).actor.role is Role.AUDITOR


def test_a_user_who_is_disabled_behind_the_programs_back_is_out_at_the_next_request(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    secret = enter(centre, "zhang").secret
    with centre.store.write() as connection:
        connection.execute(update(account_table).values(disabled_ms=clock.ms))
    assert sign_in.who_is(centre, secret, OFFICE) is None


def test_a_password_that_is_reset_while_it_is_compared_lets_nobody_in(
    centre: Centre, join: Join, boss: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    join("zhang")
    compare = passwords.is_right

    def slowly(stored: str | None, password: str) -> bool:
        right = compare(stored, password)
        users.reset_link(centre, boss, "zhang")
        return right

    monkeypatch.setattr(passwords, "is_right", slowly)
    with pytest.raises(SignInRefused):
        enter(centre, "zhang")
