"""Acts on one's own account."""

import unicodedata
from collections.abc import Callable

import pytest

from fleet_manager.access import second_factor
from fleet_manager.access.actor import Role
from fleet_manager.access.rights import RIGHTS, Act
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.services.people import account, sign_in
from fleet_manager.services.people.attempts import SignInRefused
from tests.fleet_manager.services.people.conftest import (
    OFFICE,
    PASSWORD,
    Phone,
    SetClock,
    enter,
    get_phone,
    inside,
    lines,
)

Join = Callable[..., str]
OTHER = "nine swans on a lake"


def test_another_password_ends_every_session_and_begins_a_new_one(
    centre: Centre, join: Join
) -> None:
    join("zhang")
    here, elsewhere = enter(centre, "zhang").secret, enter(centre, "zhang").secret
    new = account.change_password(centre, inside(centre, here), PASSWORD, OTHER)
    assert sign_in.who_is(centre, here, OFFICE) is None
    assert sign_in.who_is(centre, elsewhere, OFFICE) is None
    inside(centre, new.secret)
    with pytest.raises(SignInRefused):
        enter(centre, "zhang")
    sign_in.sign_in(centre, "zhang", OTHER, address=OFFICE)
    assert PASSWORD not in repr(lines(centre))
    assert OTHER not in repr(lines(centre))


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("short", "10 to 128 characters"),
        ("x" * 129, "10 to 128 characters"),
        ("aaaaaaaaaaaa", "5 different characters"),
        ("Zhang12345678", "the name is in it"),
    ],
)
def test_a_weak_password_is_refused_with_what_is_allowed(
    centre: Centre, join: Join, new: str, words: str
) -> None:
    join("zhang")
    with pytest.raises(CentreError, match=words):
        account.change_password(
            centre, inside(centre, enter(centre, "zhang").secret), PASSWORD, new
        )


def test_a_password_is_the_same_however_a_keyboard_writes_it(centre: Centre, join: Join) -> None:
    join("zhang")
    signed_in = inside(centre, enter(centre, "zhang").secret)
    account.change_password(centre, signed_in, PASSWORD, "caf\u00e9 of swans")
    sign_in.sign_in(centre, "zhang", "cafe\u0301 of swans", address=OFFICE)


def test_the_longest_password_works_in_every_spelling(centre: Centre, join: Join) -> None:
    join("zhang")
    signed_in = inside(centre, enter(centre, "zhang").secret)
    longest = "\u00e9\u00e8\u00fc\u00f1" * 31 + "swan"
    assert len(longest) == 128
    account.change_password(centre, signed_in, PASSWORD, longest)
    sign_in.sign_in(centre, "zhang", unicodedata.normalize("NFD", longest), address=OFFICE)
    with pytest.raises(SignInRefused):
        sign_in.sign_in(centre, "zhang", longest + "s", address=OFFICE)


def test_a_second_factor_counts_once_a_code_of_it_has_come_back(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    signed_in = inside(centre, enter(centre, "zhang").secret)
    assert account.offered_second_factor(centre, signed_in) is None
    offer = account.offer_second_factor(centre, signed_in)
    assert account.offered_second_factor(centre, signed_in) == offer
    assert offer.uri.startswith("otpauth://totp/")
    assert offer.secret not in repr(offer)
    with pytest.raises(CentreError, match="not one of this secret"):
        account.confirm_second_factor(centre, signed_in, PASSWORD, "000000")
    assert not enter(centre, "zhang").needs_code
    code = Phone(offer.secret, clock).code()
    codes = account.confirm_second_factor(centre, signed_in, PASSWORD, code)
    assert enter(centre, "zhang").needs_code
    with pytest.raises(SignInRefused):
        enter(centre, "zhang", code=code)
    said = repr(lines(centre))
    for secret in (offer.secret, code, *codes):
        assert secret not in said


def test_a_second_factor_ends_the_sessions_that_came_without_it(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    here, elsewhere = enter(centre, "zhang").secret, enter(centre, "zhang").secret
    signed_in = inside(centre, here)
    phone = Phone(account.offer_second_factor(centre, signed_in).secret, clock)
    account.confirm_second_factor(centre, signed_in, PASSWORD, phone.code())
    inside(centre, here)
    assert sign_in.who_is(centre, elsewhere, OFFICE) is None


def test_new_recovery_codes_end_the_old_ones_and_go_with_the_second_factor(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    phone, old = get_phone(centre, clock, "zhang")
    signed_in = inside(centre, enter(centre, "zhang", code=phone.code()).secret)
    new = account.new_recovery_codes(centre, signed_in, PASSWORD)
    with pytest.raises(SignInRefused):
        enter(centre, "zhang", code=old[0])
    enter(centre, "zhang", code=new[0])
    account.drop_second_factor(centre, signed_in, PASSWORD)
    assert not enter(centre, "zhang").needs_code
    with centre.store.read() as connection:
        assert second_factor.count_recovery_codes(connection, signed_in.user.id) == 0


def test_one_ends_ones_own_sessions_and_no_others(centre: Centre, join: Join) -> None:
    join("zhang")
    join("li")
    here, elsewhere = enter(centre, "zhang").secret, enter(centre, "zhang").secret
    stranger = inside(centre, enter(centre, "li").secret)
    mine = inside(centre, here)
    listed = [session.id for session in account.own_sessions(centre, mine)]
    other = inside(centre, elsewhere).session
    assert sorted(listed) == sorted([mine.session, other])
    with pytest.raises(CentreError, match="ended already"):
        account.end_own_session(centre, mine, stranger.session)
    account.end_own_session(centre, mine, other)
    assert sign_in.who_is(centre, elsewhere, OFFICE) is None
    inside(centre, here)


def test_one_chooses_ones_language(centre: Centre, join: Join) -> None:
    join("zhang")
    secret = enter(centre, "zhang").secret
    account.set_language(centre, inside(centre, secret), "en")
    assert inside(centre, secret).language == "en"
    with pytest.raises(CentreError, match="zh, en or empty"):
        account.set_language(centre, inside(centre, secret), "fr")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DISPLAY])
@pytest.mark.parametrize("station", ["", "north"])
def test_everybody_who_signs_in_looks_after_their_own_account(
    centre: Centre, join: Join, role: Role, station: str
) -> None:
    join("zhang", role, "" if role is Role.ADMINISTRATOR else station)
    signed_in = inside(centre, enter(centre, "zhang").secret)
    account.set_language(centre, signed_in, "zh")
    account.change_password(centre, signed_in, PASSWORD, OTHER)


def test_an_auditor_does_nothing_but_verify_and_export_the_audit_and_keep_their_own_account() -> (
    None
):
    acts = {act for act, roles in RIGHTS.items() if Role.AUDITOR in roles}
    assert acts == {
        Act.AUDIT_EXPORT,
        Act.AUDIT_VERIFY,
        Act.SIGN_IN,
        Act.SIGN_OUT,
        Act.LINK_USE,
        Act.PASSWORD_SET,
        Act.SECOND_FACTOR_SET,
        Act.ACCOUNT_SET,
    }
