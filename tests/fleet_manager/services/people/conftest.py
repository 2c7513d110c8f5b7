"""A park whose clock a test moves, with people who have set their passwords."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest

from fleet_manager.access import audit
from fleet_manager.access.actor import Actor, Role, computer_user
from fleet_manager.access.audit import Filter, Line
from fleet_manager.access.sessions import NewSession
from fleet_manager.centre import Centre, opened
from fleet_manager.services.park import create
from fleet_manager.services.people import account, sign_in, users
from fleet_manager.services.people.sign_in import SignedIn
from fleet_manager.services.people.users import NewUser
from tests.fleet_manager.conftest import furnish_places, west_lake
from tests.fleet_manager.scribe import NOON

PASSWORD = "湖光山色 and 9 swans"
OFFICE, CAFE = "10.0.0.7", "203.0.113.9"


@dataclass
class SetClock:
    """A clock that stands until a test moves it. `ms`: UTC."""

    ms: int = NOON

    def __call__(self) -> int:
        return self.ms

    def pass_s(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def centre(
    request: pytest.FixtureRequest, park: Centre, clock: SetClock, tmp_path: Path
) -> Iterator[Centre]:
    """The park by that clock, in each of the two engines."""
    if request.param == "sqlite":
        yield replace(park, clock=clock)
        return
    server = request.getfixturevalue("postgresql_server")
    wanted = west_lake(server.url())
    folder = tmp_path / "with-a-server"
    create(folder, computer_user(), wanted, datetime.fromtimestamp(NOON / 1000, UTC))
    with opened(folder) as other:
        furnish_places(other.store)
        yield replace(other, clock=clock)


@pytest.fixture
def boss() -> Actor:
    """Who stands at the centre's computer."""
    return computer_user()


@pytest.fixture
def join(centre: Centre, boss: Actor) -> Callable[..., str]:
    """Return a function that adds a user whose password is PASSWORD, and returns their name."""

    def added(name: str, role: Role = Role.MANAGER, station: str = "") -> str:
        wanted = NewUser(name=name, shown=name, role=role, station=station)
        secret = users.add_user(centre, boss, wanted).secret
        sign_in.use_link(centre, secret, PASSWORD, address=OFFICE)
        users.end_sessions(centre, boss, name)
        return name

    return added


def enter(centre: Centre, name: str, *, address: str = OFFICE, code: str = "") -> NewSession:
    """Sign in with the right password."""
    return sign_in.sign_in(centre, name, PASSWORD, code=code, address=address)


def inside(centre: Centre, secret: str) -> SignedIn:
    """Return who a session's secret is of; it is of somebody."""
    signed_in = sign_in.who_is(centre, secret, OFFICE)
    assert signed_in is not None
    return signed_in


def lines(centre: Centre, **wanted: str) -> list[Line]:
    """Return lines of the audit."""
    with centre.store.read() as connection:
        return audit.lines(connection, Filter(**wanted))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Phone:
    """A phone with somebody's second factor."""

    secret: str
    clock: SetClock

    def code(self, steps: int = 0) -> str:
        """Return the code of the moment, or so many steps of 30 s later."""
        return pyotp.TOTP(self.secret).at(self.clock.ms // 1000 + 30 * steps)


def get_phone(centre: Centre, clock: SetClock, name: str) -> tuple[Phone, tuple[str, ...]]:
    """Put a second factor in force for somebody; return their phone and recovery codes. The code
    that did so is used; afterwards they are signed out."""
    signed_in = inside(centre, enter(centre, name).secret)
    phone = Phone(account.offer_second_factor(centre, signed_in).secret, clock)
    codes = account.confirm_second_factor(centre, signed_in, PASSWORD, phone.code())
    sign_in.sign_out(centre, signed_in)
    clock.pass_s(90)
    return phone, codes
