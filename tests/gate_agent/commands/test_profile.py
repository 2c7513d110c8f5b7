"""`gate-agent profile make` on a board that has its bundle."""

import tomllib
from pathlib import Path

from click.testing import CliRunner, Result

from gate_agent.__main__ import main
from gate_agent.validator.messages.enrolment import GATE_FILE, site_json

MAKE = ("profile", "make", "--board", "raspberry-pi-5", "--turnstile", "tripod-contact")


def make(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*MAKE, "--identity", str(folder), *words])


def test_nobody_types_what_the_bundle_holds(tmp_path: Path) -> None:
    site = site_json("west-lake", "north-3", "centre.example", 8883, "Asia/Urumqi")
    (tmp_path / GATE_FILE).write_bytes(site)
    done = make(tmp_path)
    assert done.exit_code == 0, done.output
    made = tomllib.loads(done.stdout)
    assert made["gate"]["park"] == "west-lake"
    assert made["gate"]["id"] == "north-3"
    assert made["gate"]["time_zone"] == "Asia/Urumqi"
    assert made["broker"]["host"] == "centre.example"


def test_what_is_typed_goes_before_the_bundle(tmp_path: Path) -> None:
    (tmp_path / GATE_FILE).write_bytes(site_json("west-lake", "north-3", "a", 8883, "Asia/Urumqi"))
    made = tomllib.loads(make(tmp_path, "--host", "10.0.0.1").stdout)
    assert (made["gate"]["id"], made["broker"]["host"]) == ("north-3", "10.0.0.1")


def test_a_board_without_a_bundle_asks_for_what_it_lacks(tmp_path: Path) -> None:
    done = make(tmp_path, "--park", "west-lake")
    assert done.exit_code == 2
    assert "give --id: this board is not enrolled yet" in done.output


def test_half_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / GATE_FILE).write_bytes(b'{"park": "west-lake"}')
    done = make(tmp_path)
    assert done.exit_code != 0
    assert f"cannot use {tmp_path / GATE_FILE}: it is not whole" in done.output
