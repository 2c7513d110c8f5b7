"""Download the wheels of a lock for a kind of machine, and list them with their hashes."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from packaging.utils import parse_wheel_filename

from deploy.release.errors import BuildError
from deploy.release.targets import DISTRIBUTION, ROLES, Target

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(?===)")


def without_distribution(lock: str) -> str:
    """Return a lock's text without the packages that the distribution brings."""
    kept: list[str] = []
    keep = True
    for line in lock.splitlines():
        if name := _NAME.match(line):
            keep = name[0] not in DISTRIBUTION
        if keep:
            kept.append(line)
    return "\n".join(kept) + "\n"


def download(root: Path, target: Target, cache: Path) -> list[Path]:
    """Return the wheels of a target's lock, downloaded into `cache` unless they are there.

    `root`: the source tree. pip verifies the lock's hashes. Raises BuildError.
    """
    lock = without_distribution((root / "locks" / f"{ROLES[target.role][0]}.txt").read_text())
    folder = cache / f"{target}-{sha256(lock.encode()).hexdigest()[:12]}"
    if not folder.is_dir():
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        file = part / "lock.txt"
        file.write_text(lock)
        _pip_download(target, file, part)
        file.unlink()
        part.rename(folder)
    return sorted(folder.glob("*.whl"))


def _pip_download(target: Target, lock: Path, folder: Path) -> None:
    words = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download"]
    words += ["--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    words += ["--progress-bar", "off", "--implementation", "cp", "--python-version", target.python]
    for tag in target.platforms:
        words += ["--platform", tag]
    done = subprocess.run(
        [*words, "--dest", str(folder), "-r", str(lock)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        reason = (lines or done.stderr.splitlines() or ["no reason given"])[-1]
        raise BuildError(f"cannot download the wheels of {target}: {reason}")


def requirements(wheels: Sequence[Path]) -> str:
    """Return a requirements file that allows exactly these wheels, each by its hash."""
    lines = []
    for path in wheels:
        name, version, _build, _tags = parse_wheel_filename(path.name)
        lines.append(f"{name}=={version} --hash=sha256:{sha256(path.read_bytes()).hexdigest()}")
    return "\n".join(sorted(lines)) + "\n"
