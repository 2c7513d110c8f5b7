"""The second factor at the door: codes and recovery codes, once each."""

import threading
from collections.abc import Callable

import pytest

from fleet_manager.access import sessions
from fleet_manager.centre import Centre
from fleet_manager.services.people import sign_in
from fleet_manager.services.people.attempts import SignInRefused
from tests.fleet_manager.services.people.conftest import (
    CAFE,
    OFFICE,
    SetClock,
    enter,
    get_phone,
    inside,
    lines,
)

Join = Callable[..., str]


def test_a_password_alone_opens_nothing_where_there_is_a_second_factor(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    phone, _ = get_phone(centre, clock, "zhang")
    half = enter(centre, "zhang")
    assert half.needs_code
    assert sign_in.who_is(centre, half.secret, OFFICE) is None
    whole = sign_in.confirm_code(centre, half.secret, phone.code(), address=OFFICE)
    assert not whole.needs_code
    assert whole.secret != half.secret
    assert sign_in.who_is(centre, half.secret, OFFICE) is None
    assert inside(centre, whole.secret).user.name == "zhang"


def test_the_session_that_waited_for_its_code_has_ended_with_it(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    phone, _ = get_phone(centre, clock, "zhang")
    half = enter(centre, "zhang").secret
    sign_in.confirm_code(centre, half, phone.code(), address=OFFICE)
    clock.pass_s(30)
    with pytest.raises(SignInRefused, match="too long ago"):
        sign_in.confirm_code(centre, half, phone.code(), address=CAFE)


def test_password_and_code_can_be_given_at_once(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    phone, _ = get_phone(centre, clock, "zhang")
    assert not enter(centre, "zhang", code=phone.code()).needs_code


@pytest.mark.parametrize(
    ("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_phones_clock_may_be_off_by_one_step(
    centre: Centre, join: Join, clock: SetClock, steps: int, right: bool
) -> None:
    join("zhang")
    phone, _ = get_phone(centre, clock, "zhang")
    secret = enter(centre, "zhang").secret
    if right:
        sign_in.confirm_code(centre, secret, phone.code(steps), address=OFFICE)
    else:
        with pytest.raises(SignInRefused, match="code is wrong"):
            sign_in.confirm_code(centre, secret, phone.code(steps), address=OFFICE)


def test_a_code_counts_once(centre: Centre, join: Join, clock: SetClock) -> None:
    join("zhang")
    phone, _ = get_phone(centre, clock, "zhang")
    code, earlier = phone.code(), phone.code(-1)
    enter(centre, "zhang", code=code)
    for replayed in (code, earlier):
        with pytest.raises(SignInRefused, match="wrong, or was used before"):
            enter(centre, "zhang", code=replayed, address=CAFE)
    clock.pass_s(30)
    enter(centre, "zhang", code=phone.code())


def test_of_two_who_send_a_code_at_one_moment_one_gets_in(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    phone, codes = get_phone(centre, clock, "zhang")
    for code in (phone.code(), codes[0]):
        halves = [enter(centre, "zhang").secret for _ in range(2)]
        barrier = threading.Barrier(2)
        inside_now: list[str] = []

        def give(secret: str, code: str, barrier: threading.Barrier, into: list[str]) -> None:
            barrier.wait()
            try:
                into.append(sign_in.confirm_code(centre, secret, code, address=OFFICE).secret)
            except SignInRefused:
                pass

        threads = [
            threading.Thread(target=give, args=(half, code, barrier, inside_now)) for half in halves
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(inside_now) == 1


def test_a_recovery_code_counts_once_and_in_any_spelling(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    _, codes = get_phone(centre, clock, "zhang")
    assert len(set(codes)) == 10
    enter(centre, "zhang", code=f" {codes[3].upper().replace('-', ' ')} ")
    assert lines(centre, act="sign_in")[-1].after == '{"by": "recovery code"}'
    with pytest.raises(SignInRefused):
        enter(centre, "zhang", code=codes[3])
    enter(centre, "zhang", code=codes[4])
    with pytest.raises(SignInRefused):
        enter(centre, "zhang", code="-")


def test_codes_are_slowed_down_and_a_right_password_clears_nothing_of_it(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    phone, _ = get_phone(centre, clock, "zhang")
    waits = []
    for host in range(6):
        secret = enter(centre, "zhang").secret
        with pytest.raises(SignInRefused) as refused:
            sign_in.confirm_code(centre, secret, "000000", address=f"198.51.100.{host}")
        waits.append(refused.value.wait_s)
    assert waits == [0, 0, 0, 0, 0, 1]
    secret = enter(centre, "zhang").secret
    with pytest.raises(SignInRefused, match="too many attempts"):
        sign_in.confirm_code(centre, secret, phone.code(), address=OFFICE)
    clock.pass_s(1)
    sign_in.confirm_code(centre, secret, phone.code(), address=OFFICE)


def test_a_wrong_code_is_in_the_audit_without_the_code(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    get_phone(centre, clock, "zhang")
    with pytest.raises(SignInRefused):
        enter(centre, "zhang", code="123456")
    line = lines(centre)[-1]
    assert (line.actor, line.act, line.result) == ("zhang", "sign_in", "refused")
    assert "code" in line.reason
    assert "123456" not in repr(lines(centre))


def test_a_session_waits_ten_minutes_for_its_code(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    phone, _ = get_phone(centre, clock, "zhang")
    half = enter(centre, "zhang")
    clock.ms += sessions.CODE_WITHIN_MS
    with pytest.raises(SignInRefused, match="too long ago"):
        sign_in.confirm_code(centre, half.secret, phone.code(), address=OFFICE)


def test_a_whole_session_is_none_that_waits_for_a_code(centre: Centre, join: Join) -> None:
    join("zhang")
    with pytest.raises(SignInRefused, match="too long ago"):
        sign_in.confirm_code(centre, enter(centre, "zhang").secret, "123456", address=OFFICE)
