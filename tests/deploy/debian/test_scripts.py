"""What the packages' scripts do to a machine: install, upgrade, refuse, remove and purge.

On a copy of this machine without systemd, as where an image for cards is made. `./run test-boards`
does the same on booted Debian 12 and 13.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gate_agent.release.manifest import read_manifest
from tests.deploy.debian.conftest import make_packages, make_release
from tests.deploy.debian.machine import Machine, new_machine, why_none

NONE = why_none()
pytestmark = [
    pytest.mark.skipif(bool(NONE), reason=NONE or "-"),
    pytest.mark.process,
]
JOURNAL = "/var/lib/scenic-gate"
ENROLLED = f"""
echo key >/etc/scenic-gate/identity/key.pem
echo 'park = 1' >/etc/scenic-gate/gate.toml
echo rows >{JOURNAL}/journal.db
chown scenic-gate: /etc/scenic-gate/identity/key.pem {JOURNAL}/journal.db
"""
ENABLED = {
    "board": [
        "multi-user.target.wants/gate-agent.service",
        "timers.target.wants/gate-update.timer",
    ],
    "centre": [
        "multi-user.target.wants/fleet-manager-door.service",
        "multi-user.target.wants/fleet-manager-web.service",
        "multi-user.target.wants/fleet-manager.service",
        "timers.target.wants/fleet-manager-backup.timer",
    ],
}
SENT = json.dumps({"chain": "whole", "head": 5, "acked": 5})
WAITING = json.dumps({"chain": "whole", "head": 5, "acked": 4})

Maker = Callable[..., Path]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Give a function that makes a package of a release: its version, its sequence, its role."""
    out = tmp_path_factory.mktemp("made")

    def make(version: str, sequence: int, role: str = "board", **options: object) -> Path:
        release = make_release(out, version, sequence, **options)  # type: ignore[arg-type]
        return make_packages(release, out / "packages", role)[role]

    return make


@pytest.fixture(scope="module")
def installed(packages: dict[str, Path]) -> Iterator[dict[str, Machine]]:
    """Machines on which a package of 1.0.0 was installed, by role."""
    with new_machine(()) as board, new_machine(()) as centre:
        machines = {"board": board, "centre": centre}
        for role, machine in machines.items():
            done = machine.install(packages[role])
            assert done.returncode == 0, done.stdout + done.stderr
            (machine.folder / "said").write_text(done.stdout)
        yield machines


@pytest.fixture
def board(installed: dict[str, Machine]) -> Iterator[Machine]:
    """A board with 1.0.0, which a test may change."""
    with new_machine(installed["board"].layers) as machine:
        yield machine


@pytest.fixture
def centre(installed: dict[str, Machine]) -> Iterator[Machine]:
    """A centre with 1.0.0, which a test may change."""
    with new_machine(installed["centre"].layers) as machine:
        yield machine


def runs(machine: Machine) -> str:
    """Return what the board's command says, which is its version."""
    return machine.ask("gate-agent").strip()


# --- install -------------------------------------------------------------------------------------


def test_a_package_is_installed_without_a_network(board: Machine) -> None:
    assert board.state("scenic-gate") == "ii"
    assert runs(board) == "1.0.0"
    links = board.ask("readlink /opt/scenic-gate/current /opt/scenic-gate/healthy").split()
    assert links[0] == links[1]


def test_what_is_secret_is_the_daemons_alone(board: Machine) -> None:
    paths = "/etc/scenic-gate /etc/scenic-gate/identity /var/lib/scenic-gate"
    assert board.ask(f"stat -c '%a %U' {paths}").splitlines() == [
        "755 root",
        "700 scenic-gate",
        "700 scenic-gate",
    ]
    assert "gpio" in board.ask("id scenic-gate")


def test_what_is_secret_is_the_centres_alone(centre: Machine) -> None:
    paths = "/var/lib/scenic-gate-centre /var/backups/scenic-gate"
    assert centre.ask(f"stat -c '%a %U' {paths}").splitlines() == ["700 scenic-gate-centre"] * 2


@pytest.mark.parametrize("role", ENABLED)
def test_the_units_of_a_package_start_with_the_machine(
    role: str, installed: dict[str, Machine]
) -> None:
    upper = installed[role].folder / "upper/etc/systemd/system"
    assert sorted(str(path.relative_to(upper)) for path in upper.glob("*/*")) == ENABLED[role]


def test_a_board_without_gate_toml_says_what_is_next(installed: dict[str, Machine]) -> None:
    said = (installed["board"].folder / "said").read_text().splitlines()
    assert said[-1] == (
        "scenic-gate: not a gate yet: gate-agent enrol, gate-agent profile make, "
        "then systemctl start gate-agent"
    )


def test_a_gate_that_was_installed_by_pip_is_refused_before_a_file_is_unpacked(
    packages: dict[str, Path],
) -> None:
    with new_machine(()) as machine:
        machine.ask("mkdir -p /opt/scenic-gate/bin")
        done = machine.install(packages["board"])
        assert "scenic-gate: /opt/scenic-gate was installed with pip" in done.stderr
        assert done.returncode != 0
        assert machine.run("ls /usr/lib/scenic-gate").returncode != 0


def test_one_machine_is_not_both(board: Machine, packages: dict[str, Path]) -> None:
    assert board.install(packages["centre"]).returncode != 0
    assert runs(board) == "1.0.0"
    board.ask("dpkg --remove scenic-gate")
    # A centre that the playbook has installed is in no list of dpkg's.
    board.ask("mkdir -p /opt/scenic-gate/current/bin; cd /opt/scenic-gate; ln -s current/bin bin")
    board.ask("touch /opt/scenic-gate/bin/fleet-manager")
    done = board.install(packages["board"])
    assert "scenic-gate: this machine is a centre" in done.stderr


# --- upgrade -------------------------------------------------------------------------------------


def test_an_upgrade_keeps_the_release_before_for_going_back(board: Machine, package: Maker) -> None:
    before = board.ask("readlink /opt/scenic-gate/current")
    assert board.install(package("2.0.0", 8)).returncode == 0
    assert runs(board) == "2.0.0"
    assert board.ask("readlink /opt/scenic-gate/previous") == before
    assert board.ask("/opt/scenic-gate/previous/bin/gate-agent").strip() == "1.0.0"


def test_the_same_package_again_changes_nothing(board: Machine, packages: dict[str, Path]) -> None:
    assert "unchanged 1.0.0-" in board.install(packages["board"]).stdout


def test_a_newer_release_that_an_update_has_brought_stays(
    board: Machine, package: Maker, packages: dict[str, Path]
) -> None:
    newer = package("3.0.0", 9)
    board.ask("mkdir /tmp/update")
    (board.share / "update.deb").write_bytes(newer.read_bytes())
    board.ask("dpkg-deb -x /mnt/update.deb /tmp/update")
    folder = "/tmp/update/usr/lib/scenic-gate/release"
    board.ask(f"/usr/bin/python3 -I {folder}/install.pyz {folder}")
    done = board.install(package("2.0.0", 8))
    assert "kept 3.0.0-" in done.stdout
    assert (board.state("scenic-gate"), runs(board)) == ("ii", "3.0.0")


def test_who_installs_an_older_package_gets_its_release(
    board: Machine, package: Maker, packages: dict[str, Path]
) -> None:
    assert board.install(package("2.0.0", 8)).returncode == 0
    assert board.install(packages["board"]).returncode == 0
    assert runs(board) == "1.0.0"


def test_a_release_that_does_not_fit_is_refused_and_what_ran_runs_on(
    board: Machine, package: Maker
) -> None:
    board.ask(ENROLLED)
    done = board.install(package("2.1.0", 8, check=78))
    assert done.returncode != 0
    assert "install.pyz: gate-agent of 2.1.0-" in done.stderr
    assert "Traceback" not in done.stderr
    assert board.state("scenic-gate") == "iF"
    assert "1.0.0-" in board.ask("readlink /opt/scenic-gate/current")
    board.ask("rm /etc/scenic-gate/gate.toml")
    assert board.dpkg("--configure", "scenic-gate").returncode == 0
    assert "2.1.0-" in board.ask("readlink /opt/scenic-gate/current")


def test_an_update_on_trial_ends_before_a_package_installs(board: Machine, package: Maker) -> None:
    board.ask("mkdir -p /var/lib/scenic-gate-update; touch /var/lib/scenic-gate-update/lock")
    # A minute passes at once.
    board.ask("printf '#!/bin/sh\\nexec /usr/bin/flock --nonblock 9\\n' >/usr/sbin/flock")
    board.ask("chmod +x /usr/sbin/flock")
    newer = package("2.0.0", 8)
    (board.share / newer.name).write_bytes(newer.read_bytes())
    done = board.run(
        "/usr/bin/flock /var/lib/scenic-gate-update/lock "
        f"dpkg --force-depends --install /mnt/{newer.name}"
    )
    assert "an update is on trial on this board" in done.stderr
    assert board.state("scenic-gate") == "iF"
    assert runs(board) == "1.0.0"
    assert board.dpkg("--configure", "scenic-gate").returncode == 0
    assert runs(board) == "2.0.0"


def test_a_unit_that_a_person_has_disabled_stays_disabled(board: Machine, package: Maker) -> None:
    board.ask("systemctl disable gate-agent.service")
    assert board.install(package("2.0.0", 8)).returncode == 0
    assert board.run("systemctl is-enabled gate-agent.service").stdout.strip() == "disabled"


# --- remove and purge ----------------------------------------------------------------------------


def test_remove_takes_the_programs_and_keeps_settings_keys_and_journal(board: Machine) -> None:
    board.ask(ENROLLED)
    assert board.dpkg("--remove", "scenic-gate").returncode == 0
    assert board.state("scenic-gate") == "rc"
    kept = "/etc/scenic-gate/gate.toml /etc/scenic-gate/identity/key.pem"
    board.ask(f"ls {kept} {JOURNAL}/journal.db")
    assert board.run("ls -d /opt/scenic-gate /usr/bin/gate-agent /usr/lib/scenic-gate").stdout == ""


def test_a_board_that_was_removed_is_itself_again_when_the_package_comes_back(
    board: Machine, packages: dict[str, Path]
) -> None:
    board.ask(ENROLLED)
    board.dpkg("--remove", "scenic-gate")
    assert "not a gate yet" not in board.install(packages["board"]).stdout
    assert runs(board) == "1.0.0"
    assert board.ask("cat /etc/scenic-gate/identity/key.pem") == "key\n"


def gone(machine: Machine) -> bool:
    """Return whether nothing of a board is left."""
    paths = "/etc/scenic-gate /var/lib/scenic-gate /var/lib/scenic-gate-update /opt/scenic-gate"
    links = "/etc/systemd/system/multi-user.target.wants/gate-agent.service"
    return machine.run(f"ls -d {paths} {links}").stdout == ""


@pytest.mark.parametrize("steps", [["--purge"], ["--remove", "--purge"]])
def test_purge_takes_everything_when_the_centre_has_every_record(
    board: Machine, package: Maker, steps: list[str]
) -> None:
    assert board.install(package("2.0.0", 8, word=SENT)).returncode == 0
    board.ask(ENROLLED)
    for step in steps:
        done = board.dpkg(step, "scenic-gate")
        assert (done.returncode, done.stderr) == (0, "")
    assert board.state("scenic-gate") in ("", "un")
    assert gone(board)


def test_purge_takes_everything_where_nothing_was_ever_recorded(board: Machine) -> None:
    assert board.dpkg("--purge", "scenic-gate").returncode == 0
    assert gone(board)


def stays(machine: Machine) -> None:
    """Purge the board: journal and keys stay, and one line says so."""
    done = machine.dpkg("--purge", "scenic-gate")
    assert done.returncode == 0
    [line] = done.stderr.splitlines()
    assert line == (
        "scenic-gate: the journal may hold passages that the centre has not received: "
        "/var/lib/scenic-gate stays, and /etc/scenic-gate with the keys; "
        "install the package again to send them, or remove both folders"
    )
    machine.ask("cat /etc/scenic-gate/gate.toml /etc/scenic-gate/identity/key.pem")


def test_purge_keeps_a_journal_with_records_that_wait(board: Machine, package: Maker) -> None:
    assert board.install(package("2.0.0", 8, word=WAITING)).returncode == 0
    board.ask(ENROLLED)
    stays(board)


def test_purge_keeps_a_journal_that_cannot_be_read(board: Machine) -> None:
    board.ask(ENROLLED)
    stays(board)


def test_purge_keeps_the_keys_of_a_journal_that_lies_elsewhere(board: Machine) -> None:
    board.ask(f"{ENROLLED}\nmv {JOURNAL}/journal.db /srv")
    board.ask("echo 'data = \"/srv\"' >>/etc/scenic-gate/gate.toml")
    stays(board)


def test_purge_takes_the_keys_of_a_gate_that_has_recorded_nothing(board: Machine) -> None:
    board.ask(f"{ENROLLED}\nrm {JOURNAL}/journal.db")
    board.ask(f"echo 'data = \"{JOURNAL}\"' >>/etc/scenic-gate/gate.toml")
    assert board.dpkg("--purge", "scenic-gate").stderr == ""
    assert gone(board)


def test_purge_keeps_a_journal_that_an_update_has_put_aside(board: Machine, package: Maker) -> None:
    assert board.install(package("2.0.0", 8, word=SENT)).returncode == 0
    board.ask(f"{ENROLLED}\ntouch {JOURNAL}/journal.db.of-9.9.9-0123456789ab")
    stays(board)


def test_purge_keeps_a_journal_that_was_written_after_the_removal(
    board: Machine, package: Maker
) -> None:
    assert board.install(package("2.0.0", 8, word=SENT)).returncode == 0
    board.ask(ENROLLED)
    board.dpkg("--remove", "scenic-gate")
    board.ask(f"touch -d 'now + 1 minute' {JOURNAL}/journal.db")
    stays(board)


def test_purge_never_takes_the_parks_keys_and_database(centre: Machine) -> None:
    centre.ask("touch /var/lib/scenic-gate-centre/centre.toml /var/backups/scenic-gate/a.tar.gz")
    done = centre.dpkg("--purge", "scenic-gate-centre")
    assert done.returncode == 0
    [line] = done.stderr.splitlines()
    assert line.startswith("scenic-gate-centre: /var/lib/scenic-gate-centre, with the park's keys")
    centre.ask("ls /var/lib/scenic-gate-centre/centre.toml /var/backups/scenic-gate/a.tar.gz")


def test_purge_of_a_centre_without_a_park_leaves_nothing(centre: Machine) -> None:
    done = centre.dpkg("--purge", "scenic-gate-centre")
    assert (done.returncode, done.stderr) == (0, "")
    paths = "/var/lib/scenic-gate-centre /var/backups/scenic-gate /opt/scenic-gate"
    assert centre.run(f"ls -d {paths} /etc/systemd/system/*/fleet-manager*").stdout == ""


def test_the_package_is_the_release_that_the_machine_runs(
    board: Machine, debian_release: Path
) -> None:
    current = board.ask("readlink /opt/scenic-gate/current").strip()
    assert current == f"releases/{read_manifest(debian_release).name}"
