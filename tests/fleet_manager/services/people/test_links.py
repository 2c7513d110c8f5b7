"""One-time links: a password is set by them once."""

from collections.abc import Callable

import pytest

from fleet_manager.access.actor import Actor, Role
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.services.people import account, sign_in, users
from fleet_manager.services.people.attempts import SignInRefused
from fleet_manager.services.people.users import NewUser
from tests.fleet_manager.services.people.conftest import (
    CAFE,
    OFFICE,
    PASSWORD,
    SetClock,
    enter,
    get_phone,
    inside,
    lines,
)

Join = Callable[..., str]


def test_a_link_counts_once_and_for_24_hours(centre: Centre, boss: Actor, clock: SetClock) -> None:
    secret = users.add_user(centre, boss, NewUser(name="li", shown="李", role=Role.CASHIER)).secret
    assert sign_in.look_at_link(centre, secret).user.name == "li"
    assert sign_in.look_at_link(centre, secret).user.name == "li"
    with pytest.raises(CentreError, match="10 to 128"):
        sign_in.use_link(centre, secret, "short", address=OFFICE)
    begun = sign_in.use_link(centre, secret, PASSWORD, address=OFFICE)
    assert inside(centre, begun.secret).user.shown == "李"
    with pytest.raises(SignInRefused, match="was used"):
        sign_in.use_link(centre, secret, "another password", address=CAFE)
    later = users.reset_link(centre, boss, "li").secret
    clock.pass_s(24 * 3600)
    with pytest.raises(SignInRefused, match="expired"):
        sign_in.use_link(centre, later, PASSWORD, address=OFFICE)


def test_another_link_ends_the_one_before_and_the_password(
    centre: Centre, join: Join, boss: Actor
) -> None:
    join("zhang")
    session = enter(centre, "zhang").secret
    first = users.reset_link(centre, boss, "zhang").secret
    second = users.reset_link(centre, boss, "zhang").secret
    assert sign_in.who_is(centre, session, OFFICE) is None
    with pytest.raises(SignInRefused):
        enter(centre, "zhang")
    with pytest.raises(SignInRefused):
        sign_in.look_at_link(centre, first)
    sign_in.use_link(centre, second, PASSWORD, address=OFFICE)
    enter(centre, "zhang")


def test_a_link_does_not_go_round_the_second_factor_unless_that_is_taken_away(
    centre: Centre, join: Join, boss: Actor, clock: SetClock
) -> None:
    join("zhang")
    phone, _ = get_phone(centre, clock, "zhang")
    secret = users.reset_link(centre, boss, "zhang").secret
    begun = sign_in.use_link(centre, secret, PASSWORD, address=OFFICE)
    assert begun.needs_code
    sign_in.confirm_code(centre, begun.secret, phone.code(), address=OFFICE)
    secret = users.reset_link(centre, boss, "zhang", also_second_factor=True).secret
    assert not sign_in.use_link(centre, secret, PASSWORD, address=OFFICE).needs_code


def test_a_disabled_users_link_is_of_no_use(centre: Centre, boss: Actor) -> None:
    secret = users.add_user(centre, boss, NewUser(name="li", shown="李", role=Role.CASHIER)).secret
    users.disable(centre, boss, "li")
    for _ in range(2):
        with pytest.raises(SignInRefused):
            sign_in.use_link(centre, secret, PASSWORD, address=OFFICE)
        if lines(centre)[-1].act != "user.enable":
            users.enable(centre, boss, "li")


def test_a_database_with_other_keys_says_that_a_second_factor_cannot_be_read(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    get_phone(centre, clock, "zhang")
    link = centre.config.keys / "link"
    link.write_text("00" * 32 + "\n")
    with pytest.raises(CentreError, match="cannot read the second factor"):
        enter(centre, "zhang", code="123456")


def test_own_password_has_to_be_given_again_for_what_guards_the_account(
    centre: Centre, join: Join
) -> None:
    join("zhang")
    signed_in = inside(centre, enter(centre, "zhang").secret)
    account.offer_second_factor(centre, signed_in)
    for act in (
        lambda: account.change_password(centre, signed_in, "wrong", "another good one"),
        lambda: account.confirm_second_factor(centre, signed_in, "wrong", "000000"),
        lambda: account.drop_second_factor(centre, signed_in, "wrong"),
        lambda: account.new_recovery_codes(centre, signed_in, "wrong"),
    ):
        with pytest.raises(SignInRefused, match="password is wrong"):
            act()
        assert lines(centre)[-1].result == "refused"


def test_a_link_for_signing_in_does_so_once_and_sets_no_password(
    centre: Centre, join: Join, boss: Actor, clock: SetClock
) -> None:
    join("zhang")
    secret = users.entry_link(centre, boss, "zhang").secret
    with pytest.raises(SignInRefused, match="sets no password"):
        sign_in.use_link(centre, secret, "another good one", address=CAFE)
    inside(centre, sign_in.enter_by_link(centre, secret, address=OFFICE).secret)
    with pytest.raises(SignInRefused, match="was used"):
        sign_in.enter_by_link(centre, secret, address=OFFICE)
    enter(centre, "zhang")
    secret = users.entry_link(centre, boss, "zhang").secret
    clock.pass_s(24 * 3600)
    with pytest.raises(SignInRefused, match="expired"):
        sign_in.enter_by_link(centre, secret, address=OFFICE)


def test_a_link_for_signing_in_goes_round_neither_a_second_factor_nor_a_reset(
    centre: Centre, join: Join, boss: Actor, clock: SetClock
) -> None:
    join("zhang")
    get_phone(centre, clock, "zhang")
    entry = users.entry_link(centre, boss, "zhang").secret
    half = sign_in.enter_by_link(centre, entry, address=OFFICE)
    assert half.needs_code
    assert sign_in.who_is(centre, half.secret, OFFICE) is None
    reset = users.reset_link(centre, boss, "zhang").secret
    with pytest.raises(SignInRefused, match="does not sign in"):
        sign_in.enter_by_link(centre, reset, address=OFFICE)
    assert sign_in.look_at_link(centre, reset).user.name == "zhang"
    entry = users.entry_link(centre, boss, "zhang").secret
    users.disable(centre, boss, "zhang")
    with pytest.raises(SignInRefused):
        sign_in.enter_by_link(centre, entry, address=OFFICE)
