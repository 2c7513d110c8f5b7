"""Make a release folder from the source tree: our packages, others' wheels, a manifest, and the
installer. `gate_agent/release/manifest.py` describes the folder."""

import os
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from deploy.release import wheels
from deploy.release.errors import BuildError
from deploy.release.targets import ROLES, Target
from gate_agent.release.manifest import MANIFEST_FILE, ReleaseFile, ReleaseManifest, digest_of

INSTALLER = "install.pyz"
INSTALLER_MODULES = ("__init__", "release/__init__", "release/manifest", "release/store",
                      "release/installer")  # fmt: skip
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_MAIN = "import sys\n\nfrom gate_agent.release.installer import main\n\nsys.exit(main())\n"


def build(
    root: Path,
    out: Path,
    targets: Sequence[Target],
    cache: Path,
    *,
    version: str | None = None,
    sequence: int | None = None,
) -> Path:
    """Make a release of the source tree `root` in a new folder under `out`; return that folder.

    `cache`: where downloaded wheels are kept. `version` and `sequence`: those of pyproject.toml and
    the number of commits unless given. The same tree gives the same digest. Raises BuildError.
    """
    version = version or project_version(root)
    sequence = count_commits(root) if sequence is None else sequence
    part = out / "release.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    files: list[ReleaseFile] = []
    for path, roles in our_files(root):
        inner = f"packages/{path[1]}"
        _copy(path[0], part / inner)
        files.append(_listed(part, inner, roles))
    inner = f"packages/scenic_gate-{version}.dist-info/METADATA"
    (part / inner).parent.mkdir()
    (part / inner).write_text(f"Metadata-Version: 2.1\nName: scenic-gate\nVersion: {version}\n")
    files.append(_listed(part, inner, list(ROLES)))
    used: dict[str, list[str]] = {}
    for target in targets:
        found = wheels.download(root, target, cache)
        inner = f"requirements/{target}.txt"
        (part / inner).parent.mkdir(exist_ok=True)
        (part / inner).write_text(wheels.requirements(found))
        files.append(_listed(part, inner, [str(target)]))
        for wheel in found:
            _copy(wheel, part / "wheels" / wheel.name)
            used.setdefault(wheel.name, []).append(str(target))
    files += [_listed(part, f"wheels/{name}", names) for name, names in used.items()]
    write_installer(root, part / INSTALLER)
    files.append(_listed(part, INSTALLER, []))
    made = _now().strftime("%Y-%m-%dT%H:%M:%SZ")
    ordered = tuple(sorted(files, key=lambda file: file.path))
    manifest = ReleaseManifest(version, sequence, made, ordered, digest_of(ordered))
    (part / MANIFEST_FILE).write_bytes(manifest.to_json())
    return _put(part, out, manifest)


def _now() -> datetime:
    """Return the time, or that of SOURCE_DATE_EPOCH for a folder that is the same each time
    (https://reproducible-builds.org/specs/source-date-epoch/). Raises BuildError."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        return datetime.now(UTC)
    if not given.isascii() or not given.isdecimal():
        raise BuildError(f"SOURCE_DATE_EPOCH: {given!r} is no number of seconds since 1970")
    return datetime.fromtimestamp(int(given), UTC)


def _put(part: Path, out: Path, manifest: ReleaseManifest) -> Path:
    folder = out / f"scenic-gate-{manifest.name}"
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    return folder


def our_files(root: Path) -> Iterator[tuple[tuple[Path, str], list[str]]]:
    """Yield each file of our packages, with its path in site-packages and the roles that need it.

    The files for boards are installed inside the gate's package, as a wheel has them.
    """
    for package in ("gate_agent", "fleet_manager"):
        roles = [role for role, (_lock, packages) in ROLES.items() if package in packages]
        for path in sorted((root / package).rglob("*")):
            if _is_source(path):
                yield (path, str(path.relative_to(root))), roles
    for path in sorted((root / "firmware_config").rglob("*")):
        if _is_source(path):
            yield (path, f"gate_agent/{path.relative_to(root)}"), list(ROLES)


def _is_source(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".pyc", ".so")


def write_installer(root: Path, target: Path) -> None:
    """Write the installer: modules of the standard library alone, in one file that Python runs."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        texts = {"__main__.py": _MAIN}
        for name in INSTALLER_MODULES:
            path = f"gate_agent/{name}.py"
            texts[path] = (root / path).read_text("utf-8")
        for name, text in texts.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), text, zipfile.ZIP_DEFLATED)


def project_version(root: Path) -> str:
    """Return the version in pyproject.toml."""
    document = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    version: str = document["project"]["version"]
    return version


def count_commits(root: Path) -> int:
    """Return how many commits the tree's history has: it grows with every release. Raises
    BuildError where there is no history."""
    words = ["git", "-C", str(root), "rev-list", "--count", "HEAD"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{root} has no git history: give --sequence, higher than the last one")
    return int(done.stdout)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _listed(folder: Path, path: str, used_by: Sequence[str]) -> ReleaseFile:
    data = (folder / path).read_bytes()
    return ReleaseFile(path, sha256(data).hexdigest(), len(data), tuple(sorted(used_by)))
