"""After a restore: a backup brings back what was ended since, and must not let anybody in."""

from collections.abc import Callable

import pytest

from fleet_manager.access.actor import Actor, Role
from fleet_manager.centre import Centre
from fleet_manager.services import recovery
from fleet_manager.services.people import sign_in, users
from fleet_manager.services.people.attempts import SignInRefused
from fleet_manager.services.people.users import NewUser
from tests.fleet_manager.services.people.conftest import OFFICE, PASSWORD, enter


def test_everybody_signs_in_again_and_links_are_made_anew(
    centre: Centre, boss: Actor, join: Callable[..., str]
) -> None:
    join("zhang")
    session = enter(centre, "zhang").secret
    link = users.add_user(centre, boss, NewUser(name="li", shown="李", role=Role.CASHIER)).secret
    recovery.go_on(centre, boss, again=True)
    assert sign_in.who_is(centre, session, OFFICE) is not None
    recovery.go_on(centre, boss)
    assert sign_in.who_is(centre, session, OFFICE) is None
    with pytest.raises(SignInRefused):
        sign_in.use_link(centre, link, PASSWORD, address=OFFICE)
    enter(centre, "zhang")
