"""What an update that changes one module costs a board, in bytes from the centre's door."""

import shutil
import tempfile
from pathlib import Path

from deploy.release.build import build, count_commits
from deploy.release.errors import BuildError
from deploy.release.targets import every_target, this_machine
from gate_agent.release.installer import Installer, install
from gate_agent.release.manifest import read_manifest
from gate_agent.release.store import ReleaseStore
from gate_agent.update.update import Updater
from tests.bench.figures import Absent, Figure, measure
from tests.deploy.update_rig import Rig, a_centre, an_open_door

ROOT = Path(__file__).parents[4]
_SOURCES = ("gate_agent", "fleet_manager", "firmware_config", "locks")
_CHANGED = "gate_agent/actor/judge.py"


@measure("update_bytes_one_module")
def bytes_of_one_module() -> dict[str, Figure]:
    """Build this tree as two releases that differ in one module, install the first, and let a board
    update itself from a real door."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tree = folder / "tree"
        for name in _SOURCES:
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copyfile(ROOT / "pyproject.toml", tree / "pyproject.toml")
        first = _build(tree, folder, 1)
        with (tree / _CHANGED).open("a") as module:
            module.write("# changed\n")
        second = _build(tree, folder, 2)
        board = folder / "board"
        installer = Installer(
            ReleaseStore(board / "root"), "board", lambda _line: None, board / "no-gate.toml"
        )
        install(installer, first)
        with a_centre(folder) as centre, an_open_door(centre) as port:
            shutil.copytree(folder / "identity", board / "identity")
            shutil.copytree(board / "root", folder / "template", symlinks=True)
            key = folder / "release-key.pem"
            rig = Rig(centre, board, folder / "template", key, port, {"second": second})
            rig.reset()
            rig.wish("second")
            site = rig.site()
            said = Updater(site).run()
        if not said.endswith("runs well"):
            raise AssertionError(said)
        size = (second / _CHANGED.join(("packages/", ""))).stat().st_size
        files = len(read_manifest(second).files)
    return {
        "update_bytes_one_module": Figure(
            site.client.received,
            "B",
            float(size),
            f"bodies of all answers for an update that changes {_CHANGED}, release.json with "
            f"{files} files and the installer among them; floor: that module",
            "<= 300000",
        )
    }


def _build(tree: Path, folder: Path, more: int) -> Path:
    """Return a release of the tree, for all kinds of machines if their wheels are here, else for
    this one alone."""
    cache = ROOT / "build/wheels"
    targets = every_target() if len(list(cache.glob("*-*"))) >= len(every_target()) else None
    here = [this_machine(role) for role in ("board", "centre")]
    try:
        return build(tree, folder, targets or here, cache, sequence=count_commits(ROOT) + more)
    except BuildError as error:
        raise Absent(str(error)) from None
