"""Who may import whom, and which library has which rooms."""

import sys
from collections.abc import Iterator, Mapping

from tests.house.floors import FLOORS, floor_of, room_of
from tests.house.law import Violation, law
from tests.house.source import PRODUCT, House, Import, Source, within


def _at(source: Source, imported: Import, text: str) -> Violation:
    return Violation(source.path, imported.line, text, imported.name)


@law("full-imports", "one spelling of a module's name, so that a search finds every use")
def full_imports(house: House) -> Iterator[Violation]:
    """Find relative imports."""
    for source in house.inside(*PRODUCT, "hardware_sim", "tests"):
        for imported in house.imports(source):
            if imported.name.startswith("."):
                yield _at(source, imported, f"imports {imported.name}: write it in full")


@law("floors", "each thing can be reached in one way, and read with what lies below it alone")
def floors(house: House) -> Iterator[Violation]:
    """Find imports that lead up or sideways, and rooms without a floor (tests/house/floors.py)."""
    for source in house.inside(*FLOORS):
        number = floor_of(source.name)
        if number is None:
            yield Violation(source.path, 1, f"room {'.'.join(room_of(source.name))} has no floor")
            continue
        for imported in house.ours(source):
            package, room = room_of(imported.name)
            if package in FLOORS and room_of(source.name)[0] == package:
                below = floor_of(imported.name)
                beside = (package, room) != room_of(source.name)
                if beside and below is not None and below >= number:
                    text = f"imports {imported.name}, which is not on a floor below"
                    yield _at(source, imported, text)


@law("circles", "what imports itself in a circle can be neither read nor tested by parts")
def circles(house: House) -> Iterator[Violation]:
    """Find circles between modules, and between the parts of each folder, late imports and those
    for types alone included: between rooms, a room being a folder or a module beside folders."""
    folders = {
        ".".join(name.split(".")[:depth])
        for name in house.sources
        for depth in range(1, name.count(".") + 1)
    }
    for folder in sorted(folders):
        prefix = f"{folder}."
        arrows: dict[str, dict[str, tuple[Source, Import]]] = {}
        for source in house.inside(folder):
            here = _part(source.name, prefix)
            for imported in house.ours(source):
                there = _part(imported.name, prefix)
                if here and there and here != there:
                    arrows.setdefault(here, {}).setdefault(there, (source, imported))
        for way in _circles(arrows):
            source, imported = arrows[way[0]][way[1]]
            yield _at(source, imported, f"is part of the circle {' -> '.join(way)}")


def _part(name: str, prefix: str) -> str:
    """Return the child of a folder that a module is or lies in; "" if it lies elsewhere."""
    return prefix + name.removeprefix(prefix).split(".")[0] if name.startswith(prefix) else ""


def _circles(arrows: Mapping[str, Mapping[str, object]]) -> Iterator[list[str]]:
    """Yield one shortest way round for each first arrow that closes a circle."""
    seen: set[str] = set()
    for start in sorted(arrows):
        if start not in seen:
            way = _way_back(start, arrows)
            seen.update(way)
            if way:
                yield way


def _way_back(start: str, arrows: Mapping[str, Mapping[str, object]]) -> list[str]:
    """Search breadth first from a node to itself."""
    ways, visited = [[start]], set[str]()
    while ways:
        way = ways.pop(0)
        for there in sorted(arrows.get(way[-1], {})):
            if there == start:
                return [*way, start]
            if there not in visited:
                visited.add(there)
                ways.append([*way, there])
    return []


@law("validator-alone", "what gate and centre must agree on is decided where nothing can interfere")
def validator_alone(house: House) -> Iterator[Violation]:
    """Find what the validator imports besides itself, the standard library and two libraries."""
    allowed = (*sys.stdlib_module_names, "cryptography", "cbor2")
    for source in house.inside("gate_agent.validator"):
        for imported in house.imports(source):
            good = imported.name.split(".")[0] in allowed
            if not good and not within(imported.name, ("gate_agent.validator",)):
                yield _at(source, imported, f"imports {imported.name}")


@law("gate-alone", "a board carries the gate and nothing else")
def gate_alone(house: House) -> Iterator[Violation]:
    """Find what the gate imports of the centre."""
    for source in house.inside("gate_agent"):
        for imported in house.imports(source):
            if within(imported.name, ("fleet_manager", "firmware_config")):
                yield _at(source, imported, f"imports {imported.name}")


@law("centre-takes-validator", "the centre issues what the validator checks, and knows no board")
def centre_takes_validator(house: House) -> Iterator[Violation]:
    """Find what the centre imports of the gate besides the validator, and the form of releases,
    which the installer on a bare board shares without any library."""
    for source in house.inside("fleet_manager"):
        for imported in house.imports(source):
            gate = within(imported.name, ("gate_agent",))
            if gate and not within(
                imported.name, ("gate_agent.validator", "gate_agent.release.manifest")
            ):
                yield _at(source, imported, f"imports {imported.name}")


@law("nobody-imports-simulator", "the product runs without its tests and its simulator")
def nobody_imports_simulator(house: House) -> Iterator[Violation]:
    """Find imports of the simulator or the tests in the product, and of tests in the simulator."""
    for source in house.inside(*PRODUCT, "hardware_sim"):
        banned = ("tests",) if within(source.name, ("hardware_sim",)) else ("hardware_sim", "tests")
        for imported in house.imports(source):
            if within(imported.name, banned):
                yield _at(source, imported, f"imports {imported.name}")


LIBRARIES: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        ("gpiozero", "lgpio", "serial", "cv2", "numpy", "pyzbar", "zxingcpp", "luma", "PIL"),
        ("gate_agent.drivers", "hardware_sim"),
        "metal: everything else must run, and be tested, on any machine",
    ),
    (
        ("paho",),
        (
            "gate_agent.uplink.mqtt",
            "fleet_manager.daemon.mqtt",
            "fleet_manager.events.state.publisher",
            "hardware_sim",
        ),
        "its callbacks run on its own thread; one room a broker turns them into values",
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
    (("urllib3",), ("fleet_manager.pretix",), "the one thing here that speaks HTTP to a server"),
    (
        ("click",),
        (
            "gate_agent.__main__",
            "gate_agent.commands",
            "fleet_manager.__main__",
            "fleet_manager.commands",
            "fleet_manager.terminal",
            "hardware_sim",
        ),
        "the core takes values, not command lines",
    ),
    (
        ("asyncio",),
        ("fleet_manager.web.live_feed",),
        "threads and one actor: gpiozero, pyserial, OpenCV and paho own threads",
    ),
)
"""Libraries, the rooms that may import them at run time, and why no other may."""


@law("libraries", "a library has its rooms (tests/house/imports.py)")
def libraries(house: House) -> Iterator[Violation]:
    """Find imports of a library outside its rooms; those for types alone may stand."""
    for source in house.inside(*PRODUCT, "hardware_sim"):
        for imported in house.imports(source):
            for names, rooms, reason in LIBRARIES:
                used = within(imported.name, names) and not imported.typing_only
                if used and not within(source.name, rooms):
                    yield _at(source, imported, f"imports {imported.name}: {reason}")


LAWS = (
    full_imports,
    floors,
    circles,
    validator_alone,
    gate_alone,
    centre_takes_validator,
    nobody_imports_simulator,
    libraries,
)
