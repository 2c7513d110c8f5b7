"""Acts on users and tokens: who may, what is refused, what the audit says."""

import json
from collections.abc import Callable

import pytest

from fleet_manager.access import actor
from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.rights import NotAllowed
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.services.people import sign_in, tokens, users
from fleet_manager.services.people.users import NewUser, UserChange
from tests.fleet_manager.services.people.conftest import (
    CAFE,
    OFFICE,
    SetClock,
    enter,
    inside,
    lines,
)

Join = Callable[..., str]
DAY_MS = 86_400_000
MANAGER = Actor("wang", Role.MANAGER, Via.PAGE, OFFICE)


def new(name: str, role: Role = Role.CASHIER, **more: str) -> NewUser:
    return NewUser(**{"name": name, "shown": name, "role": role, **more})  # type: ignore[arg-type]


def test_a_user_is_added_with_a_line_that_names_no_secret(centre: Centre, boss: Actor) -> None:
    invited = users.add_user(centre, boss, new("zhang", shown="张丽", station="north"))
    assert invited.user.invited
    line = lines(centre)[-1]
    assert (line.act, line.object, line.result) == ("user.add", "user zhang", "done")
    assert json.loads(line.after or "") == {
        "shown": "张丽",
        "role": "cashier",
        "station": "north",
        "language": "",
    }
    assert invited.secret not in repr(lines(centre))


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (new(""), "1 to 32 of a-z"),
        (new("Zhang"), "1 to 32 of a-z"),
        (new("张丽"), "1 to 32 of a-z"),
        (new("a" * 33), "1 to 32 of a-z"),
        (new("a b"), "1 to 32 of a-z"),
        (new("a\n"), "1 to 32 of a-z"),
        (new("zhang", shown=" "), "1 to 64 characters"),
        (new("zhang", shown="a\u202eb"), "1 to 64 characters"),
        (new("zhang", shown="票" * 65), "1 to 64 characters"),
        (new("zhang", language="fr"), "zh, en or empty"),
        (new("zhang", station="west"), "cannot find station"),
        (new("zhang", Role.DISPLAY), "displays hold a token"),
        (new("zhang", Role.ADMINISTRATOR, station="north"), "of the whole park"),
        (new("admin"), "there is one"),
    ],
)
def test_what_is_no_user_is_refused_with_what_is_allowed(
    centre: Centre, boss: Actor, wanted: NewUser, words: str
) -> None:
    with pytest.raises(CentreError, match=words):
        users.add_user(centre, boss, wanted)
    assert lines(centre)[-1].result == "refused"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_act_on_users_and_tokens(
    centre: Centre, join: Join, role: Role
) -> None:
    join("zhang")
    who = Actor("li", role, Via.PAGE, OFFICE)
    acts: list[Callable[[], object]] = [
        lambda: users.add_user(centre, who, new("wu")),
        lambda: users.set_user(centre, who, "zhang", UserChange(role=Role.ADMINISTRATOR)),
        lambda: users.disable(centre, who, "zhang"),
        lambda: users.enable(centre, who, "zhang"),
        lambda: users.reset_link(centre, who, "zhang"),
        lambda: users.end_sessions(centre, who, "zhang"),
        lambda: tokens.add_token(centre, who, "wall", Role.DISPLAY, valid_ms=DAY_MS),
        lambda: tokens.end_token(centre, who, "abcdefgh"),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    refused = [line.act for line in lines(centre, actor="li", result="refused")]
    assert len(refused) == len(acts)


def test_a_change_says_what_was_before(centre: Centre, join: Join, boss: Actor) -> None:
    join("zhang")
    users.set_user(centre, boss, "zhang", UserChange(role=Role.AUDITOR, shown="张丽"))
    line = lines(centre)[-1]
    assert json.loads(line.before or "") == {"role": "manager", "shown": "zhang"}
    assert json.loads(line.after or "") == {"role": "auditor", "shown": "张丽"}


def test_another_shown_name_ends_no_session(centre: Centre, join: Join, boss: Actor) -> None:
    join("zhang")
    secret = enter(centre, "zhang").secret
    users.set_user(centre, boss, "zhang", UserChange(shown="张丽", language="zh"))
    assert inside(centre, secret).language == "zh"


def test_the_last_administrator_stays(centre: Centre, join: Join, boss: Actor) -> None:
    for act in (
        lambda: users.disable(centre, boss, "admin"),
        lambda: users.set_user(centre, boss, "admin", UserChange(role=Role.MANAGER)),
    ):
        with pytest.raises(CentreError, match="last administrator"):
            act()
    join("second", Role.ADMINISTRATOR)
    users.disable(centre, boss, "admin")
    with pytest.raises(CentreError, match="last administrator"):
        users.disable(centre, boss, "second")


def test_all_sessions_of_somebody_are_ended(centre: Centre, join: Join, boss: Actor) -> None:
    join("zhang")
    join("li")
    secrets = [enter(centre, "zhang").secret for _ in range(3)]
    other = enter(centre, "li").secret
    assert users.end_sessions(centre, boss, "zhang") == 3
    assert [sign_in.who_is(centre, secret, OFFICE) for secret in secrets] == [None] * 3
    inside(centre, other)


# --- tokens -------------------------------------------------------------------------------------


def test_a_token_is_a_program_with_its_role_and_station(centre: Centre, boss: Actor) -> None:
    made = tokens.add_token(centre, boss, "till", Role.CASHIER, station="north", valid_ms=DAY_MS)
    assert made.text.startswith(f"sg_{made.token.id}_")
    holder = sign_in.who_holds(centre, made.text, CAFE)
    assert holder == actor.program_of(f"till (sg_{made.token.id})", Role.CASHIER, "north", CAFE)
    assert made.text not in repr(made)
    assert made.text[-52:] not in repr(lines(centre))


def test_a_token_that_is_not_quite_right_is_nobodys(centre: Centre, boss: Actor) -> None:
    text = tokens.add_token(centre, boss, "wall", Role.DISPLAY, valid_ms=DAY_MS).text
    other = "a" if text[-2] != "a" else "b"
    for wrong in (
        "",
        text[:-1],
        text + "a",
        text[:-2] + other + text[-1],
        text.upper(),
        text + "\n",
        "sg_" + "a" * 8 + text[11:],
        "票" * 64,
        "\udcff",
    ):
        assert sign_in.who_holds(centre, wrong, CAFE) is None
    assert sign_in.who_holds(centre, text, CAFE) is not None


def test_an_expired_or_ended_token_is_nobodys(centre: Centre, boss: Actor, clock: SetClock) -> None:
    kept, ended = (
        tokens.add_token(centre, boss, name, Role.DISPLAY, valid_ms=DAY_MS)
        for name in ("kept", "ended")
    )
    tokens.end_token(centre, boss, ended.token.id, "lost")
    assert sign_in.who_holds(centre, ended.text, CAFE) is None
    with pytest.raises(CentreError, match="ended already"):
        tokens.end_token(centre, boss, ended.token.id)
    clock.ms += DAY_MS - 1
    assert sign_in.who_holds(centre, kept.text, CAFE) is not None
    clock.ms += 1
    assert sign_in.who_holds(centre, kept.text, CAFE) is None


def test_when_a_token_was_used_last_is_kept(centre: Centre, boss: Actor, clock: SetClock) -> None:
    from fleet_manager.access import tokens as table

    made = tokens.add_token(centre, boss, "wall", Role.DISPLAY, valid_ms=DAY_MS)
    sign_in.who_holds(centre, made.text, CAFE)
    first_ms = clock.ms
    clock.pass_s(59)
    sign_in.who_holds(centre, made.text, CAFE)
    with centre.store.read() as connection:
        assert table.find(connection, made.token.id).used_ms == first_ms


@pytest.mark.parametrize(
    ("name", "role", "station", "valid_ms", "words"),
    [
        ("Wall 1", Role.DISPLAY, "", DAY_MS, "1 to 32"),
        ("wall", Role.ADMINISTRATOR, "", DAY_MS, "for people, who sign in"),
        ("wall", Role.DISPLAY, "west", DAY_MS, "cannot find station"),
        ("wall", Role.DISPLAY, "", 401 * DAY_MS, "400 days"),
        ("wall", Role.DISPLAY, "", 0, "400 days"),
    ],
)
def test_what_is_no_token_is_refused(
    centre: Centre,
    boss: Actor,
    *,
    name: str,
    role: Role,
    station: str,
    valid_ms: int,
    words: str,
) -> None:
    with pytest.raises(CentreError) as refused:
        tokens.add_token(centre, boss, name, role, station=station, valid_ms=valid_ms)
    assert words in f"{refused.value} {refused.value.hint}"
