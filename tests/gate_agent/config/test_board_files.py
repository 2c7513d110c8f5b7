"""The digest of the files by which a board is set up."""

import os
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from gate_agent.config.board_files import (
    BOARD_FILES,
    DIGEST_CHARS,
    UNREADABLE,
    ConfigWatch,
    digest_of,
    read_digests,
)

ROLES = Path(__file__).parents[3] / "deploy" / "ansible" / "roles"
UNITS = Path(__file__).parents[3] / "firmware_config"
OF_THE_SITE = {"/etc/scenic-gate/gate.toml"}
"""The file that the daemon itself was started with is looked at wherever it lies."""


def test_every_file_that_the_playbook_puts_on_a_board_is_looked_at() -> None:
    dests = {
        match[1]
        for role in ("board", "gate", "handheld", "monitoring")
        for file in (ROLES / role / "tasks").glob("*.yml")
        for match in re.finditer(r"^\s*dest: (/\S+)", file.read_text("utf-8"), re.M)
    }
    assert len(dests) > 10
    missing = {
        dest
        for dest in dests - OF_THE_SITE
        if not any(fnmatchcase(dest, name) for name in BOARD_FILES)
    }
    assert missing == set()


def test_a_changed_a_new_and_a_missing_file_change_the_digest(tmp_path: Path) -> None:
    names = [str(tmp_path / "gate.toml"), str(tmp_path / "drop" / "*.conf")]
    (tmp_path / "gate.toml").write_text("a = 1\n")
    (tmp_path / "drop").mkdir()
    digests = [digest_of(read_digests(names))]
    (tmp_path / "gate.toml").write_text("a = 2\n")
    digests.append(digest_of(read_digests(names)))
    (tmp_path / "drop" / "override.conf").write_text("[Service]\n")
    digests.append(digest_of(read_digests(names)))
    (tmp_path / "gate.toml").unlink()
    digests.append(digest_of(read_digests(names)))
    assert len(set(digests)) == 4
    assert all(re.fullmatch(rf"[0-9a-f]{{{DIGEST_CHARS}}}", digest) for digest in digests)
    (tmp_path / "drop" / "override.conf").unlink()
    (tmp_path / "gate.toml").write_text("a = 1\n")
    assert digest_of(read_digests(names)) == digests[0]


@pytest.mark.parametrize(
    "unit",
    sorted(
        path.name
        for path in UNITS.iterdir()
        if path.suffix in (".service", ".timer") and not path.name.startswith("fleet-manager")
    ),
)
def test_a_drop_in_of_every_unit_of_a_board_is_looked_at_by_what_it_says(unit: str) -> None:
    """A folder alone would be the same whatever lies in it."""
    drop_in = f"/etc/systemd/system/{unit}.d/override.conf"
    names = [name for name in BOARD_FILES if fnmatchcase(drop_in, name)]
    assert names == [f"/etc/systemd/system/{unit}.d/*.conf"]
    assert not any(fnmatchcase(f"/etc/systemd/system/{unit}.d", name) for name in BOARD_FILES)


def test_the_technician_hears_which_file_it_is(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text("a = 1\n")
    assert list(read_digests([str(tmp_path / "*.toml")])) == [str(tmp_path / "gate.toml")]


def test_what_cannot_be_read_is_no_error(tmp_path: Path) -> None:
    folder = tmp_path / "gate.toml"
    folder.mkdir()
    assert read_digests([str(folder)]) == {str(folder): UNREADABLE}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_for_other_eyes_is_unreadable(tmp_path: Path) -> None:
    file = tmp_path / "nftables.conf"
    file.touch(mode=0)
    assert read_digests([str(file)]) == {str(file): UNREADABLE}


def test_a_change_is_seen_while_the_daemon_runs(tmp_path: Path) -> None:
    """One file a look, so that a card that is slow to read holds up no lane for long."""
    names = [tmp_path / "a", tmp_path / "b"]
    for name in names:
        name.write_text("1")
    watch = ConfigWatch(map(str, names))
    before = watch.digest
    for name in names:
        name.write_text("2")
    watch.look()
    half = watch.digest
    watch.look()
    assert len({before, half, watch.digest}) == 3
    names[0].unlink()
    watch.look()
    assert list(watch.digests) == [str(names[1])]


def test_a_changed_file_is_seen_at_the_next_look_however_many_there_are(tmp_path: Path) -> None:
    names = [*(str(tmp_path / f"file-{number}") for number in range(40)), f"{tmp_path}/drop/*.conf"]
    for name in names[:-1]:
        Path(name).write_text("1")
    watch = ConfigWatch(names)
    for _ in range(7):
        watch.look()
    before = watch.digest
    assert not watch.look()
    Path(names[5]).write_text("2")
    assert watch.look()
    assert watch.digest != before
    before = watch.digest
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop/new.conf").write_text("1")
    watch.look()
    assert watch.digest != before


def test_a_changed_file_whose_time_was_put_back_is_seen_within_a_round(tmp_path: Path) -> None:
    names = [str(tmp_path / f"file-{number}") for number in range(5)]
    for name in names:
        Path(name).write_text("1")
    watch = ConfigWatch(names)
    before, times = watch.digest, Path(names[3]).stat()
    Path(names[3]).write_text("2")
    os.utime(names[3], ns=(times.st_atime_ns, times.st_mtime_ns))
    for _ in names:
        watch.look()
    assert watch.digest != before
