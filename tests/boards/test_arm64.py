"""The release for arm64, run by emulation: a check of correctness, and no word on speed.

Needs qemu-aarch64-static (Debian: qemu-user-static) in PATH. Nothing is registered in the kernel:
the emulator runs one Python, whose imports and check begin no other arm64 program. The bytecode,
which is the same for all processors, is compiled by the Python of a Debian 13 for this one.
"""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from deploy.release.build import build
from deploy.release.targets import read_target
from tests.boards.boards import BOOT, ROOT, Boards
from tests.boards.park import GATE_TOML

EMULATOR = shutil.which("qemu-aarch64-static")
TARGET = "board-313-aarch64"
LIBRARIES = "cbor2, cryptography, cv2, gpiozero, numpy, paho.mqtt.client, serial, zxingcpp"
MERGED = ("bin", "lib", "sbin")
NAMESPACE = ("unshare", "--mount", "--pid", "--fork")
COMPILE = """set -eu
mount --bind "$1" "$2/mnt"
exec env -u PYTHONDONTWRITEBYTECODE chroot "$2" python3 -m compileall -q -s /mnt \
    -x "/(tests?|idlelib)/" /mnt/opt/site /mnt/usr/lib/python3.13
"""
PYTHON = ("/emulator", "/usr/bin/python3", "-P")

pytestmark = pytest.mark.skipif(
    EMULATOR is None, reason="no qemu-aarch64-static in PATH (Debian: qemu-user-static)"
)


@pytest.fixture(scope="module")
def tree(folder: Path, disks: Path) -> Path:
    """Return the tree of a Debian 13 for arm64 with the release in it. Packages are unpacked alone:
    no program of theirs runs."""
    assert EMULATOR is not None
    made = folder / "arm64"
    shutil.rmtree(made, ignore_errors=True)
    made.parent.mkdir(exist_ok=True)
    done = subprocess.run(
        [BOOT, "unpack", "trixie", "arm64", "python3,libzbar0t64,libstdc++6,tzdata", made],
        env=os.environ | {"BOARDS_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in MERGED:
        (made / name).symlink_to(f"usr/{name}")
    (made / "proc").mkdir(exist_ok=True)
    shutil.copyfile(EMULATOR, made / "emulator")
    (made / "emulator").chmod(0o755)
    release = build(ROOT, folder / "arm64-release", [read_target(TARGET)], ROOT / "build/wheels")
    site = made / "opt/site"
    shutil.copytree(release / "packages", site)
    for wheel in (release / "wheels").iterdir():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
    native = Boards(disks / "arm64-booted", 0).tree("trixie")
    words = ["unshare", "--mount", "sh", "-c", COMPILE, "--", str(made), str(native)]
    subprocess.run(words, check=True)
    return made


def run(tree: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": "/opt/site", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [*NAMESPACE, f"--mount-proc={tree}/proc", "chroot", str(tree), *PYTHON, *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_library_of_a_board_is_imported_on_arm64(tree: Path) -> None:
    ours = "gate_agent.__main__, gate_agent.daemon"
    script = f"import platform, {ours}, {LIBRARIES}; print(platform.machine())"
    done = run(tree, "-c", script)
    assert done.stdout == "aarch64\n", done.stderr


def test_a_gate_checks_itself_on_arm64(tree: Path) -> None:
    """It has no enrolment and no scanner: the sheet says so."""
    (tree / "etc/scenic-gate").mkdir()
    (tree / "etc/scenic-gate/gate.toml").write_text(GATE_TOML)
    (tree / "var/lib/scenic-gate").mkdir()
    words = ("-m", "gate_agent", "check", "--no-input", "--json")
    done = run(tree, *words, "--config", "/etc/scenic-gate/gate.toml")
    assert done.returncode == 1, done.stderr
    rows = {row["part"]: row for row in json.loads(done.stdout)}
    assert {"clock", "journal", "identity"} <= set(rows), rows
    assert "Traceback" not in done.stdout + done.stderr
