"""Staff codes: whose they are, and that nobody can try for long."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gate_agent.__main__ import main
from gate_agent.config.staff_codes import (
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    STAFF_FILE,
    WRONG_TRIES,
    StaffLogin,
    StaffMember,
    StaffRole,
    load,
    person_of,
    save,
)
from gate_agent.errors import ConfigError
from gate_agent.page.acts import Why
from gate_agent.validator.passage import MAX_DETAIL_BYTES
from tests.gate_agent.test_main import TOML

SALT = bytes(range(16))
ZHANG = person_of(7, "zhang", StaffRole.SUPERVISOR, "4829", SALT)
LI = person_of(12, "li", StaffRole.STEWARD, "90210", SALT[::-1])
PEOPLE = {7: ZHANG, 12: LI}


class Hours:
    """Seconds that are moved by hand."""

    s = 0.0

    def __call__(self) -> float:
        return self.s


def test_a_code_says_who_it_is() -> None:
    door = StaffLogin(PEOPLE, Hours())
    assert door.anybody
    assert door.person("0074829") is ZHANG
    assert door.person("01290210") is LI
    assert not StaffLogin({}, Hours()).anybody


NOBODY = ["", "007", "0074828", "74829", "0124829", "0994829", "007 4829", "００７4829", "0074829x"]


@pytest.mark.parametrize("code", NOBODY)
def test_everything_else_is_nobody(code: str) -> None:
    assert StaffLogin(PEOPLE, Hours()).person(code) is None


def test_after_five_wrong_ones_nobody_may_try_for_longer_and_longer() -> None:
    hours = Hours()
    door = StaffLogin(PEOPLE, hours)
    for _ in range(WRONG_TRIES - 1):
        assert door.person("0070000") is None
        assert door.wait_s() == 0
    wait_s = FIRST_WAIT_S
    for _ in range(8):
        assert door.person("0070000") is None
        assert door.wait_s() == wait_s
        assert door.person("0074829") is None, "also the right one waits"
        hours.s += wait_s
        wait_s = min(LONGEST_WAIT_S, wait_s * 2)
    assert door.person("0074829") is ZHANG
    assert door.person("0070000") is None
    assert door.wait_s() == 0


@pytest.mark.parametrize("name", ["李", "李小龙", "欧阳娜娜", "Ольга", "José", "李" * 13])
def test_names_of_any_script_are_taken_and_fit_a_record(name: str) -> None:
    person = person_of(7, name, StaffRole.STEWARD, "4829", SALT)
    longest = max(len(why.value) for why in Why)
    assert len(f"{person.name}: ".encode()) + longest <= MAX_DETAIL_BYTES


@pytest.mark.parametrize(
    ("number", "name", "pin", "says"),
    [
        (0, "li", "4829", "the number 0 is out of range: 1 to 999"),
        (1000, "li", "4829", "the number 1000 is out of range"),
        (7, "", "4829", "the name '' cannot be used"),
        (7, "a" * 21, "4829", "1 to 20 letters of any script"),
        (7, "李" * 14, "4829", "at most 40 bytes in UTF-8"),
        (7, "a:b", "4829", "without ':'"),
        (7, "a\nb", "4829", "the name"),
        (7, " li", "4829", "the name"),
        (7, "li", "482", "the PIN cannot be used: 4 to 8 digits, not all the same"),
        (7, "li", "4444", "the PIN cannot be used"),
        (7, "li", "四八二九", "the PIN cannot be used"),
    ],
)
def test_which_of_number_name_and_pin_is_wrong_is_said(
    number: int, name: str, pin: str, says: str
) -> None:
    with pytest.raises(ValueError, match=r"cannot be used|out of range") as caught:
        person_of(number, name, StaffRole.STEWARD, pin, SALT)
    assert says in str(caught.value)


def test_what_is_kept_does_not_tell_the_pin(tmp_path: Path) -> None:
    path = tmp_path / STAFF_FILE
    assert load(path) == {}
    save(path, PEOPLE)
    assert load(path) == PEOPLE
    assert path.stat().st_mode & 0o777 == 0o600
    assert "4829" not in path.read_text().replace(ZHANG.hash, "").replace(LI.hash, "")
    assert ZHANG.hash != person_of(7, "zhang", StaffRole.SUPERVISOR, "4829", SALT[::-1]).hash


GOOD: dict[str, Any] = json.loads(
    json.dumps(
        [{"number": 7, "name": "zhang", "right": "steward", "salt": SALT.hex(), "hash": "00" * 32}]
    )
)[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}x",
        "7",
        "[7]",
        "[{}]",
        json.dumps([{**GOOD, "right": "king"}]),
        json.dumps([{**GOOD, "number": "7"}]),
        json.dumps([{**GOOD, "number": 1000}]),
        json.dumps([{**GOOD, "name": 7}]),
        json.dumps([{**GOOD, "hash": "00"}]),
        json.dumps([{**GOOD, "salt": "zz"}]),
        json.dumps([{**GOOD, "more": 1}]),
        "[" * 5000,
    ],
)
def test_a_damaged_list_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / STAFF_FILE
    path.write_text(json.dumps([GOOD]))
    assert load(path)[7].name == "zhang"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "gate-agent staff" in caught.value.hint


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load(tmp_path)
    with pytest.raises(ConfigError, match="cannot write"):
        save(tmp_path / "no" / "staff.json", PEOPLE)


def test_the_command(tmp_path: Path) -> None:
    config = tmp_path / "gate.toml"
    config.write_text(TOML)
    (tmp_path / "identity").mkdir()

    def staff(*words: str, pin: str = "") -> tuple[int, str]:
        done = CliRunner().invoke(main, ["staff", "--config", str(config), *words], input=pin)
        return done.exit_code, done.output

    assert staff() == (0, "")
    assert staff("7", "--name", "zhang", "--right", "supervisor", pin="4829\n")[0] == 0
    assert staff("12", pin="90210\n") == (0, "007  supervisor  zhang\n012  steward     s012\n")
    assert (
        StaffLogin(load(tmp_path / "identity" / STAFF_FILE), Hours()).person("0074829") is not None
    )
    assert staff("13", pin="1\n")[0] == 2
    assert staff("7", "--remove") == (0, "012  steward     s012\n")


def test_a_person_is_a_value() -> None:
    assert StaffMember(1, "a", StaffRole.STEWARD, "", "") == StaffMember(
        1, "a", StaffRole.STEWARD, "", ""
    )
