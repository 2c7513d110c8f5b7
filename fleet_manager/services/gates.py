"""Acts on stations and gates: add and rename a station; enrol, replace, renew, label, retire,
disown a gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from fleet_manager import recovery
from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.gates import gates, key_renewals, stations
from fleet_manager.gates.gates import Bundle, Station
from fleet_manager.intake import disowning
from fleet_manager.services.act import StationOf, performed, refusals
from gate_agent.validator.messages.enrolment import site_json


@dataclass(frozen=True, slots=True)
class Disowned:
    """What of a gate is disowned. `records`: how many, of whatever kind. `passages`: persons who
    went through by them. `first`: the first record by number of the journal. `refused`: whether
    the gate's key is refused from now on."""

    gate: str
    records: int
    passages: int
    first: dict[int, int]
    refused: bool


def add_station(centre: Centre, who: Actor, station: Station) -> None:
    """Add a station. Raises CentreError for an id that is taken, or that is no name."""
    with performed(centre, who, Act.STATION_ADD, f"station {station.id}") as deed:
        gates.add_station(deed.connection, station)
        deed.after = _names(station)


def rename_station(
    centre: Centre, who: Actor, station: str, name_zh: str | None, name_en: str | None
) -> Station:
    """Give a station other names, None for those it has; return it. Raises CentreError."""
    with performed(
        centre, who, Act.STATION_SET, f"station {station}", station=lambda _: station
    ) as deed:
        before = stations.find(deed.connection, station)
        renamed = Station(station, name_zh or before.name_zh, name_en or before.name_en)
        stations.rename(deed.connection, renamed)
        deed.before, deed.after = _names(before), _names(renamed)
    return renamed


def remove_station(centre: Centre, who: Actor, station: str) -> None:
    """Remove a station that no gate belongs to. Raises CentreError."""
    with performed(
        centre, who, Act.STATION_REMOVE, f"station {station}", station=lambda _: station
    ) as deed:
        deed.before = _names(stations.find(deed.connection, station))
        stations.remove(deed.connection, station)


def _names(station: Station) -> dict[str, str]:
    return {"name_zh": station.name_zh, "name_en": station.name_en}


def add(centre: Centre, who: Actor, gate: str, station: str, folder: Path) -> list[Path]:
    """Enrol a gate: write its bundle into `folder` and return the files.

    The files are on disk before the gate counts: a bundle nobody enrolled is harmless, a gate
    without its bundle would have to be replaced. Raises CentreError; then there is no gate.
    """
    subject = f"gate {gate}"
    with refusals(centre, who, Act.GATE_ADD, subject, station=lambda _: station):
        with centre.store.read() as connection:
            gates.check_new(connection, gate, station)
        bundle = _draw(centre, gate)
        files = bundle.write(folder)
    with performed(centre, who, Act.GATE_ADD, subject, station=lambda _: station) as deed:
        gates.add_gate(deed.connection, gate, station, bundle.public, centre.clock())
        deed.after = {"station": station, "key": bundle.public.hex()}
    return files


def replace(centre: Centre, who: Actor, gate: str, folder: Path, reason: str = "") -> list[Path]:
    """Write a new bundle for a gate whose board is stolen, broken or refused; return the files.

    From then on the centre takes nothing from the old board. Raises CentreError.
    """
    subject = f"gate {gate}"
    with refusals(centre, who, Act.GATE_REPLACE, subject, station=_at(gate)):
        with centre.store.read() as connection:
            before = gates.find_in_use(connection, gate)
        bundle = _draw(centre, gate)
        files = bundle.write(folder)
    with performed(centre, who, Act.GATE_REPLACE, subject, station=_at(gate)) as deed:
        key_renewals.put_in_force(deed.connection, gate, bundle.public, centre.clock())
        deed.before = {"key": before.public.hex()}
        deed.after, deed.reason = {"key": bundle.public.hex()}, reason
    return files


def renew(
    centre: Centre, who: Actor, wanted: Sequence[str] | None, *, forget: bool = False
) -> list[str]:
    """Order a new key, certificate and link secret for gates, None for all; return their ids.

    `forget`: what a gate has drawn already counts no more, because its card was replaced before
    it was used. Raises CentreError for a gate that is not there.
    """
    subject = "all gates" if wanted is None else f"gates {', '.join(wanted)}"
    with performed(centre, who, Act.GATE_RENEW, subject) as deed:
        if wanted is None:
            every = gates.every(deed.connection)
            wanted = [gate.id for gate in every if gate.disowned_ms is None]
        ids = [*wanted]
        key_renewals.order(deed.connection, ids, forget=forget)
        deed.after = {"ordered": ids, "forget": forget}
    return ids


def set_label(centre: Centre, who: Actor, gate: str, label: str) -> None:
    """Say what people call a gate, '' for nothing. Raises CentreError."""
    with performed(centre, who, Act.GATE_SET, f"gate {gate}", station=_at(gate)) as deed:
        deed.before = {"label": gates.find(deed.connection, gate).label}
        gates.set_label(deed.connection, gate, label)
        deed.after = {"label": label}


def accept_config(centre: Centre, who: Actor, gate: str, reason: str = "") -> str:
    """Accept the configuration that a gate's board has reported; return its digest. Raises
    CentreError for a gate that has reported none."""
    with performed(centre, who, Act.GATE_SET, f"gate {gate}", station=_at(gate)) as deed:
        before, after = gates.accept_config(deed.connection, gate)
        deed.before, deed.after = {"config": before}, {"config": after}
        deed.reason = reason
    return after


def retire(centre: Centre, who: Actor, gate: str, reason: str = "") -> None:
    """Take nothing from a gate any more, for ever; its records stay, its id is not given out again.

    Raises CentreError for a gate that is not there, or is retired.
    """
    with performed(centre, who, Act.GATE_RETIRE, f"gate {gate}", station=_at(gate)) as deed:
        now_ms = centre.clock()
        gates.retire(deed.connection, gate, now_ms)
        deed.after, deed.reason = {"retired_ms": now_ms}, reason


def preview_disowning(
    centre: Centre, gate: str, since_ms: int, until_ms: int | None = None
) -> Disowned:
    """Return what `disown` would do; change nothing. Raises CentreError as it does."""
    with centre.store.read() as connection:
        return _plan(connection, gate, since_ms, until_ms, centre.clock())


def _plan(
    connection: Connection, gate: str, since_ms: int, until_ms: int | None, now_ms: int
) -> Disowned:
    enrolled = gates.find(connection, gate)
    if since_ms > now_ms or (until_ms is not None and until_ms <= since_ms):
        raise CentreError(
            f"cannot disown records of gate {gate}: the time is not over yet, or ends before it "
            "begins",
            "--since is when the board was last in good hands, --until when it was replaced",
        )
    first = disowning.first_records(connection, gate, since_ms, until_ms)
    records, passages = disowning.count(connection, first)
    refused = until_ms is None and enrolled.retired_ms is None
    return Disowned(gate, records, passages, first, refused)


def disown(
    centre: Centre,
    who: Actor,
    gate: str,
    since_ms: int,
    reason: str = "",
    *,
    until_ms: int | None = None,
) -> Disowned:
    """Let all records of a gate that arrived at `since_ms` or later count for nothing.

    The centre's clock decides, to the minute: times in the records are the gate's own word. From
    now on the gate's key is refused, until `gate replace` gives it another. `until_ms`: when it was
    replaced already: then its key and its new journal stay in force. Gates are told news anew, so
    that what they heard of these records is undone. It can be repeated, also with another time, and
    after a program died in the middle of it. Raises CentreError.
    """
    with performed(centre, who, Act.GATE_DISOWN, f"gate {gate}", station=_at(gate)) as deed:
        now_ms = centre.clock()
        disowned = _plan(deed.connection, gate, since_ms, until_ms, now_ms)
        before_ms = gates.find(deed.connection, gate).disowned_ms
        refused_ms = now_ms if disowned.refused else before_ms
        disowning.mark(deed.connection, gate, disowned.first, refused_ms)
        recovery.number_news_anew(deed.connection)
        deed.reason = reason
        deed.after = {
            "since_ms": since_ms,
            "until_ms": until_ms,
            "first": {str(journal): first for journal, first in disowned.first.items()},
            "key_refused": disowned.refused,
        }
    _carry_out(centre, gate)
    return disowned


def own_again(centre: Centre, who: Actor, gate: str, reason: str = "") -> int:
    """Undo `disown`: all records of a gate count again, and its key if it still was refused.

    Returns how many records. Raises CentreError if none is disowned.
    """
    with performed(centre, who, Act.GATE_DISOWN, f"gate {gate}", station=_at(gate)) as deed:
        gates.find(deed.connection, gate)
        disowning.check(deed.connection, gate)
        disowning.mark(deed.connection, gate, {}, None)
        recovery.number_news_anew(deed.connection)
        deed.after, deed.reason = {"first": {}}, reason
    return _carry_out(centre, gate)


def _carry_out(centre: Centre, gate: str) -> int:
    """Bring histories and counts in order, step by step; return how many records it were."""
    with centre.store.read() as connection:
        journals = disowning.journals_of(connection, gate)
        records = disowning.waiting(connection, gate)
    for journal in journals:
        at: int | None = 0
        while at is not None:
            with centre.store.write() as connection:
                at = disowning.step(connection, gate, journal, at, centre.calendar, centre.clock())
    return records


def _at(gate: str) -> StationOf:
    """Return how the station of a gate is found. A gate that is not there has none."""

    def find(connection: Connection) -> str | None:
        return gates.find(connection, gate).station

    return find


def _draw(centre: Centre, gate: str) -> Bundle:
    now, config = datetime.fromtimestamp(centre.clock() / 1000, UTC), centre.config
    broker = config.broker
    site = site_json(config.park, gate, broker.host, broker.port, config.time_zone.key)
    return gates.draw_bundle(centre.unlock(), config.park, gate, centre.authority(), now, site=site)
