"""This machine once more, without a network: an overlay that dpkg may change as it likes."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
"""An overlay's upper layer may not lie in its lower one."""
_ENTER = """
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" machine "$2/root"
mount -t proc proc "$2/root/proc"
mount -t tmpfs tmpfs "$2/root/run"
mount --rbind /dev "$2/root/dev"
mount --bind "$3" "$2/root/mnt"
exec chroot "$2/root" sh -c "$4"
"""
_LIFE_S = 300


def why_none() -> str:
    """Return why no copy of this machine can be had, '' if it can."""
    for program in ("dpkg", "unshare", "systemd-sysusers", "deb-systemd-helper", "runuser"):
        if shutil.which(program) is None:
            return f"{program} is not here"
    if os.geteuid() != 0:
        return "only root mounts an overlay"
    words = ["/usr/bin/python3", "-c", "import ensurepip, sys; print(sys.version_info[:2])"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError:
        return "Debian's python3 is not here"
    if done.stdout.strip() != str(sys.version_info[:2]):
        return f"Debian's python3 has no venv, or is not of {sys.version_info[:2]}"
    with new_machine(()) as machine:
        return "" if machine.run("true").returncode == 0 else "no overlay can be mounted here"


class Machine:
    """A copy of this machine in `folder`. `layers`: what other copies have changed, the newest
    first. `/mnt` in it is `share` of this machine."""

    def __init__(self, folder: Path, layers: tuple[Path, ...]) -> None:
        self.folder = folder
        self._layers = layers
        self.share = folder / "share"
        for name in ("upper", "work", "root", "share"):
            (folder / name).mkdir()

    @property
    def layers(self) -> tuple[Path, ...]:
        """Return what another copy begins with that goes on from this one."""
        return (self.folder / "upper", *self._layers)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a shell script on it, without a network and without systemd."""
        lower = ":".join(map(str, (*self._layers, "/")))
        words = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-ec"]
        return subprocess.run(
            [*words, _ENTER, "sh", lower, str(self.folder), str(self.share), script],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LIFE_S,
            check=False,
        )

    def ask(self, script: str) -> str:
        """Run a script that must succeed; return what it printed."""
        done = self.run(script)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def dpkg(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run dpkg; packages that ours depend on need not be there."""
        return self.run(f"dpkg --force-depends {' '.join(words)}")

    def install(self, package: Path) -> subprocess.CompletedProcess[str]:
        """Install a package."""
        shutil.copy(package, self.share)
        return self.dpkg("--install", f"/mnt/{package.name}")

    def state(self, package: str) -> str:
        """Return a package's state, as `ii` or `iF`; '' if dpkg does not know it."""
        words = "dpkg-query --show --showformat='${db:Status-Abbrev}'"
        return self.run(f"{words} {package}").stdout.strip()


@contextmanager
def new_machine(layers: tuple[Path, ...]) -> Iterator[Machine]:
    """Give a copy of this machine that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="scenic-gate-machine-") as folder:
        yield Machine(Path(folder), layers)
