"""What `gate-agent check` tests on site, part by part, and what to do about each fault."""

import shutil
import socket
import sqlite3
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gate_agent import identity
from gate_agent.daemon import JOURNAL_FILE, LISTS_FOLDER
from gate_agent.errors import GateError
from gate_agent.folder import DiskFolder
from gate_agent.list_store import ListStore
from gate_agent.recordings import missing
from gate_agent.settings import RECORDINGS, BrokerSettings, GateSettings
from gate_agent.validator.errors import WireError
from gate_agent.validator.keys import Use
from gate_agent.validator.moment import utc_text

CONNECT_S = 5.0


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the sheet. `hint`: what the technician should do if it is not `ok`."""

    part: str
    ok: bool
    text: str
    hint: str = ""


def check_gate(settings: GateSettings) -> list[Result]:
    """Every part in turn; a fault in one does not keep the others from being tested."""
    return list(_results(settings))


def _results(settings: GateSettings) -> Iterator[Result]:
    yield Result(
        "settings", True, f"{settings.park}/{settings.gate}, {len(settings.lanes)} lane(s)"
    )
    yield _tried("identity", lambda: _identity(settings.identity))
    yield _tried("journal", lambda: _journal(settings.data))
    yield _tried("ticket list", lambda: _list(settings))
    yield _tried("centre", lambda: _centre(settings.broker, settings.identity))
    for lane in settings.lanes:
        if lane.scanner is not None:
            yield _device(f"lane {lane.number} scanner", lane.scanner.path)
        if lane.camera is not None:
            yield _device(f"lane {lane.number} camera", lane.camera.device)
        if lane.voice is not None:
            yield _tried(f"lane {lane.number} voice", lambda: _voice(settings.data))
        if lane.display is not None:
            yield _tried(f"lane {lane.number} display", _glyphs)


def _tried(part: str, test: Callable[[], str]) -> Result:
    try:
        return Result(part, True, test())
    except GateError as error:
        return Result(part, False, str(error), error.hint())


def _identity(folder: Path) -> str:
    ring = identity.load(folder).ring
    missing = {Use.TICKET, Use.LIST, Use.CENTRE} - {key.use for key in ring}
    if missing:
        raise GateError(
            f"{folder / identity.RING} has no key for: {', '.join(sorted(missing))}",
            "copy the folder again that fleet-manager gate add wrote",
        )
    return f"{len(ring)} trusted keys"


def _journal(data: Path) -> str:
    path = data / JOURNAL_FILE
    if not path.exists():
        return "none yet; the daemon makes it at its first start"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            problem = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            count = db.execute("SELECT count(*) FROM passages").fetchone()[0]
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise GateError(f"cannot read {path}: {error}", "gate-agent inspect tells more") from None
    if problem != "ok":
        raise GateError(f"{path}: {problem}", "export what can be read, then replace the card")
    return f"{count} records"


def _list(settings: GateSettings) -> str:
    ring = identity.load(settings.identity).ring
    try:
        store = ListStore(DiskFolder(settings.data / LISTS_FOLDER))
        found = [store.load(series, ring) for series in store.series()]
    except WireError as error:
        raise GateError(str(error), "it is fetched again once the centre is reached") from None
    if not found:
        raise GateError("no ticket list yet", "let the gate reach the centre once")
    return "; ".join(
        f"{of.series} version {of.version}, {of.count} tickets, as of {utc_text(of.as_of_ms)}"
        for of in (listed.manifest for listed in found if listed is not None)
    )


def _centre(broker: BrokerSettings, folder: Path) -> str:
    where = f"{broker.host}:{broker.port}"
    try:
        context = ssl.create_default_context(cafile=str(folder / identity.AUTHORITY))
        context.load_cert_chain(folder / identity.CERTIFICATE, folder / identity.KEY)
        with (
            socket.create_connection((broker.host, broker.port), CONNECT_S) as plain,
            context.wrap_socket(plain, server_hostname=broker.host) as secure,
        ):
            return f"{where}, {secure.version()}"
    except ssl.SSLError as error:
        raise GateError(
            f"{where} does not accept this gate, or is not the centre: {error.reason}",
            "are the clock and the certificates right?",
        ) from None
    except OSError as error:
        raise GateError(
            f"cannot reach {where}: {error.strerror or error}", "check cable, address and port"
        ) from None


def _device(part: str, path: str) -> Result:
    if Path(path).exists():
        return Result(part, True, path)
    return Result(part, False, f"{path} is not there", "is it plugged in?")


def _voice(data: Path) -> str:
    wanted = missing(data / RECORDINGS)
    if wanted:
        raise GateError(
            f"{len(wanted)} recordings are missing, {wanted[0]} among them",
            "gate-agent voice makes them",
        )
    if shutil.which("aplay") is None:
        raise GateError("there is no aplay", "install alsa-utils")
    return f"recordings in {data / RECORDINGS}"


def _glyphs() -> str:
    """A display without Chinese glyphs works, in English: that is worth a line, not a failure."""
    try:
        from gate_agent.drivers.panel import chinese_font
    except ImportError as missing_library:
        raise GateError(str(missing_library), "install scenic-gate[display]") from None
    return chinese_font() or "no Chinese font: English and symbols only; fonts-wqy-microhei has one"
