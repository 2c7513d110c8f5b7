"""What documents and files for boards promise: commands, folders, units."""

import configparser
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from gate_agent.config import load
from gate_agent.errors import GateError
from tests.house.commands import SCRIPTS, command_named
from tests.house.floors import FLOORS, floor_of
from tests.house.law import Violation, law
from tests.house.source import PRODUCT, ROOT, House, within

# --- README --------------------------------------------------------------------------------------


def readme_commands(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of code blocks that run something here, each with its number."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = not inside
        plain = re.sub(r"\s+#.*", "", line).strip().removeprefix("$ ")
        if inside and plain.startswith("./run"):
            yield number, plain


@law("readme-commands", "a newcomer types what README.md and CONTRIBUTING.md say")
def readme_runs(house: House) -> Iterator[Violation]:
    """Find commands of README.md and CONTRIBUTING.md that do not exist, or options that they do
    not take."""
    listed = set(re.findall(r"^  ([a-z][a-z-]*)  ", house.document("run"), re.M))
    for path in ("README.md", "CONTRIBUTING.md"):
        for number, line in readme_commands(house.document(path)):
            mistake = _mistake(line, listed)
            if mistake:
                yield Violation(path, number, mistake)
    lines = {line for _, line in readme_commands(house.document("README.md"))}
    for needed in ("./run demo", "./run test"):
        if needed not in lines:
            yield Violation("README.md", 1, f"does not say {needed}")


def _mistake(line: str, listed: set[str]) -> str:
    """Return what is wrong with a command line, or an empty text."""
    words = shlex.split(re.sub(r"[|;&>].*", "", line))[1:]
    if not words:
        return ""
    if words[0] not in listed:
        return f"./run help lists no {words[0]}"
    if words[0] not in SCRIPTS:
        return ""
    return _command_mistake(words[0], [word for word in words[1:] if "…" not in word])


def _command_mistake(program: str, words: list[str]) -> str:
    try:
        command_named(program, words)
    except AssertionError as error:
        return str(error)
    return ""


@law("ci-runs-readme", "the integration machine runs what a newcomer runs")
def ci_runs_readme(house: House) -> Iterator[Violation]:
    """Find another command in .ci/run."""
    if not house.document(".ci/run").rstrip().endswith("./run test"):
        yield Violation(".ci/run", 1, "does not end with ./run test")


# --- ARCHITECTURE --------------------------------------------------------------------------------

ROW = re.compile(r"^\| `([a-z_/]+)/` \| *(\d*) *\|", re.M)
"""A folder's row: its path with a slash at the end, its floor, what it is."""


@law("architecture-rows", "a newcomer finds a thing in a minute: one row a folder, and its floor")
def architecture_rows(house: House) -> Iterator[Violation]:
    """Find folders of the product without a row in ARCHITECTURE.md, rows without a folder, and
    rows with another floor than tests/house/floors.py gives."""
    text = house.document("ARCHITECTURE.md")
    folders = {source.folder for source in house.inside(*PRODUCT, "hardware_sim")}
    rows = Counter(match[1] for match in ROW.finditer(text))
    for folder in sorted(folders - rows.keys()):
        yield Violation("ARCHITECTURE.md", 1, f"has no row for {folder}/")
    tops = folders | {"firmware_config", "deploy", "tests", "docs"}
    for match in ROW.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        folder, floor = match[1], match[2]
        if rows[folder] > 1:
            yield Violation("ARCHITECTURE.md", line, f"has {rows[folder]} rows for {folder}/")
        if folder not in tops:
            yield Violation("ARCHITECTURE.md", line, f"{folder}/ does not exist")
        elif "/" in folder and folder.split("/")[0] in FLOORS:
            right = floor_of(folder.replace("/", "."))
            if right is not None and floor != str(right):
                yield Violation("ARCHITECTURE.md", line, f"{folder}/ is on floor {right}")


@law("drawing", "the picture is the first thing that a newcomer believes")
def drawing(house: House) -> Iterator[Violation]:
    """Find folders in the titles of docs/architecture.svg that do not exist."""
    text = house.document("docs/architecture.svg")
    folders = {source.folder for source in house.inside(*PRODUCT)}
    for title in re.finditer(r"font-weight='bold'>([^<]+)<", text):
        for room in re.findall(r"([a-z_]+)/", title[1]):
            if not {f"{package}/{room}" for package in PRODUCT} & folders:
                line = text.count("\n", 0, title.start()) + 1
                yield Violation("docs/architecture.svg", line, f"names {room}/")


# --- what is put on a board ----------------------------------------------------------------------


def board_files() -> list[Path]:
    """Return every file that is put on a board or beside a broker."""
    return [
        file
        for file in sorted((ROOT / "firmware_config").rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".py"
    ]


@law("board-files", "a file that no test loads is found wrong at the gate, in the rain")
def board_files_are_loaded(house: House) -> Iterator[Violation]:
    """Find files of firmware_config/ that are wrong or that no test reads."""
    for file in board_files():
        if file.suffix == ".toml" and "profiles" not in file.parts:
            mistake = _gate_toml_mistake(file)
        elif file.suffix == ".service" and file.stem in SCRIPTS:
            mistake = unit_mistake(file.read_text("utf-8"), file.stem)
        else:
            mistake = "" if _is_read(house, file.name) else "no test reads it"
        if mistake:
            yield Violation(file.relative_to(ROOT).as_posix(), 1, mistake)


def _is_read(house: House, name: str) -> bool:
    """Return whether a test names the file, or starts the broker that reads it."""
    names = [name]
    broker = house.sources.get("hardware_sim.broker")
    if broker is not None and name in broker.text:
        names.append("hardware_sim.broker")
    return any(
        name in source.text
        for source in house.inside("tests")
        if not within(source.name, ("tests.house",))
        for name in names
    )


def _gate_toml_mistake(file: Path) -> str:
    try:
        lanes = load.load(file).lanes
    except GateError as error:
        return str(error)
    return "" if lanes else "has no lane"


def unit_mistake(text: str, stem: str) -> str:
    """Return what is wrong with a daemon's systemd unit, or an empty text."""
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    if unit.sections() != ["Unit", "Service", "Install"]:
        return f"has the sections {unit.sections()}"
    service = unit["Service"]
    program, *words = shlex.split(service["ExecStart"])
    if Path(program).name != stem:
        return f"starts {program}"
    if mistake := _command_mistake(stem, words):
        return mistake
    if service.get("RestartPreventExitStatus") != "75 78":
        return "starts again beside another daemon (exit status 75), or after a mistake (78)"
    if unit["Unit"].get("StartLimitIntervalSec") != "0":
        return "is given up after some quick ends (StartLimitIntervalSec)"
    if service.get("User", "root") == "root":
        return "runs as root"
    return ""


LAWS = (readme_runs, ci_runs_readme, architecture_rows, drawing, board_files_are_loaded)
