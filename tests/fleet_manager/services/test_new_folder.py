"""`init` makes a whole data folder, under any name, or leaves nothing."""

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fleet_manager.__main__ import build
from fleet_manager.keys import certificates
from fleet_manager.services import park as acts

NAMES = ["q?mark", "per%20cent", "h#ash", "a@b", "it's", 'say "x"', "back\\slash", "line\nfeed",
         "西湖", "a b", "file:x", "a=b&c=d"]  # fmt: skip


def command(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(build(), [*arguments, "--data", str(data)])


def init(data: Path) -> Result:
    return command(data, "init", "--park", "west-lake", "--time-zone", "Asia/Shanghai")


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_of_any_name_holds_its_whole_database(tmp_path: Path, name: str) -> None:
    data = tmp_path / name
    assert init(data).exit_code == 0
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert sorted(file.name for file in data.iterdir()) == [
        "centre.db", "centre.toml", "keys", "roots", "tls",
    ]  # fmt: skip
    assert command(data, "product", "add", "day").exit_code == 0
    shutil.copytree(data, tmp_path / "copy")
    sold = command(tmp_path / "copy", "product", "list", "--json").stdout
    assert json.loads(sold)["code"] == "day"


@pytest.mark.parametrize("there", [False, True], ids=["new folder", "open folder"])
def test_nobody_else_reads_a_new_park_whatever_the_umask(tmp_path: Path, there: bool) -> None:
    data = tmp_path / "a" / "data"
    if there:
        data.mkdir(parents=True, mode=0o755)
    before = os.umask(0)
    try:
        assert init(data).exit_code == 0
        assert os.umask(0) == 0
    finally:
        os.umask(before)
    made = [*data.rglob("*"), *([] if there else [data])]
    assert [file.name for file in made if file.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("there", [False, True], ids=["new folder", "empty folder"])
def test_an_init_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    data = tmp_path / "a" / "data"
    if there:
        data.mkdir(parents=True)

    def fail(*_arguments: object) -> bytes:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(certificates, "client", fail)
        done = init(data)
    assert done.exit_code == 78
    assert "No space left on device" in done.output
    assert [*tmp_path.rglob("*")] == ([data.parent, data] if there else [])
    assert init(data).exit_code == 0


def test_an_id_that_no_park_has_is_refused_in_the_name_of_the_file_that_was_asked_for(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    refused = command(data, "init", "--park", "West Lake", "--time-zone", "Asia/Shanghai")
    assert refused.exit_code == 78
    assert f"cannot use {data / 'centre.toml'}: park: must be the park's id" in refused.output
    assert not data.exists()


def test_what_an_init_left_that_was_killed_is_in_nobodys_way(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / ".init" / "keys").mkdir(parents=True)
    (data / ".init" / "keys" / "ticket.pem").write_text("half a key")
    assert init(data).exit_code == 0
    assert not (data / ".init").exists()


def test_a_half_made_folder_is_recognised_and_left_as_it_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert init(data).exit_code == 0
    (data / "centre.toml").unlink()
    keys = (data / "keys" / "ticket.pem").read_bytes()
    again = init(data)
    assert again.exit_code == 78
    assert "keys is there, without centre.toml" in again.output
    assert (data / "keys" / "ticket.pem").read_bytes() == keys
    shown = command(data, "counts")
    assert shown.exit_code == 78
    assert "although keys are beside it" in shown.output


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""], ids=["byte order mark", "plain"])
def test_settings_that_an_editor_of_windows_has_saved_are_read(tmp_path: Path, mark: bytes) -> None:
    assert init(tmp_path / "data").exit_code == 0
    file = tmp_path / "data" / "centre.toml"
    file.write_bytes(mark + file.read_bytes().replace(b"\n", b"\r\n"))
    assert command(tmp_path / "data", "counts").exit_code == 0


@pytest.mark.parametrize(("encoding", "named"), [("utf-16", "UTF-16"), ("gbk", "another encoding")])
def test_settings_in_another_encoding_are_named_as_such(
    tmp_path: Path, encoding: str, named: str
) -> None:
    assert init(tmp_path / "data").exit_code == 0
    file = tmp_path / "data" / "centre.toml"
    file.write_bytes(("# 西湖\n" + file.read_text()).encode(encoding))
    done = command(tmp_path / "data", "counts")
    assert (done.exit_code, named in done.output, "save it as UTF-8" in done.output) == (
        78, True, True,
    )  # fmt: skip


def test_the_roots_are_where_init_says(tmp_path: Path) -> None:
    assert init(tmp_path / "data").exit_code == 0
    assert len([*(tmp_path / "data" / acts.ROOTS).glob("root-*.pem")]) == 3
