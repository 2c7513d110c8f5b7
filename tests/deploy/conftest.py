"""A centre with its door, and a board with a tiny release installed, once for all tests here."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate_agent.release.installer import install
from gate_agent.release.store import ReleaseStore
from tests.deploy import tiny_release
from tests.deploy.tiny_release import board_installer
from tests.deploy.update_rig import Rig, a_centre, an_open_door


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Unsigned release folders by name."""
    out = tmp_path_factory.mktemp("releases")
    make = tiny_release.make
    return {
        "1.0.0": make(out, "1.0.0", 1),
        "2.0.0": make(out, "2.0.0", 2),
        "3.0.0": make(out, "3.0.0", 3),
        "old": make(out, "0.9.0", 0),
        "refuses": make(out, "2.1.0", 4, check=78, word="gate.toml: no such key"),
        "check crashes": make(out, "2.1.1", 4, check=-1, word="planted"),
        "does not import": make(out, "2.1.2", 4, main="import no_such_library\n"),
        "journal": make(out, "2.2.0", 5, journal=2),
        "library": make(out, "2.3.0", 6, library="1.1"),
        "large": make(out, "2.4.0", 7, word="x" * 200_000),
        "next": make(out, "4.0.0", 8, library="1.1"),
    }


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, releases: dict[str, Path]) -> Path:
    """A board's folder; `root` in it has 1.0.0 installed, as `template` has for ever."""
    folder = tmp_path_factory.mktemp("board")
    install(board_installer(ReleaseStore(folder / "root")), releases["1.0.0"])
    shutil.copytree(folder / "root", folder / "template", symlinks=True)
    return folder


@pytest.fixture
def rig(installed: Path, releases: dict[str, Path], tmp_path: Path) -> Iterator[Rig]:
    """A board that runs 1.0.0, and a centre that wishes nothing."""
    shutil.rmtree(installed / "identity", ignore_errors=True)
    with a_centre(tmp_path) as centre, an_open_door(centre) as port:
        shutil.copytree(tmp_path / "identity", installed / "identity")
        (installed / "gate.toml").write_text("")
        made = {name: shutil.copytree(path, tmp_path / name) for name, path in releases.items()}
        board = Rig(
            centre, installed, installed / "template", tmp_path / "release-key.pem", port, made
        )
        board.reset()
        yield board
