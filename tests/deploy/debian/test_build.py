"""The packages as dpkg and lintian see them, and the command that makes them."""

import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from deploy.debian.build import MAINTAINER_SCRIPTS, SCRIPTS, build, build_all
from deploy.debian.control import debian_version, python_range
from deploy.debian.layout import ARCHITECTURES, BOARD, CENTRE, LAYOUTS, UNITS, Layout
from deploy.release.errors import BuildError
from deploy.release.targets import every_target
from gate_agent.config.board_files import BOARD_FILES
from gate_agent.release.manifest import ReleaseError, ReleaseManifest, digest_of, read_manifest
from tests.deploy.debian.conftest import WHOSE, make_packages
from tests.deploy.tiny_release import ROOT

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not here")
ROLES = pytest.mark.parametrize("role", sorted(LAYOUTS))
MACHINE, ARCHITECTURE = "x86_64", ARCHITECTURES["x86_64"]
REMOVE_NOTHING_ELSE = re.compile(r"rm -rf (.*)")


def ask(*words: object) -> str:
    """Return what a program prints."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True)
    return done.stdout


def unpacked(package: Path, folder: Path) -> Path:
    """Return a folder with the files of a package."""
    ask("dpkg-deb", "--extract", package, folder)
    return folder


def fields(package: Path) -> dict[str, str]:
    """Return the one-line fields of a package's control file."""
    lines = ask("dpkg-deb", "--field", package).splitlines()
    return dict(line.split(": ", 1) for line in lines if not line.startswith(" "))


@ROLES
def test_dpkg_reads_who_the_package_is_and_what_it_needs(
    role: str, packages: dict[str, Path]
) -> None:
    said, layout = fields(packages[role]), LAYOUTS[role]
    assert (said["Package"], said["Version"]) == (layout.name, "1.0.0+7")
    assert (said["Maintainer"], said["Conflicts"]) == (WHOSE, layout.other)
    assert said["Architecture"] in ARCHITECTURES.values()
    needs = said["Depends"].split(", ")
    minor = sys.version_info[1]
    assert {"python3-venv", f"python3 (>= 3.{minor}~)", f"python3 (<< 3.{minor + 1}~)"} <= {*needs}
    assert 0 < int(said["Installed-Size"]) < 2000


def test_a_package_takes_each_python_that_its_release_is_for() -> None:
    pythons = [target.python for target in every_target() if str(target).startswith("board")]
    assert python_range(pythons) == ["python3 (>= 3.11~)", "python3 (<< 3.14~)"]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (("0.1.0", 7), ("0.1.0", 8)),
        (("0.1.0", 99), ("0.1.0", 100)),
        (("0.2.0rc1", 9), ("0.2.0", 8)),
        (("0.2.0.dev3", 9), ("0.2.0a1", 9)),
        (("0.9.0", 9), ("0.10.0", 9)),
    ],
)
def test_dpkg_finds_the_newer_release_newer(older: tuple[str, int], newer: tuple[str, int]) -> None:
    names = [
        debian_version(ReleaseManifest(version, sequence, "", (), ""))
        for version, sequence in (older, newer)
    ]
    ask("dpkg", "--compare-versions", names[0], "lt", names[1])


def test_a_version_that_debian_cannot_compare_is_refused() -> None:
    with pytest.raises(BuildError, match="'v1_0' cannot be a Debian package's"):
        debian_version(ReleaseManifest("v1_0", 1, "", (), ""))


@ROLES
def test_a_package_holds_a_release_that_its_own_installer_takes(
    role: str, packages: dict[str, Path], tmp_path: Path
) -> None:
    layout = LAYOUTS[role]
    release = unpacked(packages[role], tmp_path / "root") / layout.release
    words = [sys.executable, "-I", release / "install.pyz", "--role", role]
    assert ask(*words, "--root", tmp_path / "opt", release).startswith("switched 1.0.0-")
    assert ask(tmp_path / "opt/bin" / layout.command).strip() == "1.0.0"


@ROLES
def test_a_package_names_no_file_that_a_person_edits(
    role: str, packages: dict[str, Path], tmp_path: Path
) -> None:
    """So no upgrade asks a question on a board without a keyboard; /etc wins over /usr by name."""
    root = unpacked(packages[role], tmp_path)
    assert {path.name for path in root.iterdir()} == {"usr"}
    assert not (root / "usr/local").exists()
    assert "conffiles" not in ask("dpkg-deb", "--info", packages[role])


@ROLES
def test_the_files_of_a_package_are_roots_and_read_by_everybody(
    role: str, packages: dict[str, Path]
) -> None:
    for line in ask("dpkg-deb", "--contents", packages[role]).splitlines():
        mode, owner = line.split()[:2]
        assert owner == "root/root", line
        assert mode in ("drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x", "lrwxrwxrwx"), line


@ROLES
def test_every_program_that_a_unit_names_is_in_the_package_or_the_release(
    role: str, packages: dict[str, Path], tmp_path: Path
) -> None:
    root, layout = unpacked(packages[role], tmp_path), LAYOUTS[role]
    units = sorted((root / UNITS).glob("*.service"))
    assert len(units) >= 3
    for unit in units:
        for program in re.findall(r"^Exec\w+=-?(\S+)", unit.read_text("utf-8"), re.M):
            release = re.fullmatch(r"/opt/scenic-gate/(bin|healthy/bin)/(\S+)", program)
            if release is not None:
                assert release[2] == layout.command, program
            elif program != "/usr/bin/cage":
                assert os.access(root / program[1:], os.X_OK), program
        assert "/usr/local" not in unit.read_text("utf-8"), unit.name


def test_the_programs_are_those_of_the_release(packages: dict[str, Path], tmp_path: Path) -> None:
    board = unpacked(packages["board"], tmp_path / "board")
    centre = unpacked(packages["centre"], tmp_path / "centre")
    for file, source in (
        (board / "usr/lib/scenic-gate/scenic-gate-metrics", "gate_metrics.py"),
        (centre / "usr/lib/scenic-gate-centre/scenic-gate-backup", "centre_backup.py"),
    ):
        assert file.read_bytes() == (ROOT / "firmware_config" / source).read_bytes()


def test_a_board_reports_what_its_package_has_set_up(
    packages: dict[str, Path], tmp_path: Path
) -> None:
    """The digest of a board's configuration covers what the playbook puts below /etc, and the same
    where a package puts it."""
    root = unpacked(packages["board"], tmp_path)
    seen = {file for name in BOARD_FILES for file in root.glob(name.lstrip("/"))}
    missing = [path for path in BOARD.files.values() if root / path not in seen]
    assert missing == []


@ROLES
def test_the_same_release_gives_the_same_bytes(
    role: str, packages: dict[str, Path], debian_release: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(debian_release, tmp_path / "elsewhere/copy"))
    for number, path in enumerate(sorted(copy.rglob("*"))):
        path.chmod(0o700)
        os.utime(path, (number, number))
    before = os.umask(0o077)
    try:
        again = make_packages(copy, tmp_path / "again", role)[role]
    finally:
        os.umask(before)
    assert again.name == packages[role].name
    assert again.read_bytes() == packages[role].read_bytes()


def test_source_date_epoch_is_the_time_of_every_file(
    debian_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    package = make_packages(debian_release, tmp_path, "board")["board"]
    dates = {tuple(line.split()[3:5]) for line in ask("dpkg-deb", "-c", package).splitlines()}
    assert {day for day, _hour in dates} == {"2001-09-09"}


def test_a_damaged_release_makes_no_package(debian_release: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(debian_release, tmp_path / "copy"))
    with (copy / "packages/gate_agent/word.py").open("a") as file:
        file.write("#\n")
    with pytest.raises(ReleaseError, match=r"word\.py has another SHA-256"):
        make_packages(copy, tmp_path / "out", "board")
    assert not list(tmp_path.rglob("*.deb"))


def test_a_release_of_older_sources_is_named(debian_release: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(debian_release, tmp_path / "copy"))
    (copy / "packages/gate_agent/firmware_config/gate-agent.service").unlink()
    manifest = read_manifest(copy)
    kept = tuple(file for file in manifest.files if not file.path.endswith("gate-agent.service"))
    older = ReleaseManifest(manifest.version, 7, manifest.made, kept, digest_of(kept))
    (copy / "release.json").write_bytes(older.to_json())
    with pytest.raises(BuildError, match=r"has no .*gate-agent\.service: make the release"):
        make_packages(copy, tmp_path / "out", "board")


def test_a_release_for_other_machines_is_named(debian_release: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="was not made for a board on vax"):
        build(debian_release, tmp_path, BOARD, "vax", WHOSE)
    with pytest.raises(BuildError, match="has nothing for these packages: it was made for"):
        list(build_all(debian_release, tmp_path, ["board"], ["vax"], WHOSE))


def test_a_maintainer_without_an_address_is_refused(debian_release: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="must be as: Name <name@host>"):
        list(build_all(debian_release, tmp_path, ["board"], ARCHITECTURES.values(), "me"))


def test_the_command_prints_each_package_and_one_sentence_for_a_mistake(
    debian_release: Path, tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "deploy.debian", "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [*words, str(debian_release)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    files = [Path(line) for line in done.stdout.splitlines()]
    assert [file.name.split("_")[0] for file in files] == ["scenic-gate", "scenic-gate-centre"]
    assert all(file.is_file() for file in files)
    assert sorted(files) == sorted((tmp_path / "out").iterdir())
    (tmp_path / "empty").mkdir()
    done = subprocess.run(
        [*words, str(tmp_path / "empty")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("package: cannot read ")
    assert len(done.stderr.splitlines()) == 1


# --- scripts and lintian -------------------------------------------------------------------------


@pytest.mark.parametrize("tool", [("dash", "-n"), ("shellcheck", "-s", "dash")])
@pytest.mark.parametrize("name", MAINTAINER_SCRIPTS)
@ROLES
def test_a_maintainer_script_is_clean(role: str, name: str, tool: tuple[str, ...]) -> None:
    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not here")
    done = subprocess.run([*tool, SCRIPTS / role / name], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@ROLES
def test_every_maintainer_script_ends_at_its_first_error(role: str) -> None:
    for name in MAINTAINER_SCRIPTS:
        lines = (SCRIPTS / role / name).read_text("utf-8").splitlines()
        assert lines[0] == "#!/bin/sh"
        assert "set -e" in lines


def test_no_script_removes_the_data_of_a_park() -> None:
    text = (SCRIPTS / "centre/postrm").read_text("utf-8")
    assert [found.strip() for found in REMOVE_NOTHING_ELSE.findall(text)] == [
        "/opt/scenic-gate",
        "/opt/scenic-gate",
    ]


@ROLES
def test_lintian_finds_nothing(role: str, packages: dict[str, Path]) -> None:
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not here")
    words = ["lintian", "--allow-root", "--fail-on", "error,warning", str(packages[role])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@ROLES
def test_every_override_of_lintian_has_its_reason_above(role: str) -> None:
    lines = (SCRIPTS / role / "lintian-overrides").read_text("utf-8").splitlines()
    layout: Layout = BOARD if role == "board" else CENTRE
    assert lines[0].startswith("# ")
    for before, line in pairwise(lines):
        if not line.startswith("#"):
            assert line.startswith(f"{layout.name}: ")
            assert before.startswith(("# ", f"{layout.name}: bogus-mail-host"))
