"""`gate invite`: a token for programs, and beside it what a person does with it."""

from pathlib import Path

from click.testing import CliRunner, Result

from fleet_manager.__main__ import build
from fleet_manager.centre import Centre
from gate_agent.validator.messages.enrolment import read_token


def invite(park: Centre, *words: str) -> Result:
    data = ["--data", str(park.config.folder)]
    return CliRunner().invoke(build(), ["gate", "invite", *words, *data])


def test_the_token_stands_alone_and_a_person_reads_the_rest(park: Centre) -> None:
    done = invite(park, "north-9", "--station", "north", "--valid", "30min")
    assert done.exit_code == 0, done.output
    token = read_token(done.stdout)
    assert (token.gate, done.stdout) == ("north-9", f"{token.to_text()}\n")
    until = park.calendar.text(token.expires_s * 1000)
    assert done.stderr.splitlines() == [
        f"good once, for the board of gate north-9, until {until}",
        "on that board: sudo gate-agent enrol TOKEN",
        "the door must run: fleet-manager door (port 8443)",
    ]


def test_a_picture_is_the_token(park: Centre, tmp_path: Path) -> None:
    picture = tmp_path / "north-9.svg"
    done = invite(park, "north-9", "--station", "north", "--picture", str(picture))
    assert done.exit_code == 0, done.output
    assert picture.read_text("utf-8").lstrip().startswith("<?xml")


def test_a_new_gate_and_another_board_are_told_apart(park: Centre) -> None:
    for words in (["north-9"], ["north-9", "--station", "north", "--replace"]):
        done = invite(park, *words)
        assert done.exit_code == 2
        assert "give --station for a new gate, or --replace for one that exists" in done.stderr
