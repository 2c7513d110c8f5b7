"""Make a Debian package of a release folder. The same folder gives the same bytes."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from deploy.debian.control import COPYRIGHT, changelog, control, debian_version
from deploy.debian.layout import ARCHITECTURES, FIRMWARE, LAYOUTS, Layout
from deploy.release.errors import BuildError
from gate_agent.release.manifest import (
    MANIFEST_FILE,
    SIGNATURE_FILE,
    ReleaseFile,
    ReleaseManifest,
    read_manifest,
    verify,
)

SCRIPTS = Path(__file__).parent
MAINTAINER_SCRIPTS = ("preinst", "postinst", "prerm", "postrm")
_LOCAL_PROGRAM = re.compile(r"/usr/local/s?bin/([\w.-]+)")


def machines_of(manifest: ReleaseManifest, role: str) -> dict[str, list[str]]:
    """Return the processors that a release was made for in a role, each with its Pythons."""
    found: dict[str, list[str]] = {}
    for target in manifest.targets:
        name, python, machine = target.split("-")
        if name == role and machine in ARCHITECTURES:
            found.setdefault(machine, []).append(python)
    return found


def build_all(
    release: Path, out: Path, roles: Collection[str], architectures: Collection[str], whose: str
) -> Iterator[Path]:
    """Make every package that a release folder has the files for, and yield each.

    `whose`: the maintainer. Raises BuildError, also where there is none; ReleaseError or OSError.
    """
    manifest = read_manifest(release)
    chosen = [
        (LAYOUTS[role], machine)
        for role in roles
        for machine in machines_of(manifest, role)
        if ARCHITECTURES[machine] in architectures
    ]
    if not chosen:
        raise BuildError(
            f"release {manifest.name} has nothing for these packages: "
            f"it was made for {', '.join(manifest.targets) or 'no target'}"
        )
    for layout, machine in chosen:
        yield build(release, out, layout, machine, whose)


def build(release: Path, out: Path, layout: Layout, machine: str, maintainer: str) -> Path:
    """Make the package of a layout for a processor in `out`, and return its file.

    `release`: a release folder; every file of it that is taken is verified first. Raises
    BuildError, ReleaseError or OSError.
    """
    manifest = read_manifest(release)
    pythons = machines_of(manifest, layout.role).get(machine)
    if pythons is None:
        raise BuildError(f"release {manifest.name} was not made for a {layout.role} on {machine}")
    files = _needed(manifest, [f"{layout.role}-{python}-{machine}" for python in pythons])
    verify(release, files)
    architecture = ARCHITECTURES[machine]
    out.mkdir(parents=True, exist_ok=True)
    package = out / f"{layout.name}_{debian_version(manifest)}_{architecture}.deb"
    with tempfile.TemporaryDirectory(dir=out, prefix=".package-") as folder:
        tree = Path(folder, "tree")
        _fill(tree, release, layout, files)
        _write(tree / f"usr/share/doc/{layout.name}/copyright", COPYRIGHT.encode())
        log = changelog(layout, manifest, maintainer)
        _write(tree / f"usr/share/doc/{layout.name}/changelog.gz", log)
        text = control(
            layout,
            manifest,
            architecture,
            pythons,
            maintainer=maintainer,
            size_kib=_size_kib(tree),
        )
        _write_control(tree, layout, text)
        part = Path(folder, "package.deb")
        _pack(tree, part, manifest)
        part.replace(package)
    return package


def _needed(manifest: ReleaseManifest, targets: Sequence[str]) -> list[ReleaseFile]:
    """Return the files that any of the targets needs."""
    needed = {file.path: file for target in targets for file in manifest.needed(target)}
    return [needed[path] for path in sorted(needed)]


def _fill(tree: Path, release: Path, layout: Layout, files: Sequence[ReleaseFile]) -> None:
    for path in (MANIFEST_FILE, SIGNATURE_FILE, *(file.path for file in files)):
        if (release / path).is_file():
            _write(tree / layout.release / path, (release / path).read_bytes())
    for source, target in layout.files.items():
        text = _firmware(release, source).decode()
        _write(tree / target, _LOCAL_PROGRAM.sub(rf"/{layout.folder}/\1", text).encode())
    for source, name in layout.programs.items():
        _write(tree / layout.folder / name, _firmware(release, source), 0o755)
    command = tree / "usr/bin" / layout.command
    command.parent.mkdir(parents=True)
    command.symlink_to(f"/opt/scenic-gate/bin/{layout.command}")
    overrides = SCRIPTS / layout.role / "lintian-overrides"
    _write(tree / "usr/share/lintian/overrides" / layout.name, overrides.read_bytes())


def _firmware(release: Path, name: str) -> bytes:
    try:
        return (release / FIRMWARE / name).read_bytes()
    except FileNotFoundError:
        raise BuildError(
            f"{release} has no {FIRMWARE}/{name}: make the release of these sources again"
        ) from None


def _write_control(tree: Path, layout: Layout, text: str) -> None:
    sums = "".join(
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  "
        f"{path.relative_to(tree)}\n"
        for path in _files(tree)
    )
    _write(tree / "DEBIAN/control", text.encode())
    _write(tree / "DEBIAN/md5sums", sums.encode())
    for name in MAINTAINER_SCRIPTS:
        _write(tree / "DEBIAN" / name, (SCRIPTS / layout.role / name).read_bytes(), 0o755)


def _write(path: Path, data: bytes, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)


def _files(tree: Path) -> Iterator[Path]:
    """Yield the files of a tree, in the order of their names."""
    return (path for path in sorted(tree.rglob("*")) if path.is_file() and not path.is_symlink())


def _size_kib(tree: Path) -> int:
    """Return the room that a tree takes, as Policy 5.6.20 counts it."""
    paths = list(tree.rglob("*"))
    return sum(-(-path.lstat().st_size // 1024) if path.is_file() else 1 for path in paths)


def _pack(tree: Path, package: Path, manifest: ReleaseManifest) -> None:
    """Pack a tree, in the release's own time unless SOURCE_DATE_EPOCH says another. Raises
    BuildError."""
    made = datetime.strptime(manifest.made, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or f"{int(made.timestamp())}"
    for path in (tree, *tree.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
        os.utime(path, (int(epoch), int(epoch)), follow_symlinks=False)
    # Wheels are compressed: more than this costs minutes for 8 % of the size.
    words = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--uniform-compression"]
    if shutil.which(words[0]) is None:
        raise BuildError("cannot pack: dpkg-deb is not here; Debian and its relatives have it")
    done = subprocess.run(
        [*words, "--build", str(tree), str(package)],
        env=os.environ | {"SOURCE_DATE_EPOCH": epoch},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise BuildError(f"dpkg-deb cannot make {package.name}: {lines[-1]}")
