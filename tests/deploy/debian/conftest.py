"""Releases of a tiny program with the real files for boards, and their packages."""

import shutil
from pathlib import Path

import pytest

from deploy.debian.build import build_all
from deploy.debian.layout import ARCHITECTURES, LAYOUTS
from tests.deploy import tiny_release

WHOSE = "A Park <tech@park.example>"


def make_release(out: Path, version: str, sequence: int, *, check: int = 0, word: str = "") -> Path:
    """Return a release folder for this machine. `check`: exit status of its `gate-agent check`.
    `word`: what its program prints, else its version."""
    firmware = out / "sources/firmware_config"
    shutil.rmtree(firmware, ignore_errors=True)
    shutil.copytree(
        tiny_release.ROOT / "firmware_config",
        firmware,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return tiny_release.make(out, version, sequence, check=check, word=word)


def make_packages(release: Path, out: Path, *roles: str) -> dict[str, Path]:
    """Return the packages of a release by role."""
    made = build_all(release, out, roles or sorted(LAYOUTS), set(ARCHITECTURES.values()), WHOSE)
    return {"centre" if "centre" in file.name else "board": file for file in made}


@pytest.fixture(scope="session")
def debian_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a release folder for this machine."""
    return make_release(tmp_path_factory.mktemp("release"), "1.0.0", 7)


@pytest.fixture(scope="session")
def packages(debian_release: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the packages of that release by role."""
    return make_packages(debian_release, tmp_path_factory.mktemp("packages"))
