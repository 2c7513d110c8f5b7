"""The command line: what it prints, what it refuses, and how it ends."""

import json
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result
from pyzbar import pyzbar

from fleet_manager.__main__ import build
from tests.fleet_manager import postgresql

SHORT = ["--park", "west-lake", "--time-zone", "Asia/Shanghai"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    run(folder, "init", *SHORT, "--name-zh", "西湖")
    run(folder, "station", "add", "north", "--name-zh", "北门")
    run(folder, "product", "add", "adult", "--name-zh", "成人票")
    return folder


def attempt(data: Path | None, *arguments: str, stdin: str | None = None) -> Result:
    environment = {"SCENIC_GATE_DATA": None if data is None else str(data)}
    return CliRunner().invoke(build(), list(arguments), env=environment, input=stdin)


def run(data: Path, *arguments: str, stdin: str | None = None) -> str:
    result = attempt(data, *arguments, stdin=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


def fails(data: Path | None, status: int, text: str, *arguments: str) -> None:
    result = attempt(data, *arguments)
    assert result.exit_code == status, result.output
    assert text in result.output
    assert "Traceback" not in result.output


def test_a_centre_whose_data_is_in_postgresql(
    tmp_path: Path, postgresql_server: postgresql.Server
) -> None:
    folder = tmp_path / "data"
    run(folder, "init", *SHORT, "--database", postgresql_server.url())
    run(folder, "station", "add", "north")
    run(folder, "gate", "add", "gate-1", "--station", "north", "--out", str(tmp_path / "gate-1"))
    run(folder, "gate", "renew", "--all")
    run(folder, "product", "add", "adult")
    run(folder, "ticket", "issue", "--product", "adult", "--count", "2")
    assert "valid" in run(folder, "ticket", "show", "1")
    assert "ordered" in run(folder, "gate", "list")
    assert not (folder / "centre.db").exists()


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://u:secret@127.0.0.1:1/d", "nonsense", "sqlite:////nowhere/x.db"]
)
def test_a_database_that_cannot_be_reached_leaves_no_folder(tmp_path: Path, url: str) -> None:
    done = attempt(tmp_path / "data", "init", *SHORT, "--database", url)
    assert done.exit_code == 78
    assert "secret" not in done.output
    assert not (tmp_path / "data").exists()


def test_a_database_of_another_park_is_left_alone(data: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{data}/centre.db"
    fails(tmp_path / "other", 78, "it is a centre's already", "init", *SHORT, "--database", url)
    assert not (tmp_path / "other").exists()
    assert "adult" in run(data, "product", "list")


def test_every_command_has_help() -> None:
    root = build()
    names = [[name] for name in root.commands]
    for name, command in root.commands.items():
        names += [[name, sub] for sub in getattr(command, "commands", {})]
    assert len(names) > 25
    for path in names:
        assert attempt(None, *path, "--help").exit_code == 0


def test_help_is_quick() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from fleet_manager.__main__ import build; build();"
        "sys.exit(','.join({'sqlalchemy', 'paho', 'segno', 'cryptography'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stderr == "\n" or result.stderr == "", result.stderr


def test_a_ticket_is_sold_drawn_and_read_back(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "qr"
    text = run(
        data,
        "ticket",
        "issue",
        "--product",
        "adult",
        "--count",
        "2",
        "--admits",
        "30",
        "--group",
        "--out",
        str(out),
        "--format",
        "png,svg",
        "--level",
        "Q",
        "--json",
    )
    sold = [json.loads(line) for line in text.splitlines()]
    assert [one["serial"] for one in sold] == [1, 2]
    assert sold[0]["group"] == sold[1]["group"]
    picture = cv2.imread(sold[1]["files"][0], cv2.IMREAD_GRAYSCALE)
    assert [one.data.decode() for one in pyzbar.decode(picture)] == [sold[1]["code"]]
    assert Path(sold[1]["files"][1]).read_text().startswith("<?xml")
    before = [Path(file).read_bytes() for file in sold[1]["files"]]
    run(data, "ticket", "draw", "2", "--out", str(out), "--format", "png,svg", "--level", "q")
    assert [Path(file).read_bytes() for file in sold[1]["files"]] == before
    assert "would be taken for 30" in run(data, "ticket", "show", sold[0]["code"])
    run(data, "ticket", "void", "1", "--yes", "--why", "refund")
    shown = json.loads(run(data, "ticket", "show", "1", "--json"))
    assert shown["verdict"].startswith("refused, void")
    assert run(data, "ticket", "void", "1", "--yes").splitlines()[1] == (
        "0 tickets are void now, 1 was so already"
    )
    again = json.loads(run(data, "ticket", "reprint", "2", "--json"))
    assert again["issue"] == 1
    assert "refused, superseded" in run(data, "ticket", "show", sold[1]["code"])
    assert "1 ticket is suspended now" in run(data, "ticket", "suspend", "2")
    assert "1 ticket is valid now" in run(data, "ticket", "restore", "2")


def test_a_holders_number_may_come_on_standard_input(data: Path) -> None:
    arguments = ["ticket", "issue", "--product", "adult", "--holder"]
    run(data, *arguments, "id-card:11010519491231002X")
    run(data, *arguments, "id-card:-", stdin="11010519491231002X\n")
    for serial in ("1", "2"):
        assert "holder's document" in run(data, "ticket", "show", serial)
    fails(data, 2, "TYPE:NUMBER", *arguments, "11010519491231002X")
    fails(data, 1, "document number", *arguments, "id-card:1")


def test_gates_are_enrolled_once_and_their_key_is_not_kept(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "gate-1"
    run(data, "gate", "add", "gate-1", "--station", "north", "--out", str(out))
    assert {file.name for file in out.iterdir()} == {
        "key.pem", "cert.pem", "ca.crt", "ring.json", "pepper", "link", "gate.json",
    }  # fmt: skip
    assert (out / "key.pem").stat().st_mode & 0o777 == 0o600
    secret = (out / "key.pem").read_bytes().splitlines()[1]
    assert not any(secret in file.read_bytes() for file in data.rglob("*") if file.is_file())
    assert json.loads(run(data, "gate", "list", "--json"))["seen"] is None
    assert json.loads(run(data, "gate", "show", "gate-1", "--json"))["station"] == "north"
    assert "never" in run(data, "gate", "list")
    add = ("gate", "add", "gate-1", "--station", "north", "--out")
    fails(data, 1, "it exists", *add, str(tmp_path / "other"))
    assert not (tmp_path / "other").exists()
    fails(data, 78, "never overwritten", *[a.replace("gate-1", "gate-2") for a in add], str(out))
    fails(data, 1, "no station", "gate", "add", "g", "--station", "x", "--out", str(out))
    fails(data, 1, "1 to 20", "gate", "add", "centre", "--station", "north", "--out", str(out))
    fails(data, 1, "cannot find gate", "gate", "show", "gate-9")


def test_lists_counts_and_incidents(data: Path) -> None:
    fails(data, 1, "there is none yet", "list", "show")
    fails(data, 1, "cannot find series", "list", "show", "other")
    assert run(data, "list", "make").startswith("main 1: 0 tickets")
    assert json.loads(run(data, "list", "show", "--json"))["version"] == 1
    assert "as_of" in run(data, "list", "show")
    assert json.loads(run(data, "list", "series", "--json"))["kind"] == "serials"
    assert "main" in run(data, "list", "series")
    answer = json.loads(run(data, "counts", "--json", "--from", "2026-11-01", "--to", "2026-11-30"))
    assert (answer["park"], answer["from"], answer["total"]["entries"]) == (
        "west-lake", "2026-11-01", 0,
    )  # fmt: skip
    assert "西湖" in run(data, "counts", "--day", "2026-11-23", "--by", "station,gate")
    assert run(data, "counts", "--csv", "--by", "hour").startswith("hour,entries")
    assert run(data, "incidents").startswith("last")
    assert run(data, "incidents", "--json") == ""
    assert "北门" in run(data, "station", "list")
    assert json.loads(run(data, "station", "list", "--json"))["id"] == "north"
    assert "成人票" in run(data, "product", "list")
    assert json.loads(run(data, "product", "list", "--json"))["entry"] == "once"


@pytest.mark.parametrize(
    ("status", "text", "line"),
    [
        (2, "No such command", "tickets"),
        (2, "not a day", "counts --day 23.11.2026"),
        (2, "is not one of", "counts --by gate,colour"),
        (2, "does not go with", "counts --day 2026-11-23 --to 2026-11-23"),
        (2, "does not go with", "counts --json --csv"),
        (2, "before --from", "counts --from 2026-11-23 --to 2026-11-22"),
        (2, "does not go with", "ticket issue --product adult --days 1 --to 2026-11-23"),
        (2, "at least a day", "ticket issue --product adult --days 0"),
        (2, "needs --entry", "ticket issue --product adult --exit-required"),
        (1, "cannot find product", "ticket issue --product x"),
        (1, "do not fit", "ticket issue --product adult --admits 70000"),
        (1, "cannot find ticket", "ticket void 99999999999999999999"),
        (1, "cannot find ticket", "ticket show 1"),
        (
            1,
            "exit of a ticket that enters once",
            "ticket issue --product adult --entry once --exit-required",
        ),
        (1, "entry policy", "product add x --entry 16"),
        (1, "zone", "product add x --zone 16"),
        (1, "taken", "product add adult"),
        (1, "product code", "product add UPPER"),
        (1, "admits", "product add x --admits 0"),
        (1, "id must be", "product add x --id 65536"),
        (1, "it exists", "station add north"),
        (1, "1 to 20", "station add NORTH"),
        (1, "must be a host name", "broker-cert --host bü.example --out /proc/none/x"),
        (78, "it exists", "init --park p --time-zone UTC"),
    ],
)
def test_a_users_mistake_is_one_clear_line(data: Path, status: int, text: str, line: str) -> None:
    fails(data, status, text, *line.split(" "))


def test_the_data_folder_must_be_named_and_be_one(data: Path, tmp_path: Path) -> None:
    fails(None, 2, "SCENIC_GATE_DATA", "counts")
    fails(tmp_path / "nothing", 78, "no such file", "counts")
    assert attempt(None, "counts", "--data", str(data)).exit_code == 0
    assert attempt(None, "--data", str(data), "counts").exit_code == 0
    (data / "centre.db").write_bytes(b"rubbish" * 1000)
    fails(data, 78, "not a database", "counts")
    (data / "centre.db").unlink()
    fails(data, 78, "it is empty", "counts")
    (data / "keys" / "ticket.pem").chmod(0o644)
    (data / "centre.toml").write_text("park = 3")
    fails(data, 78, "park: must be", "counts")


def test_nothing_is_sold_whose_pictures_cannot_be_written(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    arguments = ["ticket", "issue", "--product", "adult", "--out", str(tmp_path / "file" / "x")]
    fails(data, 1, "cannot write", *arguments)
    assert run(data, "ticket", "list", "--json") == ""


def test_pictures_that_fail_after_all_do_not_lose_the_sale(data: Path, tmp_path: Path) -> None:
    (tmp_path / "ticket-000001.png").mkdir()
    arguments = ["ticket", "issue", "--product", "adult", "--out", str(tmp_path)]
    fails(data, 1, "tickets 1 to 1 are issued", *arguments)
    run(data, "ticket", "draw", "1")
