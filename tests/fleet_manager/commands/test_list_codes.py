"""`fleet-manager list import|export|void`: what takes much away is asked for, files are whole."""

import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fleet_manager.__main__ import build
from fleet_manager.access import audit
from fleet_manager.access.audit import Filter
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.files import whole_file

DAY = "2026-11-23"
SHORTER = "6 of 9 codes of the series would be taken away, because the table has 3 codes"


def attempt(park: Centre, *words: str, stdin: str | bytes | None = None) -> Result:
    arguments = ["--data", str(park.config.folder), "list", *words]
    return CliRunner().invoke(build(), arguments, input=stdin, catch_exceptions=False)


def run(park: Centre, *words: str, stdin: str | bytes | None = None) -> str:
    done = attempt(park, *words, stdin=stdin)
    assert done.exit_code == 0, done.output
    return done.output


def table(folder: Path, count: int, name: str = "codes.csv") -> Path:
    rows = [f"A{number},adult,{DAY}\n" for number in range(count)]
    file = folder / name
    file.write_text("code,product,from\n" + "".join(rows))
    return file


@pytest.fixture
def series(park: Centre, tmp_path: Path) -> Centre:
    """A park whose seller `otter` has nine codes, A0 to A8."""
    run(park, "add", "otter", "--owner", "Otter Travel")
    run(park, "import", "otter", str(table(tmp_path, 9)))
    return park


def valid(park: Centre) -> int:
    return run(park, "export", "otter").count(",valid,")


# --- complete tables ---------------------------------------------------------------------------


@pytest.mark.parametrize("words", [(), ("--yes",), ("--dry-run",), ("--dry-run", "--yes")])
def test_a_table_without_a_row_takes_nothing_away(
    series: Centre, tmp_path: Path, words: tuple[str, ...]
) -> None:
    empty = tmp_path / "empty.csv"
    for text in ("code,product,from\n", "code,product,from\r\n,,\r\n,,\r\n", "票号,产品,开始"):
        empty.write_text(text)
        done = attempt(series, "import", "otter", str(empty), "--complete", *words)
        assert done.exit_code == 1
        assert "cannot import a table without a row as complete: 9 codes would be" in done.output
    assert valid(series) == 9


def test_without_a_terminal_much_is_taken_away_only_with_yes(
    series: Centre, tmp_path: Path
) -> None:
    short = str(table(tmp_path, 3, "short.csv"))
    done = attempt(series, "import", "otter", short, "--complete", stdin="y\n")
    assert done.exit_code == 1
    assert SHORTER in done.output
    assert "pass --yes" in done.output
    assert valid(series) == 9
    with series.store.read() as connection:
        assert len(audit.lines(connection, Filter(result="refused"))) == 1
    run(series, "import", "otter", short, "--complete", "--yes")
    assert valid(series) == 3


def test_a_dry_run_shows_the_same_numbers(series: Centre, tmp_path: Path) -> None:
    short = str(table(tmp_path, 3, "short.csv"))
    shown = run(series, "import", "otter", short, "--complete", "--dry-run")
    assert "3 codes: 0 would be new, 0 would be changed, 6 would be taken away" in shown
    assert "6 of 9 codes of the series: this needs a yes at a terminal, or --yes" in shown
    assert valid(series) == 9


def test_a_tenth_is_taken_away_without_a_question(park: Centre, tmp_path: Path) -> None:
    run(park, "add", "otter", "--owner", "Otter Travel")
    run(park, "import", "otter", str(table(tmp_path, 20)))
    assert "2 taken away" in run(park, "import", "otter", str(table(tmp_path, 18)), "--complete")
    assert attempt(park, "import", "otter", str(table(tmp_path, 16)), "--complete").exit_code == 1


@pytest.mark.parametrize(("answer", "left"), [("y\n", 3), ("n\n", 9), ("\n", 9)])
def test_at_a_terminal_a_person_is_asked_with_the_numbers(
    series: Centre, tmp_path: Path, answer: str, left: int
) -> None:
    short = str(table(tmp_path, 3, "short.csv"))
    ours, theirs = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "fleet_manager",
        "list",
        "import",
        "otter",
        short,
        "--complete",
    ]
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "SCENIC_GATE_DATA": str(series.config.folder)},
    )
    os.close(theirs)
    shown = ""
    try:
        while "take away 6? [y/N]" not in shown:
            shown += os.read(ours, 4096).decode()
        os.write(ours, answer.encode())
        assert process.wait(60) == (0 if left == 3 else 1)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert SHORTER in shown
    assert valid(series) == left


def test_one_thing_is_not_told_as_many(series: Centre, tmp_path: Path) -> None:
    assert run(series, "import", "otter", str(table(tmp_path, 1))).startswith("1 code: ")
    bad = tmp_path / "bad.csv"
    bad.write_text("code,product,from\nB1,nobody,2026-11-23\n")
    output = attempt(series, "import", "otter", str(bad)).output
    assert f"{bad}: line 2, column product: must be the code of a product, not 'nobody'" in output
    assert ": 1 mistake, nothing was changed" in output


def test_codes_with_a_blank_at_their_end_are_asked_about(park: Centre, tmp_path: Path) -> None:
    run(park, "add", "otter", "--owner", "Otter Travel")
    file = tmp_path / "blank.csv"
    file.write_text(f'code,product,from\n"T9 ",adult,{DAY}\n')
    done = attempt(park, "import", "otter", str(file))
    assert done.exit_code == 1
    assert "--codes as-written" in done.output
    assert run(park, "import", "otter", str(file), "--codes", "as-written").startswith("1 code: 1")
    assert run(park, "void", "otter", "T9 ").startswith("1 code changed")


def test_a_table_may_come_from_a_pipe(park: Centre, tmp_path: Path) -> None:
    run(park, "add", "otter", "--owner", "Otter Travel")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeder = subprocess.Popen(["sh", "-c", 'cat "$0" > "$1"', table(tmp_path, 5), pipe])
    try:
        assert run(park, "import", "otter", str(pipe)).startswith("5 codes: 5 new")
    finally:
        feeder.kill()
        feeder.wait()


# --- void, suspend, restore --------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "A1\nA2\n",
        "\ufeffA1\r\nA2\r\n",
        '"A1"\n"A2"\n',
        "A1,\nA2,,\n",
        " A1 \n\n\tA2\u00a0\n",
        '="A1"\n\'A2\n',
        "A1;\nA2\u200b",
        "A1\rA2\r",
        "A1\nA2\n\x1a",
    ],
)
def test_codes_on_standard_input_are_known_whatever_copying_adds(
    series: Centre, typed: str
) -> None:
    assert run(series, "void", "otter", "-", stdin=typed).startswith("2 codes changed")
    assert valid(series) == 7


@pytest.mark.parametrize("encoding", ["utf-16", "gbk", "utf-8-sig"])
def test_codes_on_standard_input_may_have_any_encoding_of_a_table(
    series: Centre, encoding: str
) -> None:
    assert run(series, "void", "otter", "-", stdin="A1\nA2\n".encode(encoding)).startswith("2")


@pytest.mark.parametrize("word", [" A1", "A1 ", '"A1"', "A1,", "\ufeffA1"])
def test_an_argument_is_known_whatever_copying_adds(series: Centre, word: str) -> None:
    assert run(series, "suspend", "otter", word).startswith("1 code changed")


def test_a_code_that_is_not_known_is_named_by_its_place(series: Centre) -> None:
    done = attempt(series, "void", "otter", "-", stdin="A1\nZ9\n")
    assert done.exit_code == 1
    assert "cannot find 1 of 2 codes in otter: number 2" in done.output
    assert valid(series) == 9
    done = attempt(series, "void", "otter", "-", stdin=b"A1\n\xff\xff\n")
    assert done.exit_code == 1
    assert "cannot read the codes: line 2 is neither UTF-8 nor GBK" in done.output


# --- files -------------------------------------------------------------------------------------


def test_an_export_replaces_its_file_when_it_is_whole(series: Centre, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("earlier")
    out.chmod(0o640)
    assert run(series, "export", "otter", "--out", str(out)) == "9 codes\n"
    assert out.read_text().count("\n") == 10
    assert stat.S_IMODE(out.stat().st_mode) == 0o640
    assert attempt(series, "export", "nobody", "--out", str(out)).exit_code == 1
    assert out.read_text().count("\n") == 10
    assert [file.name for file in tmp_path.glob(".*")] == []


def test_an_export_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("earlier")

    def broken_off() -> None:
        with whole_file.text_file(out) as file:
            file.write("half")
            raise CentreError("the database is gone")

    with pytest.raises(CentreError):
        broken_off()
    assert out.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [out]


def test_an_export_goes_through_a_link_and_into_a_device(series: Centre, tmp_path: Path) -> None:
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("earlier")
    link.symlink_to(target)
    run(series, "export", "otter", "--out", str(link))
    assert link.is_symlink()
    assert target.read_text().count("\n") == 10
    done = attempt(series, "export", "otter", "--out", "/dev/full")
    assert done.exit_code == 1
    assert "cannot write /dev/full: No space left" in done.output
    assert Path("/dev/full").is_char_device()
    done = attempt(series, "export", "otter", "--out", str(tmp_path / "nowhere" / "x.csv"))
    assert "No such file or directory" in done.output
