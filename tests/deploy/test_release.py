"""A release folder and its installer: what is whole is installed, anything else is refused."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from deploy.release.errors import BuildError
from gate_agent.release import running
from gate_agent.release.installer import Installer, install
from gate_agent.release.manifest import (
    ReleaseError,
    digest_of,
    parse_manifest,
    read_manifest,
    target_of,
)
from gate_agent.release.store import ReleaseStore
from tests.deploy import tiny_release
from tests.deploy.tiny_release import board_installer


@pytest.fixture
def root(installed: Path) -> Path:
    """/opt/scenic-gate of a board that runs 1.0.0."""
    folder = installed / "root"
    shutil.rmtree(folder)
    shutil.copytree(installed / "template", folder, symlinks=True)
    return folder


@pytest.fixture
def folder(releases: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of the release 2.0.0."""
    return Path(shutil.copytree(releases["2.0.0"], tmp_path / "copy"))


def run_installer(folder: Path, root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `install.pyz` of the folder as a bare board does."""
    command = [sys.executable, "-I", str(folder / "install.pyz"), "--root", str(root)]
    return subprocess.run(
        [*command, *words, str(folder)], capture_output=True, text=True, check=False
    )


def word_of(root: Path) -> str:
    """Return what the installed program says."""
    done = subprocess.run([root / "bin/gate-agent"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def refused(folder: Path, root: Path, words: str) -> None:
    """The installer refuses in one sentence, and what ran before runs on."""
    before = ReleaseStore(root).current
    done = run_installer(folder, root)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("install.pyz: ")
    assert words in last
    assert "Traceback" not in done.stderr
    assert ReleaseStore(root).current == before
    assert word_of(root) == "1.0.0"


def test_a_release_is_installed_beside_what_runs_and_switched_to(folder: Path, root: Path) -> None:
    store = ReleaseStore(root)
    before, name = store.current, read_manifest(folder).name
    done = run_installer(folder, root)
    assert (done.returncode, done.stdout.strip()) == (0, f"switched {name}"), done.stderr
    assert (store.current, store.previous, store.healthy) == (name, before, name)
    assert word_of(root) == "2.0.0"


def test_the_second_run_changes_nothing(folder: Path, root: Path) -> None:
    run_installer(folder, root)
    before = sorted((path, path.lstat().st_mtime_ns) for path in root.rglob("*"))
    done = run_installer(folder, root)
    assert done.stdout.startswith("unchanged ")
    assert sorted((path, path.lstat().st_mtime_ns) for path in root.rglob("*")) == before


def test_a_third_release_removes_the_first(
    releases: dict[str, Path], folder: Path, root: Path
) -> None:
    store = ReleaseStore(root)
    first = store.current
    run_installer(folder, root)
    run_installer(releases["3.0.0"], root)
    assert store.previous == read_manifest(folder).name
    assert not store.has(first)


def test_a_release_that_a_process_runs_from_stays_until_that_ends(
    releases: dict[str, Path], folder: Path, root: Path
) -> None:
    """After two upgrades without a moment of rest the daemon is still of the one before both."""
    store = ReleaseStore(root)
    first = store.current
    words = [str(store.releases / first / "bin/python"), "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        run_installer(folder, root)
        run_installer(releases["3.0.0"], root)
        assert store.has(first)
        process.kill()
    run_installer(folder, root)
    assert not store.has(first)


def test_a_missing_file_is_named(folder: Path, root: Path) -> None:
    (folder / "packages/gate_agent/word.py").unlink()
    refused(folder, root, "release file packages/gate_agent/word.py is missing")


def test_a_changed_file_is_named(folder: Path, root: Path) -> None:
    with (folder / "packages/gate_agent/word.py").open("a") as file:
        file.write("#\n")
    refused(folder, root, "release file packages/gate_agent/word.py has another SHA-256")


def test_a_manifest_that_was_changed_is_refused(folder: Path, root: Path) -> None:
    file = folder / "release.json"
    document = json.loads(file.read_bytes())
    document["files"][0]["size"] += 1
    file.write_text(json.dumps(document))
    refused(folder, root, "its digest is another")
    file.write_text('{"format": 1')
    refused(folder, root, "release.json: not whole")
    file.write_text('{"format": 2}')
    refused(folder, root, "a release that this program does not know")
    file.unlink()
    refused(folder, root, "cannot read")


def rewrite(folder: Path, path: str, data: bytes) -> None:
    """Change a file of a release, and its manifest with it, as a builder with a fault would."""
    (folder / path).write_bytes(data)
    document = json.loads((folder / "release.json").read_bytes())
    for entry in document["files"]:
        if entry["path"] == path:
            entry["sha256"], entry["size"] = sha256(data).hexdigest(), len(data)
    lines = json.dumps(document["files"], sort_keys=True, separators=(",", ":"))
    document["digest"] = sha256(lines.encode()).hexdigest()
    (folder / "release.json").write_text(json.dumps(document))


def test_pip_refuses_a_wheel_with_another_hash_than_its_list_says(folder: Path, root: Path) -> None:
    [wheel] = (folder / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("more.py", "")
    rewrite(folder, f"wheels/{wheel.name}", wheel.read_bytes())
    shutil.rmtree(root / "libraries")
    (root / "libraries").mkdir()
    store = ReleaseStore(root)
    before = store.current
    done = run_installer(folder, root)
    assert done.returncode == 1
    assert "cannot install the wheels: ERROR" in done.stderr
    assert store.current == before
    assert not list(root.rglob("*.part"))


def test_a_release_for_another_machine_is_refused(folder: Path, root: Path) -> None:
    document = json.loads((folder / "release.json").read_bytes())
    for entry in document["files"]:
        names = [name.replace(target_of("board"), "board-9-vax") for name in entry.get("for", [])]
        entry |= {"for": names} if names else {}
    files = json.dumps(document["files"], sort_keys=True, separators=(",", ":"))
    document["digest"] = sha256(files.encode()).hexdigest()
    (folder / "release.json").write_text(json.dumps(document))
    refused(folder, root, f"was not made for this machine ({target_of('board')})")


@pytest.mark.parametrize(
    "path", ["../outside", "/etc/passwd", "packages/../../x", "a//b", "", "a\\b", "a/./b"]
)
def test_a_path_outside_of_the_folder_is_refused(folder: Path, path: str) -> None:
    document = json.loads((folder / "release.json").read_bytes())
    document["files"][0]["path"] = path
    with pytest.raises(ReleaseError, match="names a file outside of its folder"):
        parse_manifest(json.dumps(document).encode())


def test_a_board_that_its_gate_toml_does_not_fit_keeps_its_release(
    releases: dict[str, Path], root: Path, tmp_path: Path
) -> None:
    (tmp_path / "gate.toml").write_text("")
    installer = Installer(ReleaseStore(root), "board", lambda _line: None, tmp_path / "gate.toml")
    before = ReleaseStore(root).current
    with pytest.raises(ReleaseError, match="no such key"):
        install(installer, releases["refuses"])
    assert ReleaseStore(root).current == before


def test_a_release_can_be_unpacked_without_switching(folder: Path, root: Path) -> None:
    store = ReleaseStore(root)
    before, name = store.current, read_manifest(folder).name
    done = run_installer(folder, root, "--no-switch")
    assert done.stdout.strip() == f"unpacked {name}"
    assert (store.current, store.has(name)) == (before, True)


def test_a_newer_release_that_runs_is_kept_if_that_is_asked_for(
    releases: dict[str, Path], folder: Path, root: Path
) -> None:
    run_installer(releases["3.0.0"], root)
    before = ReleaseStore(root)
    done = run_installer(folder, root, "--keep-newer")
    newer, older = read_manifest(releases["3.0.0"]).name, read_manifest(folder).name
    assert (done.returncode, done.stdout.strip()) == (0, f"kept {newer}: {older} is older")
    assert not before.has(older)
    assert word_of(root) == "3.0.0"
    run_installer(folder, root)
    assert word_of(root) == "2.0.0", "else whoever installs gets what is in the folder"


def test_an_older_release_gives_way_even_if_a_newer_one_would_be_kept(
    folder: Path, root: Path
) -> None:
    assert run_installer(folder, root, "--keep-newer").stdout.startswith("switched 2.0.0-")


def test_a_release_says_when_it_was_made_or_what_source_date_epoch_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    folder = tiny_release.make(tmp_path, "1.0.0", 1)
    assert read_manifest(folder).made == "2001-09-09T01:46:40Z"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(BuildError, match="SOURCE_DATE_EPOCH: 'yesterday' is no number"):
        tiny_release.make(tmp_path, "1.0.0", 1)


def test_two_installers_never_work_at_once(folder: Path, root: Path) -> None:
    with ReleaseStore(root).locked():
        refused(folder, root, "another installation is at work")


def test_an_installer_that_is_killed_is_finished_by_the_next(folder: Path, root: Path) -> None:
    store, name = ReleaseStore(root), read_manifest(folder).name
    before = store.current
    dice = random.Random(16)
    for _ in range(6):
        command = [sys.executable, "-I", str(folder / "install.pyz"), "--root", str(root)]
        with subprocess.Popen(
            [*command, str(folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            try:
                process.wait(dice.uniform(0.05, 0.6))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        assert store.current in (before, name)
        assert word_of(root) in ("1.0.0", "2.0.0")
    done = run_installer(folder, root)
    assert done.returncode == 0, done.stderr
    assert (store.current, word_of(root)) == (name, "2.0.0")
    assert not list(root.rglob("*.part"))


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_a_folder_that_is_not_whole_is_not_listed_for_a_copy(folder: Path, damage: str) -> None:
    """The playbook packs what is listed, and keeps the pack."""
    words = [sys.executable, "-I", str(folder / "install.pyz"), "--list", "own", str(folder)]
    listed = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "packages/gate_agent/word.py" in listed.stdout.splitlines(), listed.stderr
    file = folder / "packages/gate_agent/word.py"
    if damage == "gone":
        file.unlink()
    else:
        file.write_text("WORD = 'another'\n")
    refused = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "release file packages/gate_agent/word.py" in refused.stderr
    assert "copy it again" in refused.stderr


def test_a_full_disk_is_named_and_leaves_nothing(
    folder: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100))
    with pytest.raises(ReleaseError, match="not enough room"):
        install(board_installer(ReleaseStore(root)), folder)
    monkeypatch.undo()
    monkeypatch.setattr(shutil, "copyfile", _no_space)
    with pytest.raises(OSError, match="No space left"):
        install(board_installer(ReleaseStore(root)), folder)
    assert not list(root.rglob("*.part"))
    assert word_of(root) == "1.0.0"


def _no_space(_source: Path, target: Path) -> None:
    raise OSError(28, "No space left on device", str(target))


def test_the_same_sources_give_the_same_name(tmp_path: Path) -> None:
    first = tiny_release.make(tmp_path / "a", "1.0.0", 1)
    second = tiny_release.make(tmp_path / "b", "1.0.0", 2)
    assert first.name == second.name
    manifest = read_manifest(first)
    assert manifest.digest == digest_of(manifest.files)


def test_a_changed_module_is_one_changed_file(releases: dict[str, Path]) -> None:
    one, two = (read_manifest(releases[name]) for name in ("1.0.0", "2.0.0"))
    changed = {(file.path, file.sha256) for file in two.files} - {
        (file.path, file.sha256) for file in one.files
    }
    assert sorted(path for path, _ in changed) == [
        "packages/gate_agent/word.py",
        "packages/scenic_gate-2.0.0.dist-info/METADATA",
    ]


def test_a_program_knows_the_release_that_it_runs_from(root: Path, tmp_path: Path) -> None:
    current = root / "current"
    assert running.software(current) == ReleaseStore(root).current
    assert running.software(tmp_path).count(".") == 2  # not installed from a release


def test_a_fault_of_the_last_update_is_read_as_one_line(tmp_path: Path) -> None:
    assert running.update_fault(tmp_path) == ""
    (tmp_path / "fault").write_bytes(b"release 2 was left:\n\x1b[31mit loops\xff")
    assert running.update_fault(tmp_path) == "release 2 was left:  [31mit loops�"


@pytest.mark.parametrize(
    ("database", "state", "refusal"),
    [
        ("sqlite:///centre.db", "fits", ""),
        ("sqlite:///centre.db", "old", ""),
        ("sqlite:///centre.db", "newer", "cannot use the database"),
        ("postgresql://centre", "half upgraded: it has no table wish", "cannot use the database"),
        ("postgresql://centre", "old", "make a backup with pg_dump"),
    ],
)
def test_a_centre_is_switched_only_to_a_release_that_can_use_its_database(
    releases: dict[str, Path], root: Path, tmp_path: Path, database: str, state: str, refusal: str
) -> None:
    (tmp_path / "centre.toml").write_text("")
    shown = {"database": database, "version": 7, "program": 8, "state": state}
    (tmp_path / "state").write_text(json.dumps(shown))
    before = ReleaseStore(root).current
    words = ["--role", "centre", "--data", str(tmp_path)]
    done = run_installer(releases["2.0.0"], root, *words)
    assert (done.returncode, refusal in done.stderr) == (int(bool(refusal)), True), done.stderr
    assert (ReleaseStore(root).current == before) == bool(refusal)
    if database.startswith("postgresql") and state == "old":
        assert run_installer(releases["2.0.0"], root, *words, "--backup-done").returncode == 0
