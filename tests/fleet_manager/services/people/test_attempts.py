"""Wrong passwords: all refused alike, written down, and slower and slower."""

import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from fleet_manager.access import passwords, throttle
from fleet_manager.access.actor import Actor, Role
from fleet_manager.centre import Centre
from fleet_manager.database.store import Store
from fleet_manager.database.tables_people import account as account_table
from fleet_manager.database.tables_people import throttle as throttle_table
from fleet_manager.services.people import sign_in, users
from fleet_manager.services.people.attempts import SignInRefused
from fleet_manager.services.people.users import NewUser
from tests.fleet_manager.services.people.conftest import (
    CAFE,
    OFFICE,
    SetClock,
    enter,
    lines,
)

Join = Callable[..., str]


def fail(centre: Centre, name: str, *, address: str = CAFE, password: str = "wrong") -> int:
    """Give a wrong password; return how many seconds to wait."""
    with pytest.raises(SignInRefused) as refused:
        sign_in.sign_in(centre, name, password, address=address)
    return refused.value.wait_s


# --- wrong passwords ----------------------------------------------------------------------------


def test_a_wrong_password_is_in_the_audit_without_the_password(centre: Centre, join: Join) -> None:
    join("zhang")
    fail(centre, "zhang", password="hunter2 hunter2")
    line = lines(centre)[-1]
    assert (line.actor, line.origin, line.act, line.object, line.result, line.reason) == (
        "zhang",
        CAFE,
        "sign_in",
        "user zhang",
        "refused",
        "wrong password",
    )
    assert "hunter2" not in repr(lines(centre))


def test_a_name_that_nobody_has_is_not_written_down(centre: Centre) -> None:
    """People type passwords into the wrong field."""
    fail(centre, "my secret password")
    line = lines(centre)[-1]
    assert (line.actor, line.object, line.result) == (
        "unknown",
        "a name that nobody has",
        "refused",
    )
    assert "my secret" not in repr(lines(centre))


def test_an_error_of_the_database_does_not_show_what_was_to_be_stored(
    centre: Centre, join: Join
) -> None:
    """It ends in a log, and may be a password's hash or a visitor's document."""
    join("zhang")
    values = {"name": "zhang", "password": "$argon2id$secret", "step": 0, "created_ms": 0}
    words = {"shown": "x", "role": "cashier", "station": "", "language": ""}
    with pytest.raises(IntegrityError) as error, centre.store.write() as connection:
        connection.execute(insert(account_table).values(values | words))
    assert "argon2id" not in str(error.value)


def test_all_refusals_of_a_password_sound_alike(centre: Centre, join: Join, boss: Actor) -> None:
    for name in ("right", "gone"):
        join(name)
    users.disable(centre, boss, "gone")
    users.add_user(centre, boss, NewUser(name="new", shown="new", role=Role.CASHIER))
    words = set()
    for name in ("right", "gone", "new", "nobody", "Right", "a" * 5000, "\x00", "\udcff"):
        with pytest.raises(SignInRefused) as refused:
            sign_in.sign_in(centre, name, "wrong password", address=f"10.1.0.{len(name) % 200}")
        words.add((str(refused.value), refused.value.hint))
    assert words == {("the name or the password is wrong", "")}


def test_a_name_that_nobody_has_costs_as_much_as_a_wrong_password(
    centre: Centre, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    join("zhang")
    compared: list[str | None] = []
    compare = passwords.is_right

    def noted(stored: str | None, password: str) -> bool:
        compared.append(stored)
        return compare(stored, password)

    monkeypatch.setattr(passwords, "is_right", noted)
    times = {}
    for name in ("zhang", "nobody"):
        begun = time.process_time()
        fail(centre, name)
        times[name] = time.process_time() - begun
    assert compared[1] is None
    # The hash is nearly all of it: a refusal without one takes less than a tenth.
    assert times["nobody"] > times["zhang"] / 4


def test_no_password_is_right_for_who_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the one whose hash unknown names are compared with."""
    guessed = "what nobody knows"
    monkeypatch.setattr(passwords, "_NOBODYS", passwords.hash_of(guessed))
    assert not passwords.is_right(None, guessed)
    assert not passwords.is_right("", guessed)


def test_a_hash_of_earlier_parameters_is_renewed_when_the_password_is_given(
    centre: Centre, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    join("zhang")
    monkeypatch.setattr(
        passwords,
        "_HASHER",
        type(passwords._HASHER)(time_cost=3, memory_cost=19_456, parallelism=1),
    )
    enter(centre, "zhang")
    with centre.store.read() as connection:
        query = select(account_table.c.password).where(account_table.c.name == "zhang")
        assert ",t=3," in (connection.scalar(query) or "")
    enter(centre, "zhang")


# --- limits on attempts -------------------------------------------------------------------------


def test_an_account_is_slowed_down_from_any_number_of_addresses(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    waits = [fail(centre, "zhang", address=f"198.51.100.{host}") for host in range(1, 7)]
    assert waits == [0, 0, 0, 0, 0, 1]
    with pytest.raises(SignInRefused, match="too many attempts") as refused:
        enter(centre, "zhang", address=OFFICE)
    assert refused.value.wait_s == 1
    clock.pass_s(1)
    enter(centre, "zhang", address=OFFICE)


def test_delays_double_up_to_a_quarter_of_an_hour(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    waits = []
    for host in range(20):
        wait_s = fail(centre, "zhang", address=f"198.51.100.{host}")
        waits.append(wait_s)
        clock.pass_s(wait_s)
    assert waits[5:10] == [1, 2, 4, 8, 16]
    assert max(waits) == throttle.LONGEST_MS // 1000
    assert sum(waits[-4:]) > 1800


def test_refused_attempts_do_not_make_the_delay_longer(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    """Nobody keeps somebody else out by knocking."""
    join("zhang")
    for host in range(12):
        clock.pass_s(fail(centre, "zhang", address=f"198.51.100.{host}"))
    wait_s = fail(centre, "zhang")
    for _ in range(50):
        assert fail(centre, "zhang") == wait_s
    clock.pass_s(wait_s)
    enter(centre, "zhang")


def test_an_address_is_slowed_down_over_any_number_of_names(
    centre: Centre, join: Join, clock: SetClock
) -> None:
    join("zhang")
    waits = [fail(centre, f"guess-{number}") for number in range(21)]
    assert waits == [0] * 20 + [1]
    with pytest.raises(SignInRefused, match="too many attempts"):
        enter(centre, "zhang", address=CAFE)
    enter(centre, "zhang", address=OFFICE)


def test_somebody_with_an_account_of_their_own_does_not_get_their_address_free_by_it(
    centre: Centre, join: Join
) -> None:
    join("mallory")
    for number in range(20):
        fail(centre, f"guess-{number}")
        if number % 5 == 0:
            enter(centre, "mallory", address=CAFE)
    assert fail(centre, "guess-last") == 1


def test_a_network_of_ipv6_is_one_address(centre: Centre) -> None:
    waits = [fail(centre, f"guess-{n}", address=f"2001:db8:1:2::{n:x}") for n in range(21)]
    assert waits[-1] == 1
    assert fail(centre, "guess", address="2001:db8:1:3::1") == 0


def test_a_name_that_nobody_has_is_slowed_down_as_a_users_is(centre: Centre, join: Join) -> None:
    join("zhang")
    waits = {
        name: [fail(centre, name, address=f"198.51.{third}.{host}") for host in range(8)]
        for third, name in enumerate(("zhang", "nobody"))
    }
    assert waits["zhang"] == waits["nobody"]


def test_attempts_at_one_moment_are_all_counted(centre: Centre, join: Join) -> None:
    join("zhang")
    outcomes: list[str] = []
    barrier = threading.Barrier(12)

    def attempt(number: int) -> None:
        barrier.wait()
        try:
            sign_in.sign_in(centre, "zhang", "wrong", address=f"198.51.100.{number}")
        except SignInRefused as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("the name or the password is wrong") == 6
    assert outcomes.count("too many attempts have failed") == 6


PAUSES_S = st.lists(st.integers(0, 4000), min_size=30, max_size=60)


@given(pauses_s=PAUSES_S, begin_s=st.integers(0, 10**6))
def test_whatever_their_timing_guesses_at_an_account_are_few(
    pauses_s: list[int], begin_s: int
) -> None:
    """By the throttle alone: no attempt is let through that its own rule would not, and a day has
    room for as many as are forgiven in it, and the free ones."""
    store = Store.open("sqlite://", create=True)
    subject, now_ms = throttle.account(1), begin_s * 1000
    first_ms, guesses = now_ms, 0
    with store.write() as connection:
        for pause_s in pauses_s:
            now_ms += pause_s * 1000
            if throttle.wait_ms(connection, [subject], now_ms):
                continue
            throttle.count(connection, subject, now_ms)
            guesses += 1
            forgiven = (now_ms - first_ms) // throttle.FORGIVEN_MS
            # Ten doublings from a second to a quarter of an hour, then none but what is forgiven.
            assert guesses <= 5 + 10 + 1 + forgiven
    store.close()


def test_what_strangers_chose_does_not_fill_the_database(centre: Centre, clock: SetClock) -> None:
    with centre.store.write() as connection:
        for number in range(1500):
            clock.ms += 1
            throttle.count(connection, throttle.stranger(f"name {number}"), clock.ms)
        rows = connection.execute(select(throttle_table.c.subject)).all()
    assert len(rows) == 1000
    clock.pass_s(86_400)
    with centre.store.write() as connection:
        throttle.count(connection, throttle.stranger("one more"), clock.ms)
        assert len(connection.execute(select(throttle_table.c.subject)).all()) == 1


def test_the_audit_takes_a_bounded_number_of_lines_about_nobody(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "is_right", lambda _stored, _password: False)
    for number in range(220):
        fail(centre, f"guess-{number}", address=f"198.51.{number // 10}.1")
    assert len(lines(centre, act="sign_in")) == 200
