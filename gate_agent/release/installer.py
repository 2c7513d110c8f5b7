"""Install a release folder beside what runs, and switch to it.

Standard library alone, with `manifest` and `store`: `install.pyz` of a release folder is these
three, and runs on a bare board before anything of ours is there. docs/releases.md says how to use
it.
"""

import argparse
import compileall
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from gate_agent.release.manifest import (
    MANIFEST_FILE,
    ReleaseError,
    ReleaseFile,
    ReleaseManifest,
    UnfitReleaseError,
    read_manifest,
    target_of,
    verify,
)
from gate_agent.release.store import ROOT, ReleaseStore, made_whole

GATE_TOML = Path("/etc/scenic-gate/gate.toml")
CENTRE_DATA = Path("/var/lib/scenic-gate-centre")
PROGRAMS = {
    "board": ("gate-agent", "gate_agent.__main__"),
    "centre": ("fleet-manager", "fleet_manager.__main__"),
}
"""For each role its command, and the module that it runs."""
_ROOM_FACTOR = 4
"""A wheel takes about four times its size when it is unpacked and compiled."""
CONFIGURATION_STATUS = 78
"""What a program of ours ends with when its configuration is wrong (sysexits.h: EX_CONFIG)."""


class Installer:
    """Installs releases of a role into a store. `say`: receives one line for each step.
    `settings`: the board's gate.toml. `data`: the centre's data folder. `backup_done`: there is a
    backup of the centre's PostgreSQL database."""

    def __init__(
        self,
        store: ReleaseStore,
        role: str,
        say: Callable[[str], None],
        settings: Path = GATE_TOML,
        *,
        data: Path = CENTRE_DATA,
        backup_done: bool = False,
    ) -> None:
        self.store = store
        self._command, self._module = PROGRAMS[role]
        self._role = role
        self._target = target_of(role)
        self._say = say
        self._settings = settings
        self._data = data
        self._backup_done = backup_done

    def unpack(self, folder: Path) -> ReleaseManifest:
        """Install a release beside what runs, without switching; return its manifest.

        Verifies every file first. A release that is here already is left as it is. Raises
        ReleaseError, UnfitReleaseError for one that cannot be imported; then nothing is here that
        was not here before.
        """
        manifest = read_manifest(folder)
        files = manifest.needed(self._target)
        if self.store.has(manifest.name):
            return manifest
        requirements = folder / "requirements" / f"{self._target}.txt"
        own = [file for file in files if not file.path.startswith("wheels/")]
        verify(folder, own)
        libraries = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
        if (self.store.libraries / libraries).is_dir():
            files = own  # the wheels need not be here again
        else:
            verify(folder, files)
        for name in self.store.clean():
            self._say(f"removed {name}: an installation that was interrupted")
        self._check_room(files)
        self._install_libraries(folder, requirements, libraries)
        self._say(f"installing {manifest.name}")
        with made_whole(self.store.releases / manifest.name) as part:
            self._fill(part, folder, files, libraries)
            self._write_command(part, manifest.name)
            python = str(part / "bin/python")
            try:
                _run([python, "-P", "-c", f"import {self._module}"], f"import {self._module}")
            except ReleaseError as error:
                raise UnfitReleaseError(f"{manifest.name} does not work here: {error}") from None
        return manifest

    def check(self, name: str) -> None:
        """Run an unpacked release: a board with a gate.toml must pass its own check, a centre's
        database must be one that it can use.

        A device at fault is no reason to refuse: no other release mends it. A sheet that was not
        written is, whatever the exit status: a traceback ends with 1 as well. Raises
        UnfitReleaseError, ReleaseError for a database.
        """
        if self._role == "centre" and (self._data / "centre.toml").is_file():
            self._check_database(name)
            return
        words = [str(self.store.releases / name / "bin" / self._command)]
        if self._role == "board" and self._settings.is_file():
            words += ["check", "--no-input", "--json", "--config", str(self._settings)]
        else:
            words += ["--version"]
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode and not (done.returncode == 1 and _is_sheet(done.stdout)):
            lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
            raise UnfitReleaseError(f"{self._command} of {name} does not work here: {lines[-1]}")

    def _check_database(self, name: str) -> None:
        """Ask the new release what it thinks of the database.

        An old one in SQLite is copied and upgraded by the first start; PostgreSQL by a person
        alone, so there a backup is demanded before the switch. Raises ReleaseError.
        """
        program = self.store.releases / name / "bin" / self._command
        owner = self._data.stat() if os.geteuid() == 0 else None  # no file of root's in there
        done = subprocess.run(
            [str(program), "--data", str(self._data), "database", "show", "--json"],
            user=None if owner is None else owner.st_uid,
            group=None if owner is None else owner.st_gid,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        try:
            shown = json.loads(done.stdout)
            state, database = str(shown["state"]), str(shown["database"])
        except (ValueError, KeyError, TypeError):
            lines = done.stderr.strip().splitlines() or ["no reason given"]
            raise ReleaseError(
                f"{self._command} of {name} cannot read the database: {lines[0]}"
            ) from None
        versions = f"it is of version {shown.get('version')}, {name} needs {shown.get('program')}"
        if state.partition(":")[0] not in ("fits", "old", "empty"):
            raise ReleaseError(
                f"{name} cannot use the database {database}: {state}; {versions}",
                "install the release that fits it, or put a backup back first (docs/upgrading.md)",
            )
        if state != "old":
            return
        if database.startswith("sqlite"):
            self._say(f"{versions}: the first start copies and upgrades it")
        elif not self._backup_done:
            raise ReleaseError(
                f"the database {database} has to be upgraded: {versions}",
                "make a backup with pg_dump, then add --backup-done here; after the switch: "
                "fleet-manager database upgrade --backup-done",
            )

    def _check_room(self, files: Sequence[ReleaseFile]) -> None:
        wanted = sum(file.size for file in files) * _ROOM_FACTOR
        free = shutil.disk_usage(self.store.root).free
        if free < wanted:
            raise ReleaseError(
                f"not enough room in {self.store.root}: {free >> 20} MiB are free, "
                f"{wanted >> 20} MiB are needed",
                "make room, or use a larger card",
            )

    def _install_libraries(self, folder: Path, requirements: Path, name: str) -> None:
        """Install other projects' packages unless they are here.

        pip verifies the hash of each wheel, and asks no network.
        """
        target = self.store.libraries / name
        if target.is_dir():
            return
        self._say(f"installing libraries {name}")
        with made_whole(target) as part:
            tools = part / "tools"
            _run([sys.executable, "-m", "venv", str(tools)], "make a virtual environment")
            words = [str(tools / "bin/python"), "-m", "pip", "--disable-pip-version-check"]
            words += ["--no-input", "install", "--quiet", "--no-index", "--no-deps"]
            words += ["--require-hashes", "--find-links", str(folder / "wheels")]
            words += ["--no-cache-dir", "--target", str(part / "packages"), "-r", str(requirements)]
            _run(words, "install the wheels")
            shutil.rmtree(tools)

    def _fill(self, part: Path, folder: Path, files: Sequence[ReleaseFile], libraries: str) -> None:
        words = [sys.executable, "-m", "venv", "--without-pip", "--system-site-packages"]
        _run([*words, str(part)], "make a virtual environment")
        [packages] = part.glob("lib/python*/site-packages")
        path = self.store.libraries / libraries / "packages"
        (packages / "libraries.pth").write_text(f"{path}\n")
        (part / "libraries").write_text(f"{libraries}\n")
        shutil.copyfile(folder / MANIFEST_FILE, part / MANIFEST_FILE)
        for file in files:
            kind, _, inner = file.path.partition("/")
            if kind == "packages":
                target = packages / inner
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder / file.path, target)
        # The daemon may not write here, and would compile every module at each start.
        compileall.compile_dir(str(packages), quiet=2, workers=1)

    def _write_command(self, part: Path, name: str) -> None:
        script = part / "bin" / self._command
        script.write_text(
            f"#!{self.store.releases / name}/bin/python\n"
            "import sys\n\n"
            f"from {self._module} import main\n\n"
            f"sys.argv[0] = {self._command!r}\n"
            "sys.exit(main())\n"
        )
        script.chmod(0o755)


def _is_sheet(text: str) -> bool:
    """Return whether `gate-agent check --json` wrote its sheet."""
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False


def _run(words: Sequence[str], act: str) -> None:
    """Run a program. Raises ReleaseError with the last line that it printed."""
    environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    done = subprocess.run(
        words,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if line.lstrip().startswith("ERROR")]
        raise ReleaseError(f"cannot {act}: {(errors or lines or ['no reason given'])[-1]}")


def say_on_stderr(line: str) -> None:
    """Print a step: standard output holds the result alone."""
    print(line, file=sys.stderr)


def install(
    installer: Installer, folder: Path, *, switch: bool = True, keep_newer: bool = False
) -> str:
    """Install a release folder; return what was done: `unchanged`, `unpacked`, `switched` or
    `kept`, and the name. `keep_newer`: leave a release that runs and has a higher sequence, which
    an update may have brought. Raises ReleaseError or OSError."""
    store = installer.store
    with store.locked():
        manifest = read_manifest(folder)
        name = manifest.name
        if keep_newer and _sequence_of(store, store.current) > manifest.sequence:
            return f"kept {store.current}: {name} is older"
        if switch and name == store.current and store.has(name):
            store.switch(name)  # mends a link that a power cut left out
            store.mark_healthy(name)
            return f"unchanged {name}"
        installer.unpack(folder)
        installer.check(name)
        if not switch:
            return f"unpacked {name}"
        store.switch(name)
        store.mark_healthy(name)  # whoever installs by hand answers for it
        store.remove_old()
    return f"switched {name}"


def _sequence_of(store: ReleaseStore, name: str) -> int:
    """Return the sequence of an installed release, -1 where none is."""
    try:
        return read_manifest(store.releases / name).sequence
    except ReleaseError:
        return -1


def _whole_listing(folder: Path, target: str, part: str) -> Sequence[str]:
    """Return the paths to copy. Raises ReleaseError unless all of them are here, unchanged."""
    manifest = read_manifest(folder)
    paths = manifest.listing(target, part)
    listed = set(paths)
    verify(folder, [file for file in manifest.files if file.path in listed])
    return paths


def main(arguments: Sequence[str] | None = None) -> int:
    """Install a release; return the exit status: 0 done, 1 refused, with one sentence."""
    parser = argparse.ArgumentParser(prog="install.pyz", description="Install a release.")
    parser.add_argument("folder", type=Path, help="the release folder")
    parser.add_argument("--role", choices=sorted(PROGRAMS), default="board")
    parser.add_argument("--root", type=Path, default=ROOT, help=f"default: {ROOT}")
    parser.add_argument("--no-switch", action="store_true", help="unpack and check, no more")
    parser.add_argument(
        "--keep-newer", action="store_true", help="do nothing where a newer release runs"
    )
    parser.add_argument("--data", type=Path, default=CENTRE_DATA, help="of a centre")
    parser.add_argument(
        "--backup-done", action="store_true", help="there is a backup of the centre's PostgreSQL"
    )
    parser.add_argument("--target", help="as board-311-aarch64; this machine if not given")
    parser.add_argument("--list", choices=["own", "wheels"], help="print which files to copy")
    given = parser.parse_args(arguments)
    try:
        if given.list:
            target = given.target or target_of(given.role)
            print("\n".join(_whole_listing(given.folder, target, given.list)))
        else:
            installer = Installer(
                ReleaseStore(given.root),
                given.role,
                say_on_stderr,
                data=given.data,
                backup_done=given.backup_done,
            )
            done = install(
                installer,
                given.folder,
                switch=not given.no_switch,
                keep_newer=given.keep_newer,
            )
            print(done)
    except ReleaseError as error:
        print(f"install.pyz: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"install.pyz: cannot install: {error}", file=sys.stderr)
        return 1
    return 0
