"""The floors of both packages: a room imports from floors below its own, and from no other.

A room is a folder, or a module that lies beside folders. Inside a room modules import each other
as they like, as long as there is no circle. A new room is one row, or one word in a row.
"""

from typing import NamedTuple


class Floor(NamedTuple):
    """`rooms`: names below the package; "" is the package's own file."""

    rooms: tuple[str, ...]
    what: str


GATE = (
    Floor(
        ("", "validator"), "the version; what gate and centre agree on, which imports itself alone"
    ),
    Floor(
        ("errors", "time_bound", "deadlines", "health", "import_stub", "release"),
        "the ground: errors, points in time, counters; installing releases, which needs nothing",
    ),
    Floor(("config", "clock", "folder"), "gate.toml, the time, durable files"),
    Floor(("events", "effects", "journal"), "every input and effect as a value; what was recorded"),
    Floor(("ports", "lane", "signs"), "what devices must offer; the lane's table; what signs say"),
    Floor(("drivers", "trust"), "devices, and the thread of each; whose signatures count"),
    Floor(("page",), "the local page, a device with a thread"),
    Floor(("lists",), "which tickets exist, by whose word"),
    Floor(("uplink",), "the conversation with the centre"),
    Floor(("actor",), "the order of things"),
    Floor(("checks",), "what a technician tests"),
    Floor(("enrolment", "update"), "making a board a gate; keeping its software new"),
    Floor(("commands",), "the technician's commands"),
    Floor(("devices",), "the devices that gate.toml names, built"),
    Floor(("daemon",), "the wiring"),
    Floor(("__main__",), "the command line"),
)
CENTRE = (
    Floor(
        ("", "errors", "incident", "park_time", "retry_after", "wording"),
        "the version, errors, the park's days, waits that servers ask for",
    ),
    Floor(
        ("files", "host_name", "systemd"),
        "locks and whole files; names of hosts; what systemd is told",
    ),
    Floor(
        ("config", "database", "https_server", "keys"),
        "settings, tables and transactions, private keys; what serves HTTPS",
    ),
    Floor(("access", "limits"), "who may do what, and who did what; what the park may hold"),
    Floor(
        ("tickets", "gates", "passages", "rollouts"),
        "what was sold, the boards, what happened; which board shall run which release",
    ),
    Floor(("sellers", "terminal"), "others' codes; what commands share"),
    Floor(("lists", "sales"), "versions and bodies of lists; the box office and its money"),
    Floor(("trust",), "rules, key sets, announcements"),
    Floor(("station", "centre", "explain"), "one ticket once; an opened centre; why a refusal"),
    Floor(
        ("intake", "pretix", "recovery", "reports", "events"),
        "records in; a pretix as a seller; after a restore; answers; what is told outside",
    ),
    Floor(
        ("services", "metrics"),
        "the acts of people, a transaction and an audit line each; figures for Prometheus",
    ),
    Floor(
        ("daemon", "door", "web"),
        "the serving process; where boards enrol themselves; pages for people",
    ),
    Floor(("commands",), "thin faces: read the request, call, show the answer"),
    Floor(("__main__",), "the command line"),
)
FLOORS = {"gate_agent": GATE, "fleet_manager": CENTRE}


def room_of(module: str) -> tuple[str, str]:
    """Return the package and the room of a module of the product."""
    package, _, rest = module.partition(".")
    return package, rest.partition(".")[0]


def floor_of(module: str) -> int | None:
    """Return the number of a module's floor, 0 the lowest; None if its room has none."""
    package, room = room_of(module)
    for number, floor in enumerate(FLOORS[package]):
        if room in floor.rooms:
            return number
    return None
