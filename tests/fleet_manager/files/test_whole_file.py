"""Files for people: an older one stays until the new one is whole."""

import os
from pathlib import Path

import pytest

from fleet_manager.errors import CentreError
from fleet_manager.files import ownership, whole_file


def test_a_failure_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("yesterday's")

    def break_off() -> None:
        with whole_file.text_file(file) as out:
            out.write("half of today's")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert file.read_text() == "yesterday's"
    assert [*tmp_path.iterdir()] == [file]


def test_a_whole_file_takes_the_place_and_the_mode_of_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("yesterday's")
    file.chmod(0o640)
    with whole_file.text_file(file, "utf-8-sig") as out:
        out.write("今天\r\n")
        assert file.read_text() == "yesterday's"
    assert file.read_bytes() == "\ufeff今天\r\n".encode()
    assert file.stat().st_mode & 0o777 == 0o640
    before = file.open("rb")  # somebody who reads the one before reads all of it
    whole_file.write_bytes(file, b"again")
    assert (before.read(), file.read_bytes()) == ("\ufeff今天\r\n".encode(), b"again")
    before.close()
    assert [*tmp_path.iterdir()] == [file]


def test_a_place_that_cannot_be_written_is_one_error_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "x"):
        with pytest.raises(CentreError, match="cannot write"):
            whole_file.check_writable(folder)
    with pytest.raises(CentreError, match="it is a folder"):
        whole_file.write_bytes(tmp_path, b"")
    with pytest.raises(CentreError, match="No such file"):
        whole_file.write_bytes(tmp_path / "none" / "x", b"")
    whole_file.check_writable(tmp_path / "new" / "folder")
    assert [*(tmp_path / "new" / "folder").iterdir()] == []


def test_who_owns_a_folder_is_said_to_everybody_else(tmp_path: Path) -> None:
    assert ownership.advice(tmp_path / "gone" / "x") == ""
    if os.geteuid() == 0:
        os.chown(tmp_path, 1, 1)
        assert ownership.advice(tmp_path) == "run it as: sudo -u daemon fleet-manager …"
    else:
        assert ownership.advice(Path("/etc/hosts")) == "run it as: sudo -u root fleet-manager …"
