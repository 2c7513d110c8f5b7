"""`user`, `user token`, `audit head` and `audit verify FILE`, as an administrator types them."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete

from fleet_manager.__main__ import build
from fleet_manager.access.actor import Role
from fleet_manager.centre import Centre
from fleet_manager.config import parse
from fleet_manager.database.store import put_row
from fleet_manager.database.tables import meta
from fleet_manager.database.tables_access import audit as table
from fleet_manager.services.people import sign_in

PASSWORD = "nine swans on a lake"
OFFICE = "10.0.0.7"


def run(park: Centre, *words: str, status: int = 0) -> Result:
    done = CliRunner().invoke(build(), ["--data", str(park.config.folder), *words])
    assert done.exit_code == status, done.output
    return done


def secret_of(printed: str) -> str:
    """The secret of the link in the last line."""
    link = urlsplit(printed.rsplit(maxsplit=1)[-1])
    assert (link.scheme, link.netloc, link.path) == ("https", "localhost:8444", "/link")
    return link.query.removeprefix("secret=")


def users(park: Centre) -> dict[str, dict[str, object]]:
    lines = run(park, "user", "list", "--json").stdout.splitlines()
    return {line["name"]: line for line in map(json.loads, lines)}


def test_init_prints_a_link_by_which_the_first_administrator_gets_in(tmp_path: Path) -> None:
    data = tmp_path / "park"
    words = ["--data", str(data), "init", "--park", "west-lake", "--time-zone", "Asia/Shanghai"]
    done = CliRunner().invoke(build(), words)
    assert done.exit_code == 0, done.output
    secret = secret_of(done.stdout)
    from fleet_manager import centre

    with centre.opened(data) as park:
        begun = sign_in.use_link(park, secret, PASSWORD, address=OFFICE)
        signed_in = sign_in.who_is(park, begun.secret, OFFICE)
    assert signed_in is not None
    assert (signed_in.user.name, signed_in.actor.role) == ("admin", Role.ADMINISTRATOR)


def test_a_user_from_the_first_link_to_the_end(park: Centre) -> None:
    words = ["zhang", "--role", "station_lead", "--shown", "张丽", "--station", "north"]
    added = run(park, "user", "add", *words)
    begun = sign_in.use_link(
        park, secret_of(added.stdout), PASSWORD, address=OFFICE, agent="Firefox"
    )
    assert users(park)["zhang"] == {
        "name": "zhang",
        "shown": "张丽",
        "role": "station_lead",
        "station": "north",
        "language": "",
        "state": "active",
        "second_factor": False,
    }
    assert "10.0.0.7  Firefox" in run(park, "user", "sessions", "zhang").stdout
    ended = run(park, "user", "sessions", "zhang", "--end").stdout
    assert ended == "1 session of user zhang ended\n"
    assert sign_in.who_is(park, begun.secret, OFFICE) is None
    changed = run(park, "user", "set", "zhang", "--role", "manager", "--station", "").stdout
    assert changed == "user zhang (张丽) is manager of the whole park\n"
    secret = secret_of(run(park, "user", "reset", "zhang").stdout)
    sign_in.use_link(park, secret, PASSWORD, address=OFFICE)
    run(park, "user", "disable", "zhang", "--why", "left")
    assert users(park)["zhang"]["state"] == "disabled"
    run(park, "user", "enable", "zhang")
    assert users(park)["zhang"]["state"] == "active"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["user", "set", "nobody", "--shown", "x"], "cannot find user 'nobody'"),
        (["user", "set", "admin"], "nothing to change is given"),
        (["user", "disable", "admin"], "the park's last administrator"),
        (["user", "add", "Zhang", "--role", "cashier"], "must be 1 to 32 of a-z"),
        (["user", "add", "li", "--role", "cashier", "--station", "west"], "cannot find station"),
        (["user", "sessions", "nobody"], "cannot find user"),
        (["user", "token", "end", "nothing"], "cannot find token"),
        (["audit", "verify", "/nowhere/head.json"], "cannot open /nowhere/head.json"),
    ],
)
def test_a_mistake_is_one_sentence(park: Centre, words: list[str], said: str) -> None:
    done = run(park, *words, status=1)
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_token_stands_alone_and_a_person_reads_the_rest(park: Centre) -> None:
    made = run(park, "user", "token", "add", "wall", "--station", "north", "--valid", "90d")
    text = made.stdout.strip()
    holder = sign_in.who_holds(park, text, OFFICE)
    assert holder is not None
    assert (holder.role, holder.station) == (Role.DISPLAY, "north")
    [listed] = map(json.loads, run(park, "user", "token", "list", "--json").stdout.splitlines())
    assert (listed["name"], listed["state"]) == ("wall", "active")
    assert text not in json.dumps(listed)
    run(park, "user", "token", "end", listed["token"])
    assert sign_in.who_holds(park, text, OFFICE) is None


def test_a_head_on_a_stick_finds_a_record_whose_end_was_cut_off(
    park: Centre, tmp_path: Path
) -> None:
    run(park, "user", "add", "zhang", "--role", "cashier")
    file = Path(run(park, "audit", "head", "--out", str(tmp_path)).stdout.strip())
    run(park, "user", "add", "li", "--role", "cashier")
    assert "4 lines, whole" in run(park, "audit", "verify", str(file)).stdout
    with park.store.write() as connection:
        connection.execute(delete(table).where(table.c.number > 2))
        put_row(connection, meta, {"name": "audit", "value": 2})
    assert "2 lines, whole" in run(park, "audit", "verify").stdout
    found = run(park, "audit", "verify", str(file), status=1)
    assert "the audit is not whole: 1 lines are cut off at the end" in found.output
    printed = json.loads(run(park, "audit", "head").stdout)
    assert printed["line"] == 2


def test_the_folder_of_heads_is_beside_centre_toml_or_anywhere(tmp_path: Path) -> None:
    values: dict[str, object] = {"park": "west-lake", "time_zone": "Asia/Shanghai"}
    file = tmp_path / "centre.toml"
    assert parse(file, dict(values)).heads is None
    assert parse(file, values | {"audit": {"heads": "out"}}).heads == tmp_path / "out"
    assert parse(file, values | {"audit": {"heads": "/mnt/x"}}).heads == Path("/mnt/x")
