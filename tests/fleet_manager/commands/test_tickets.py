"""Selling, finding and voiding tickets: what cannot be right is refused or asked about."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fleet_manager.commands.conftest import LivelyPark
from tests.fleet_manager.commands.test_commands import attempt, fails, run


def tickets(park: LivelyPark, *arguments: str) -> list[dict[str, Any]]:
    text = run(park.data, "ticket", "list", "--json", *arguments)
    return [json.loads(line) for line in text.splitlines()]


def test_what_is_over_already_is_not_sold(lively: LivelyPark) -> None:
    issue = ("ticket", "issue", "--product", "adult")
    fails(lively.data, 1, "its last day is 2020-01-01", *issue, "--from", "2020-01-01")
    fails(
        lively.data,
        1,
        "its last day is 2020-05-02",
        *issue,
        "--from",
        "2020-01-01",
        "--to",
        "2020-05-02",
    )
    assert len(tickets(lively)) == 20
    run(lively.data, *issue, "--from", "2020-01-01", "--yes")


@pytest.mark.parametrize(
    ("option", "said"), [("--admits 500", "500 persons"), ("--count 5000", "5000 tickets at once")]
)
def test_what_looks_like_a_slip_is_asked_about(lively: LivelyPark, option: str, said: str) -> None:
    issue = ("ticket", "issue", "--product", "adult", *option.split())
    fails(lively.data, 1, said, *issue)
    fails(lively.data, 1, "pass --yes", *issue)
    assert len(tickets(lively)) == 20
    run(lively.data, *issue, "--yes")


def test_an_identity_card_that_cannot_be_is_not_sold_to(lively: LivelyPark) -> None:
    holder = ("ticket", "issue", "--product", "adult", "--holder")
    fails(lively.data, 1, "does not fit", *holder, "id-card:11010519491231002Y")
    fails(lively.data, 1, "does not fit", "ticket", "pass-on", "1", "id-card:11010519491231002Y")
    run(lively.data, *holder, "id-card:１１０１０５１９４９１２３１００２Ｘ")


def test_the_printed_number_is_printed_and_finds_the_ticket(lively: LivelyPark) -> None:
    text = run(lively.data, "ticket", "issue", "--product", "adult")
    heading, line = text.splitlines()
    assert heading.split("  ")[0] == "serial"
    assert "printed number" in heading
    number = json.loads(run(lively.data, "ticket", "draw", "21", "--json"))["number"]
    grouped = line[heading.index("printed number") : heading.index("code")].strip()
    assert grouped.replace(" ", "") == number
    for words in ([number], [grouped], grouped.split(" "), [f"\ufeff{grouped}\r\n"]):
        assert "serial          21" in run(lively.data, "ticket", "show", *words)
    assert "1 ticket is suspended now" in run(lively.data, "ticket", "suspend", grouped)


def test_voiding_shows_what_it_voids_and_asks(lively: LivelyPark) -> None:
    done = attempt(lively.data, "ticket", "void", "3", "4")
    assert done.exit_code == 1
    assert "ticket 3: adult 成人票, 1 person, until 20" in done.output
    assert "void 2 tickets for ever?" in done.output
    assert {one["status"] for one in tickets(lively)} == {"valid"}
    run(lively.data, "ticket", "void", "3", "4", "--yes", "--why", "refund")
    assert [one["serial"] for one in tickets(lively, "--status", "void")] == [3, 4]
    assert "refund" in run(lively.data, "audit", "list", "--act", "ticket.void")


@pytest.mark.parametrize(("answer", "voided"), [("y", True), ("n", False), ("", False)])
def test_on_a_terminal_a_person_is_asked(lively: LivelyPark, answer: str, voided: bool) -> None:
    master, terminal = pty.openpty()
    command = [sys.executable, "-m", "fleet_manager", "--data", str(lively.data)]
    with subprocess.Popen(
        [*command, "ticket", "void", "5"], stdin=terminal, stdout=terminal, stderr=terminal
    ) as process:
        os.close(terminal)
        said = b""
        while b"[y/N]" not in said:
            said += os.read(master, 1000)
        os.write(master, answer.encode() + b"\n")
        try:
            while chunk := os.read(master, 1000):
                said += chunk
        except OSError:  # Linux: the other side is closed
            pass
        assert process.wait() == (0 if voided else 1)
    os.close(master)
    assert b"ticket 5: adult" in said
    assert bool(tickets(lively, "--status", "void")) is voided


def test_what_was_sold_is_listed_by_day_product_status_and_seller(lively: LivelyPark) -> None:
    today = json.loads(run(lively.data, "counts", "--json"))["from"]
    assert len(tickets(lively, "--day", today)) == 20
    assert tickets(lively, "--to", "2020-01-01") == []
    assert len(tickets(lively, "--valid-on", today, "--product", "adult")) == 20
    assert tickets(lively, "--valid-on", "2020-01-01") == []
    seller = tickets(lively)[0]["by"]
    assert len(tickets(lively, "--by", seller)) == 20
    assert tickets(lively, "--by", "nobody") == []
    assert [one["serial"] for one in tickets(lively, "--last", "2")] == [19, 20]
    assert run(lively.data, "ticket", "list").splitlines()[-1] == "20 tickets, 20 persons"
    text = run(lively.data, "ticket", "list", "--csv", "--language", "zh")
    rows = [*csv.DictReader(io.StringIO(text))]
    assert (rows[0]["序号"], rows[0]["票种"], rows[0]["状态"]) == ("1", "adult", "有效")
    fails(lively.data, 1, "cannot find product", "ticket", "list", "--product", "x")


def test_a_group_is_listed_by_its_number(lively: LivelyPark) -> None:
    sold = run(
        lively.data, "ticket", "issue", "--product", "adult", "--group", "--count", "3", "--json"
    )
    group = json.loads(sold.splitlines()[0])["group"]
    assert [one["serial"] for one in tickets(lively, "--group", str(group))] == [21, 22, 23]


def test_an_export_that_fails_leaves_the_one_before(lively: LivelyPark, tmp_path: Path) -> None:
    out = tmp_path / "codes.csv"
    out.write_text("yesterday's")
    fails(lively.data, 1, "cannot find series", "list", "export", "none", "--out", str(out))
    assert out.read_text() == "yesterday's"
