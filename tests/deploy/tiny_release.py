"""Release folders of a tiny program that is installed in a second, made by the real builder."""

import zipfile
from hashlib import sha256
from pathlib import Path

from deploy.release import build as builder
from deploy.release.build import build
from deploy.release.targets import this_machine
from deploy.release.wheels import without_distribution
from gate_agent.release.installer import Installer
from gate_agent.release.store import ReleaseStore

ROOT = Path(__file__).parents[2]
_MAIN = """
import sys
from gate_agent.word import CHECK, WORD

def main():
    if "database" in sys.argv:
        state = open(sys.argv[sys.argv.index("--data") + 1] + "/state").read()
        print(state)
        return 0
    if "check" in sys.argv:
        if CHECK > 1:
            print(WORD, file=sys.stderr)
        elif CHECK < 0:
            raise RuntimeError(WORD)
        else:
            print("[]")
        return CHECK
    print(WORD)
    return 0
"""


def board_installer(store: ReleaseStore) -> Installer:
    """Return the installer of a board in a store of the tests."""
    return Installer(store, "board", lambda _line: None, store.root / "no-gate.toml")


def make(
    out: Path,
    version: str,
    sequence: int,
    *,
    check: int = 0,
    journal: int = 1,
    library: str = "1.0",
    word: str = "",
    main: str = "",
) -> Path:
    """Return a release folder. `check`: exit status of its `gate-agent check`, -1 for a traceback.
    `journal`: format that it writes. `library`: version of the one wheel. `word`: what its program
    prints. `main`: what its main module begins with."""
    root = out / "sources"
    package = root / "gate_agent"
    (package / "journal").mkdir(parents=True, exist_ok=True)
    (root / "firmware_config").mkdir(exist_ok=True)
    (root / "fleet_manager").mkdir(exist_ok=True)
    (root / "locks").mkdir(exist_ok=True)
    (root / "locks/board.txt").write_text("")
    (root / "locks/centre.txt").write_text("")
    for name in ("gate_agent/__init__", "gate_agent/journal/__init__", "fleet_manager/__init__"):
        (root / f"{name}.py").write_text("")
    (package / "word.py").write_text(f"CHECK = {check}\nWORD = {word or version!r}\n")
    (package / "journal/journal.py").write_text(f"FORMAT = {journal}\n")
    (package / "__main__.py").write_text(main + _MAIN)
    (root / "fleet_manager/__main__.py").write_text(_MAIN)
    cache = out / f"wheels-{library}"
    for role in ("board", "centre"):
        _wheel(cache / f"{this_machine(role)}-{_lock_digest()}", library)
    targets = [this_machine(role) for role in ("board", "centre")]
    for name in builder.INSTALLER_MODULES:  # the installer is the real one
        path = root / f"gate_agent/{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text((ROOT / f"gate_agent/{name}.py").read_text("utf-8"), "utf-8")
    return build(root, out, targets, cache, version=version, sequence=sequence)


def _lock_digest() -> str:
    return sha256(without_distribution("").encode()).hexdigest()[:12]


def _wheel(folder: Path, version: str) -> None:
    """Write the wheel of a library of one module."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"tinylib-{version}.dist-info"
    texts = {
        "tinylib.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tinylib\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    texts[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in (*texts, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"tinylib-{version}-py3-none-any.whl", "w") as archive:
        for name, text in texts.items():
            archive.writestr(zipfile.ZipInfo(name), text)
