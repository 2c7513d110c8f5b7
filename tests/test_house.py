"""The house: who may import whom, what pure rooms must not touch, how big a module may be.

Every ban has its reason beside it. A new module of the gate gets its floor in FLOORS.
"""

import ast
import configparser
import importlib
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from gate_agent.config import load

ROOT = Path(__file__).parent.parent
PACKAGES = ("gate_agent", "fleet_manager", "hardware_sim")
MAX_LINES = 250
LONGER: dict[str, str] = {}
"""Modules that may be longer, each with its reason. The aim is none."""


def name_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(file): file for top in PACKAGES for file in sorted((ROOT / top).rglob("*.py"))}
TREES = {name: ast.parse(file.read_text("utf-8")) for name, file in FILES.items()}


def within(name: str, rooms: tuple[str, ...]) -> bool:
    """Whether a module is one of the rooms or lies inside one."""
    return any(name == room or name.startswith(room + ".") for room in rooms)


def typing_only(tree: ast.AST) -> set[ast.AST]:
    """What stands under `if TYPE_CHECKING:`, which never runs."""
    return {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }


def imports(name: str, *, running: bool = False) -> Iterator[str]:
    """The full names of what a module imports, anywhere in it."""
    tree = TREES[name]
    skipped = typing_only(tree) if running else set()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{name}: imports are written in full"
            assert node.level == 0, f"{name}: imports are written in full"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in FILES or node.module in PACKAGES else node.module


def ours(name: str) -> set[str]:
    """The modules of this product that a module imports."""
    return {other for other in imports(name) if other in FILES}


# --- who may import whom -----------------------------------------------------------------------

FLOORS: tuple[tuple[str, ...], ...] = (
    ("gate_agent", "gate_agent.validator"),  # the version, and what gate and centre share
    ("gate_agent.staff_events",),
    (
        "gate_agent.errors",
        "gate_agent.events",
        "gate_agent.uplink.sync_effects",
        "gate_agent.config.settings",
        "gate_agent.time_bound",
        "gate_agent.deadlines",
    ),
    (
        "gate_agent.import_stub",
        "gate_agent.ports",
        "gate_agent.signs",
        "gate_agent.config.staff_codes",
    ),
    ("gate_agent.config.toml_table",),
    ("gate_agent.config.load", "gate_agent.drivers.displays.recordings"),
    (
        "gate_agent.drivers",
        "gate_agent.lane.table",
        "gate_agent.lane.movement",
        "gate_agent.lane.entry",
        "gate_agent.uplink.breaker",
        "gate_agent.journal.history_table",
        "gate_agent.lane.records",
        "gate_agent.lane.override",
        "gate_agent.page",
        "gate_agent.lane.state",
        "gate_agent.uplink.outbox",
        "gate_agent.lists.fetch",
        "gate_agent.folder",
        "gate_agent.journal.journal",
        "gate_agent.uplink.mqtt",
        "gate_agent.lists.list_files",
        "gate_agent.lists.code_files",
        "gate_agent.lists.codes_in_force",
        "gate_agent.trust.documents",
        "gate_agent.trust.identity",
        "gate_agent.clock",
        "gate_agent.health",
        "gate_agent.actor.inbox",
        "gate_agent.trust.key_renewal",
    ),
    ("gate_agent.trust.in_force", "gate_agent.journal.remote_history"),
    ("gate_agent.lists.in_force", "gate_agent.uplink.station"),
    ("gate_agent.lists.downloads",),
    (
        "gate_agent.drivers.arms.build",
        "gate_agent.lane.boot",
        "gate_agent.drivers.displays.build",
        "gate_agent.lane.modes",
        "gate_agent.actor.outage",
        "gate_agent.actor.unit",
        "gate_agent.uplink.session",
    ),
    ("gate_agent.actor.judge",),
    ("gate_agent.actor.agent",),
    ("gate_agent.daemon",),
    ("gate_agent.journal.inspect", "gate_agent.commands.log", "gate_agent.config.profiles"),
    ("gate_agent.checks",),
    ("gate_agent.commands",),
    ("gate_agent.__main__",),
)
"""A room imports from floors below its own: nothing can be reached in two ways."""

SIDEWAYS = {
    (
        "gate_agent.lists.code_files",
        "gate_agent.lists.list_files",
    ): "one folder, and one way to begin a file",
    (
        "gate_agent.lists.codes_in_force",
        "gate_agent.lists.list_files",
    ): "one folder, and one way to begin a file",
    (
        "gate_agent.lists.codes_in_force",
        "gate_agent.lists.code_files",
    ): "what one gate in ten needs is apart",
    ("gate_agent.errors", "gate_agent.config.settings"): "plain values",
    ("gate_agent.lane.table", "gate_agent.lane.movement"): "one table in five files",
    ("gate_agent.lane.table", "gate_agent.lane.entry"): "one table in five files",
    ("gate_agent.lane.movement", "gate_agent.lane.entry"): "one table in five files",
    ("gate_agent.lane.entry", "gate_agent.lane.records"): "one table in five files",
    ("gate_agent.lane.entry", "gate_agent.lane.state"): "one table in five files",
    (
        "gate_agent.journal.journal",
        "gate_agent.journal.history_table",
    ): "how a history stands in its table",
    ("gate_agent.lane.table", "gate_agent.lane.state"): "one table in five files",
    ("gate_agent.lane.movement", "gate_agent.lane.records"): "one table in five files",
    ("gate_agent.lane.table", "gate_agent.lane.override"): "one table in five files",
    ("gate_agent.page", "gate_agent.lane.override"): "what a steward may override",
    ("gate_agent.lane.override", "gate_agent.lane.entry"): "one table in five files",
    ("gate_agent.lane.override", "gate_agent.lane.state"): "one table in five files",
    ("gate_agent.lane.records", "gate_agent.lane.state"): "one table in five files",
    ("gate_agent.lane.movement", "gate_agent.lane.state"): "one table in five files",
    ("gate_agent.uplink.mqtt", "gate_agent.trust.identity"): "the names of the TLS files",
    ("gate_agent.trust.key_renewal", "gate_agent.trust.identity"): "what follows on the enrolment",
    ("gate_agent.trust.key_renewal", "gate_agent.trust.documents"): "keeps its two documents",
    ("gate_agent.trust.key_renewal", "gate_agent.health"): "tells what cannot be kept",
    ("gate_agent.actor.inbox", "gate_agent.health"): "a full queue drops and counts",
}


def floor(name: str) -> tuple[int, str]:
    for number, rooms in enumerate(FLOORS):
        for room in rooms:
            if name == room or (room != "gate_agent" and within(name, (room,))):
                return number, room
    raise AssertionError(f"{name} has no floor: give it one in tests/test_house.py")


@pytest.mark.parametrize("name", [name for name in FILES if within(name, ("gate_agent",))])
def test_the_gate_imports_downwards(name: str) -> None:
    number, room = floor(name)
    for other in ours(name):
        assert within(other, ("gate_agent",)), f"{name} imports {other}: the gate stands alone"
        below, other_room = floor(other)
        if room != other_room and (room, other_room) not in SIDEWAYS:
            assert below < number, f"{name} imports {other}, which is not below it"


def test_the_validator_imports_itself_alone() -> None:
    """What gate and centre must agree on is decided where nothing else can interfere."""
    allowed = (*sys.stdlib_module_names, "cryptography", "cbor2")
    for name in FILES:
        if within(name, ("gate_agent.validator",)):
            for other in imports(name):
                good = other.split(".")[0] in allowed or within(other, ("gate_agent.validator",))
                assert good, f"{name} imports {other}"


def test_the_actor_sees_ports_and_never_a_driver() -> None:
    for name in (
        "gate_agent.actor.agent",
        "gate_agent.uplink.session",
        "gate_agent.lists.downloads",
        "gate_agent.actor.judge",
        "gate_agent.uplink.outbox",
    ):
        assert not {other for other in ours(name) if within(other, ("gate_agent.drivers",))}


def test_the_centre_takes_only_the_validator_from_the_gate() -> None:
    """The manager issues what the validator checks, and knows no board."""
    for name in FILES:
        if within(name, ("fleet_manager",)):
            for other in ours(name):
                assert within(other, ("fleet_manager", "gate_agent.validator")), (name, other)


def test_nobody_imports_the_simulator() -> None:
    for name in FILES:
        if not within(name, ("hardware_sim",)):
            assert not {
                one for one in imports(name) if one.split(".")[0] in ("hardware_sim", "tests")
            }


LIBRARIES: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        ("gpiozero", "lgpio", "serial", "cv2", "numpy", "pyzbar", "zxingcpp", "luma", "PIL"),
        ("gate_agent.drivers", "hardware_sim"),
        "metal: everything else must run, and be tested, on any machine",
    ),
    (
        ("paho",),
        ("gate_agent.uplink.mqtt", "fleet_manager.daemon.mqtt", "hardware_sim"),
        "its callbacks run on its own thread; one room a side turns them into values",
    ),
    (("sqlalchemy",), ("fleet_manager", "hardware_sim"), "30 MiB that a gate does not have"),
    (
        ("alembic",),
        ("fleet_manager.database.migrations",),
        "half a second at every start, for something that is due once a release",
    ),
    (("sqlite_utils",), ("gate_agent.journal.inspect",), "15 MiB and 0.2 s: never in the daemon"),
    (("systemd",), ("gate_agent.commands.log",), "an extra that many boards do not have"),
    (("segno",), ("fleet_manager.tickets.pictures", "hardware_sim"), "pictures have one room"),
    (("rich",), ("hardware_sim",), "neither a gate nor a centre needs a live view"),
    (
        ("click",),
        (
            "gate_agent.__main__",
            "gate_agent.commands",
            "fleet_manager.__main__",
            "fleet_manager.commands",
            "hardware_sim",
        ),
        "the core takes values, not command lines",
    ),
    (("asyncio",), (), "threads and one actor: gpiozero, pyserial, OpenCV and paho own threads"),
)


@pytest.mark.parametrize("row", LIBRARIES, ids=lambda row: str(row[0][0]))
def test_a_library_has_its_rooms(row: tuple[tuple[str, ...], tuple[str, ...], str]) -> None:
    libraries, rooms, reason = row
    for name in FILES:
        if not within(name, rooms):
            found = {one for one in imports(name, running=True) if within(one, libraries)}
            assert not found, f"{name} imports {found}: {reason}"


PRIVATE_KEYS = {
    "fleet_manager.keys.vault": "makes and keeps them",
    "fleet_manager.gates.gates": "makes a gate's own key when it is enrolled",
    "fleet_manager.centre": "makes the broker's TLS key",
    "fleet_manager.keys.roots": "makes root keys, on machines without a network",
    "gate_agent.trust.identity": "reads the gate's own key",
    "gate_agent.trust.key_renewal": "makes and keeps the one that follows it",
    "gate_agent.validator.messages.renewal": "the new key signs that it is there",
    "hardware_sim": "plays gates and forgers",
}


def test_private_keys_have_their_rooms() -> None:
    for name, tree in TREES.items():
        if within(name, tuple(PRIVATE_KEYS)):
            continue
        words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not {word for word in words if "private_key" in word.lower() or "PrivateKey" in word}


def test_only_issue_signs_tickets() -> None:
    for name, tree in TREES.items():
        if within(name, ("fleet_manager.tickets.sell", "fleet_manager.keys.vault", "hardware_sim")):
            continue
        used = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not {one for one in used if re.search(r"vault\.ticket\b", one)}, name


# --- what pure rooms must not touch ------------------------------------------------------------

IMPURE = (
    "asyncio", "io", "logging", "multiprocessing", "os", "pathlib", "queue", "random", "secrets",
    "select", "shutil", "signal", "socket", "sqlalchemy", "sqlite3", "ssl", "subprocess", "sys",
    "tempfile", "threading", "time", "uuid",
)  # fmt: skip
EXCUSED = {
    ("gate_agent.validator.cbor", "io"): "cbor2's encoder wants a file: one in memory",
    (
        "gate_agent.validator.cbor",
        "threading",
    ): "an encoder kept for each thread, three times as fast",
}
CALLS = {"open", "print", "input", "exec", "eval", "globals", "__import__"}
CLOCKS = {"now", "utcnow", "today"}


def pure() -> list[str]:
    """The validator, and every module whose docstring begins with PURE."""
    return [
        name
        for name in FILES
        if not within(name, ("hardware_sim",))
        and (
            within(name, ("gate_agent.validator",))
            or (ast.get_docstring(TREES[name]) or "").startswith("PURE.")
        )
    ]


def test_the_deciding_rooms_are_pure() -> None:
    gate = {
        name for name in FILES if re.fullmatch(r"gate_agent\.(lane\w*|sync|pull|time_bound)", name)
    }
    assert gate <= set(pure())


@pytest.mark.parametrize("name", pure())
def test_a_pure_room_touches_nothing(name: str) -> None:
    """I/O, clocks and chance are passed in: the same input gives the same answer everywhere."""
    touched = {one.split(".")[0] for one in imports(name)} & set(IMPURE)
    assert not {one for one in touched if (name, one) not in EXCUSED}
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in CALLS
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            whose = ast.unparse(node.func.value)
            assert not (node.func.attr in CLOCKS and whose in ("datetime", "date")), name


def test_nobody_waits_for_a_publish() -> None:
    """paho: waiting in a callback never ends, because the callback's thread does the work."""
    for name, file in FILES.items():
        assert "wait_for_publish" not in file.read_text("utf-8"), name


# --- sizes and names ---------------------------------------------------------------------------


def test_modules_have_a_size_that_can_be_read() -> None:
    sizes = {name: len(file.read_text("utf-8").splitlines()) for name, file in FILES.items()}
    too_long = {name: size for name, size in sizes.items() if size > MAX_LINES}
    assert too_long.keys() == LONGER.keys()
    for name, file in FILES.items():
        if file.name == "__init__.py":
            assert sizes[name] <= 40, f"{file}: a package's own file says what the package is"


def test_modules_are_named_after_what_they_are() -> None:
    vague = {"util", "utils", "helper", "helpers", "common", "misc", "tools", "stuff", "base"}
    for file in (*FILES.values(), *(ROOT / "tests").rglob("*.py")):
        assert not set(file.stem.split("_")) & vague, file


def test_every_module_says_what_it_is() -> None:
    for name, tree in TREES.items():
        if tree.body:
            assert ast.get_docstring(tree), name


# --- what is put on a board --------------------------------------------------------------------

FIRMWARE = [
    file
    for file in sorted((ROOT / "firmware_config").rglob("*"))
    if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".py"
]
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]


@pytest.mark.parametrize("file", FIRMWARE, ids=lambda file: str(file.name))
def test_every_file_for_a_board_is_loaded_by_a_test(file: Path) -> None:
    if file.suffix == ".toml" and "profiles" not in file.parts:
        assert load.load(file).lanes
    elif file.suffix == ".service" and file.stem in SCRIPTS:
        unit = configparser.RawConfigParser(strict=False)
        unit.optionxform = str  # type: ignore[assignment, method-assign]
        unit.read(file, "utf-8")
        assert unit.sections() == ["Unit", "Service", "Install"]
        program, *words = shlex.split(unit["Service"]["ExecStart"])
        assert Path(program).name == file.stem
        command_named(Path(program).name, words)
        assert unit["Service"]["RestartPreventExitStatus"] == "78"
        assert unit["Service"]["User"] != "root"
    else:
        tests = (ROOT / "tests").rglob("*.py")
        readers = [one for one in tests if one != Path(__file__)]
        users = [one for one in readers if file.name in one.read_text("utf-8")]
        broker = (ROOT / "hardware_sim" / "broker.py").read_text("utf-8")
        if file.name in broker:
            users += [one for one in readers if "hardware_sim.broker" in one.read_text("utf-8")]
        assert users, f"no test loads {file.name}"


# --- what the README promises ------------------------------------------------------------------


def command_named(program: str, words: list[str]) -> click.Command:
    """The command that the words lead to. Fails if there is none, or an option is unknown."""
    module, function = SCRIPTS[program].split(":")
    loaded = importlib.import_module(module)
    entry: Any = getattr(loaded, function)
    root: Any = entry if isinstance(entry, click.Command) else loaded.build()
    assert isinstance(root, click.Command)
    command: click.Command = root
    options: set[str] = {"--help"}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        options |= {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        if word.startswith("-"):
            assert word.split("=")[0] in options, f"{program} {' '.join(words)}: no {word}"
        elif isinstance(command, click.Group):
            takes = [one for one in command.params if isinstance(one, click.Option)]
            if words.index(word) and any(
                words[words.index(word) - 1] in one.opts and not one.is_flag for one in takes
            ):
                continue
            found: click.Command | None = command.get_command(click.Context(command), word)
            assert found is not None, f"{program} {' '.join(words)}: no command {word}"
            command = found
    return command


def readme_lines() -> list[str]:
    """The lines of the README's code blocks that run something here."""
    file = ROOT / "README.md"
    assert file.is_file(), "README.md is missing: a newcomer has nothing to read"
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", file.read_text("utf-8"), re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    plain = [re.sub(r"\s+#.*", "", line).strip().removeprefix("$ ") for line in lines]
    return [line for line in plain if line.startswith("./run")]


def test_every_command_in_the_readme_exists() -> None:
    help_text = subprocess.run(
        ["sh", str(ROOT / "run"), "help"], capture_output=True, text=True, timeout=300, check=True
    ).stdout
    known = set(re.findall(r"^  ([a-z][a-z-]*)  ", help_text, re.M))
    lines = readme_lines()
    assert {line.split()[1] for line in lines if " " in line} >= {"demo", "test"}
    for line in lines:
        words = shlex.split(re.sub(r"[|;&>].*", "", line))[1:]
        if not words:
            continue
        assert words[0] in known, f"README.md: {line}: ./run help lists no {words[0]}"
        if words[0] in SCRIPTS:
            command_named(words[0], [word for word in words[1:] if "…" not in word])


def test_continuous_integration_runs_the_readmes_test_command() -> None:
    assert "./run test" in readme_lines()
    assert (ROOT / ".ci" / "run").read_text("utf-8").rstrip().endswith("./run test")
