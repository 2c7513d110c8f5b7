"""What pure rooms must not touch, and what else is done in few places only."""

import ast
import re
from collections.abc import Iterator

from tests.house.law import Violation, law
from tests.house.source import PRODUCT, House, Source, within

IMPURE = frozenset(
    "asyncio io logging multiprocessing os pathlib queue random secrets select shutil signal "
    "socket sqlalchemy sqlite3 ssl subprocess sys tempfile threading time uuid".split()
)
EXCUSED = {
    ("gate_agent.validator.cbor", "io"): "cbor2's encoder wants a file: one in memory",
    ("gate_agent.validator.cbor", "threading"): "an encoder for each thread, three times as fast",
}
CALLS = frozenset({"open", "print", "input", "exec", "eval", "globals", "__import__"})
CLOCKS = frozenset({"datetime.now", "datetime.utcnow", "datetime.today", "date.today"})


def pure(house: House) -> list[Source]:
    """Return the validator, and every module whose docstring begins with PURE."""
    return [
        source
        for source in house.inside(*PRODUCT)
        if within(source.name, ("gate_agent.validator",)) or source.docstring.startswith("PURE.")
    ]


@law(
    "pure", "I/O, clocks and chance are passed in: the same input gives the same answer everywhere"
)
def pure_rooms(house: House) -> Iterator[Violation]:
    """Find imports, calls and clocks in modules that say they are pure."""
    for source in pure(house):
        for imported in house.imports(source):
            library = imported.name.split(".")[0]
            if library in IMPURE and (source.name, library) not in EXCUSED:
                yield Violation(source.path, imported.line, f"imports {library}")
        for call in source.nodes(ast.Call):
            if isinstance(call.func, ast.Name) and call.func.id in CALLS:
                yield Violation(source.path, call.lineno, f"calls {call.func.id}()")
            elif ast.unparse(call.func) in CLOCKS:
                yield Violation(source.path, call.lineno, "asks a clock")


@law("pure-imports-pure", "a module is as pure as what it imports")
def pure_imports_pure(house: House) -> Iterator[Violation]:
    """Find modules that say they are pure and import one of ours that itself imports I/O."""
    for source in pure(house):
        for imported in house.ours(source):
            other = house.sources[imported.name]
            touched = {each.name.split(".")[0] for each in house.imports(other)} & IMPURE
            touched -= {library for name, library in EXCUSED if name == other.name}
            if touched:
                text = f"imports {imported.name}, which imports {', '.join(sorted(touched))}"
                yield Violation(source.path, imported.line, text)


CLAIM = re.compile(r"^\| `([\w/.]+)` \|[^|]*\| PURE\b", re.M)
"""A row of a table in ARCHITECTURE.md: a folder or module, its floor, and that it is PURE."""


@law("pure-claims", "what ARCHITECTURE.md calls PURE is held to it")
def pure_claims(house: House) -> Iterator[Violation]:
    """Find rooms that ARCHITECTURE.md calls PURE, with modules that do not say so themselves."""
    text = house.document("ARCHITECTURE.md")
    declared = {source.name for source in pure(house)}
    for claim in CLAIM.finditer(text):
        room = claim[1].rstrip("/").removesuffix(".py").replace("/", ".")
        modules = [source.name for source in house.inside(room)]
        line = text.count("\n", 0, claim.start()) + 1
        if not modules:
            yield Violation("ARCHITECTURE.md", line, f"{claim[1]} does not exist")
        for name in sorted(set(modules) - declared):
            yield Violation("ARCHITECTURE.md", line, f"{name} has no docstring that begins PURE.")


FSYNC = (
    "gate_agent.folder",
    "gate_agent.checks.storage",
    "gate_agent.journal.inspect",
    "fleet_manager.keys.vault",
    "fleet_manager.files.whole_file",
    "gate_agent.release.store",
)
"""Durable files of the gate; the check that measures a card; an export; keys of the centre; what
else the centre writes, copies of its database among it; whole
releases, before anything of ours is installed."""


@law("fsync", "a file that must survive a power cut is written in one way")
def fsync_rooms(house: House) -> Iterator[Violation]:
    """Find os.fsync outside its rooms."""
    for source in house.inside(*PRODUCT):
        if not within(source.name, FSYNC):
            for node in source.nodes(ast.Attribute):
                if node.attr in ("fsync", "fdatasync"):
                    yield Violation(source.path, node.lineno, f"calls {node.attr}")


WRITERS = ("fleet_manager.services", "fleet_manager.daemon", "fleet_manager.database")


@law("transactions", "an act of a person is one transaction, in services/, with its audit line")
def transactions(house: House) -> Iterator[Violation]:
    """Find write transactions of the centre that are opened outside services/ and daemon/."""
    for source in house.inside("fleet_manager"):
        if not within(source.name, WRITERS):
            for call in source.nodes(ast.Call):
                opened = isinstance(call.func, ast.Attribute) and call.func.attr == "write"
                if opened and not call.args and not call.keywords:
                    yield Violation(source.path, call.lineno, f"opens {ast.unparse(call.func)}()")


PRIVATE_KEYS = {
    "fleet_manager.keys.vault": "makes and keeps them",
    "fleet_manager.gates.gates": "makes a gate's own key when it is enrolled",
    "fleet_manager.door.server": "makes the TLS key of the door, at each start",
    "fleet_manager.web.tls": "makes the TLS keys of the console, which browsers take",
    "fleet_manager.services.park": "makes the broker's TLS key",
    "fleet_manager.keys.roots": "makes root keys, on machines without a network",
    "gate_agent.enrolment.enrol": "draws the gate's own key on its board",
    "gate_agent.trust.identity": "reads the gate's own key",
    "gate_agent.trust.key_renewal": "makes and keeps the one that follows it",
    "gate_agent.validator.messages.renewal": "the new key signs that it is there",
    "hardware_sim": "plays gates and forgers",
}


@law("private-keys", "private keys have their rooms (tests/house/purity.py)")
def private_keys(house: House) -> Iterator[Violation]:
    """Find names of private keys outside their rooms."""
    for source in house.inside(*PRODUCT):
        if not within(source.name, tuple(PRIVATE_KEYS)):
            for node in source.nodes(ast.Name):
                if "private_key" in node.id.lower() or "PrivateKey" in node.id:
                    yield Violation(source.path, node.lineno, f"uses {node.id}")


SIGNERS = ("fleet_manager.tickets.sell", "fleet_manager.keys.vault")


@law("signs-tickets", "a ticket is signed in one room, where it is written down as sold")
def signs_tickets(house: House) -> Iterator[Violation]:
    """Find uses of the vault's ticket keys outside the room of tickets."""
    for source in house.inside(*PRODUCT):
        if not within(source.name, SIGNERS):
            for node in source.nodes(ast.Attribute):
                if node.attr == "ticket" and ast.unparse(node.value).endswith("vault"):
                    yield Violation(source.path, node.lineno, f"uses {ast.unparse(node)}")


@law("wait-for-publish", "paho: waiting in a callback never ends, its thread does the work")
def wait_for_publish(house: House) -> Iterator[Violation]:
    """Find waits for a publish."""
    for source in house.inside(*PRODUCT, "hardware_sim"):
        for number, line in enumerate(source.lines, 1):
            if "wait_for_publish" in line:
                yield Violation(source.path, number, "waits for a publish")


LAWS = (
    pure_rooms,
    pure_imports_pure,
    pure_claims,
    fsync_rooms,
    transactions,
    private_keys,
    signs_tickets,
    wait_for_publish,
)
