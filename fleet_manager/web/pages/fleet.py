"""Fleet 设备: every gate, the worst first; one gate with what to do; incidents; invitations."""

from collections import Counter
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy import Connection

from fleet_manager.access.rights import Act, View
from fleet_manager.database import incidents
from fleet_manager.database.incidents import IncidentCount
from fleet_manager.gates import gates, health
from fleet_manager.gates.gates import EnrolledGate, Station
from fleet_manager.gates.health import Concern, Finding, GateHealth, Situation
from fleet_manager.incident import Incident
from fleet_manager.lists import versions
from fleet_manager.passages import boot_clocks
from fleet_manager.rollouts import wishes
from fleet_manager.services import gates as acts
from fleet_manager.services import incidents as incident_acts
from fleet_manager.services.boards import enrolment
from fleet_manager.terminal import gate_lines
from fleet_manager.tickets.pictures import Format, draw, element
from fleet_manager.web.ask import Answer, Ask, BadField, Redirect, show
from fleet_manager.web.registry import act, page
from fleet_manager.web.texts.faults import FAULTS, OTHER

VALID_HOURS = (1, 2, 8, 24, 72, 168)


@page("/fleet", View.FLEET)
def board(ask: Ask) -> Answer:
    """Show all gates, the worst first, and the stations."""
    retired = bool(ask.query.get("retired"))
    with ask.centre.store.read() as connection:
        stations = [s for s in gates.stations(connection) if ask.who.station in {"", s.id}]
        wanted = ask.query.choice("station", [station.id for station in stations])
        members = examined(ask, connection, retired=retired)
    if wanted:
        members = [one for one in members if one.gate.station == wanted]
    names = {station.id: ask.pick(station.name_zh, station.name_en) for station in stations}
    counts = Counter(one.concern for one in members)
    return show(
        "fleet.html",
        lines=[_line(ask, one, names) for one in members],
        counts=[(each.key, counts[each]) for each in reversed(Concern) if counts[each]],
        stations=[(station.id, names[station.id]) for station in stations],
        wanted=wanted,
        retired=retired,
    )


@page("/fleet/gate", View.FLEET)
def gate(ask: Ask) -> Answer:
    """Show all that is known of one gate, and what somebody may do about it."""
    with ask.centre.store.read() as connection:
        enrolled = own_gate(ask, connection, ask.query.get("gate"))
        found = _examine(enrolled, _context(connection, ask.now_ms))
        line = gate_lines.read(connection, enrolled, ask.now_ms)
        boots = boot_clocks.every(connection, enrolled.id)
        facts = gate_lines.sheet(line, boots, ask.centre.calendar)
        open_now = incidents.open_now(connection, gate=enrolled.id)
    return show(
        "gate.html",
        gate=enrolled,
        concern=found.concern.key,
        findings=[_finding(ask, finding) for finding in found.findings],
        facts=facts,
        incidents=[_incident(ask, one) for one in open_now],
    )


@page("/fleet/incidents", View.FLEET)
def every_incident(ask: Ask) -> Answer:
    """Show what should not have happened, and has not been looked at."""
    kind = ask.query.choice("kind", [kind.value for kind in Incident])
    state = ask.query.choice("state", ("open", "all"), "open")
    with ask.centre.store.read() as connection:
        found = incidents.every(connection)
        members = gates.every(connection, retired=True)
    mine = {member.id for member in members if ask.who.station in {"", member.station}}
    shown = [
        one
        for one in found
        if (state == "all" or one.is_open)
        and kind in {"", one.kind.value}
        and (not ask.who.station or one.gate in mine)
    ]
    return show(
        "incidents.html",
        incidents=[_incident(ask, one) for one in shown],
        kinds=[(kind.value, ask.t(f"incident.{kind.value}")) for kind in Incident],
        kind=kind,
        state=state,
    )


@page("/fleet/stations", View.FLEET)
def every_station(ask: Ask) -> Answer:
    """Show the stations, to be named, added and removed."""
    with ask.centre.store.read() as connection:
        stations = [s for s in gates.stations(connection) if ask.who.station in {"", s.id}]
        sizes = Counter(gate.station for gate in gates.every(connection, retired=True))
    return show("stations.html", stations=stations, sizes=sizes)


# --- acts -----------------------------------------------------------------------------------------


@act("/fleet/stations/add", Act.STATION_ADD)
def add_station(ask: Ask) -> Answer:
    """Add a station."""
    station = ask.form.get("station")
    names = ask.form.get("name_zh", station), ask.form.get("name_en", station)
    acts.add_station(ask.centre, ask.who, Station(station, *names))
    return Redirect("/fleet/stations", notice=ask.t("fleet.station_added", station=station))


@act("/fleet/stations/set", Act.STATION_SET)
def rename_station(ask: Ask) -> Answer:
    """Give a station other names."""
    station = ask.form.get("station")
    names = ask.form.get("name_zh", station), ask.form.get("name_en", station)
    acts.rename_station(ask.centre, ask.who, station, *names)
    return Redirect("/fleet/stations", notice=ask.t("fleet.station_set", station=station))


@act("/fleet/stations/remove", Act.STATION_REMOVE)
def remove_station(ask: Ask) -> Answer:
    """Remove a station that has no gates."""
    station = ask.form.get("station")
    acts.remove_station(ask.centre, ask.who, station)
    return Redirect("/fleet/stations", notice=ask.t("fleet.station_removed", station=station))


@act("/fleet/label", Act.GATE_SET)
def set_label(ask: Ask) -> Answer:
    """Say what people call a gate."""
    gate_id = ask.form.get("gate")
    acts.set_label(ask.centre, ask.who, gate_id, ask.form.get("label"))
    return _back(gate_id, ask.t("fleet.done"))


@act("/fleet/accept", Act.GATE_SET)
def accept_config(ask: Ask) -> Answer:
    """Accept the configuration that a board reports."""
    gate_id = ask.form.get("gate")
    acts.accept_config(ask.centre, ask.who, gate_id, ask.form.get("reason"))
    return _back(gate_id, ask.t("fleet.done"))


@act("/fleet/renew", Act.GATE_RENEW)
def renew(ask: Ask) -> Answer:
    """Order another key for a gate; nobody has to go there."""
    gate_id = ask.form.get("gate")
    acts.renew(ask.centre, ask.who, [gate_id])
    return _back(gate_id, ask.t("fleet.renew_ordered"))


@act("/fleet/retire", Act.GATE_RETIRE)
def retire(ask: Ask) -> Answer:
    """Take nothing from a gate any more, for ever: its id is typed once more to be sure."""
    gate_id = ask.form.get("gate")
    if ask.form.get("sure") != gate_id:
        raise BadField(f"cannot retire gate {gate_id}: type its id once more to be sure")
    acts.retire(ask.centre, ask.who, gate_id, ask.form.get("reason"))
    return Redirect("/fleet", notice=ask.t("fleet.retired_now", gate=gate_id))


@act("/fleet/invite", Act.GATE_INVITE)
def invite(ask: Ask) -> Answer:
    """Show a one-time token by which a board enrols itself, as a text and as a code."""
    gate_id = ask.form.get("gate")
    hours = ask.form.number("hours", 2, low=1, high=168)
    replaces = bool(ask.form.get("replaces"))
    station = None if replaces else ask.form.get("station")
    if not replaces and not station:
        raise BadField("cannot invite a new gate without its station")
    token = enrolment.invite(
        ask.centre,
        ask.who,
        gate_id,
        station,
        valid_ms=hours * 3_600_000,
        replaces=replaces,
    )
    text = token.to_text()
    return show(
        "invitation.html",
        gate_id=gate_id,
        token=text,
        until=ask.centre.calendar.text(token.expires_s * 1000),
        picture=Markup(element(draw(text, Format.SVG))),  # noqa: S704 - our own drawing
    )


@act("/fleet/incidents/clear", Act.INCIDENT_CLEAR)
def clear(ask: Ask) -> Answer:
    """Mark incidents as looked at; one that happens again is open again."""
    reason = ask.form.get("reason")
    if not reason:
        raise BadField("cannot clear incidents without a reason: say what was found")
    chosen = set(ask.form.every("incident"))
    with ask.centre.store.read() as connection:
        seen = [one for one in incidents.open_now(connection) if _key(one) in chosen]
    incident_acts.clear(ask.centre, ask.who, seen, reason)
    return Redirect("/fleet/incidents", notice=ask.t("fleet.cleared", count=len(seen)))


# --- values ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Context:
    """What is read once for all gates."""

    newest: dict[str, int]
    two_boards: dict[str, int]
    wished: dict[str, str]
    incidents: Counter[str]
    now_ms: int


def _context(connection: Connection, now_ms: int) -> _Context:
    newest = {
        series: version.version
        for series in versions.every(connection)
        if (version := versions.newest(connection, series)) is not None
    }
    return _Context(
        newest,
        incidents.last_seen(connection, Incident.TWO_BOARDS),
        {gate_id: wish.release for gate_id, wish in wishes.every(connection).items()},
        Counter(one.gate for one in incidents.open_now(connection)),
        now_ms,
    )


def examined(ask: Ask, connection: Connection, *, retired: bool = False) -> list[GateHealth]:
    """Return the health of all gates of who asks, the worst first."""
    context = _context(connection, ask.now_ms)
    members = [
        _examine(one, context)
        for one in gates.every(connection, retired=retired)
        if ask.who.station in {"", one.station}
    ]
    return health.worst_first(members)


def _examine(enrolled: EnrolledGate, context: _Context) -> GateHealth:
    doubled_ms = context.two_boards.get(enrolled.id)
    wish = context.wished.get(enrolled.id)
    situation = Situation(
        newest=context.newest,
        now_ms=context.now_ms,
        two_boards=doubled_ms is not None
        and context.now_ms - doubled_ms <= gate_lines.TWO_BOARDS_MS,
        drifts=wish is not None and wish != enrolled.software,
        incidents=context.incidents[enrolled.id],
    )
    return health.examine(enrolled, gates.reported(enrolled.state), situation)


def own_gate(ask: Ask, connection: Connection, gate_id: str) -> EnrolledGate:
    """Return a gate that who asks may look at. Raises CentreError."""
    enrolled = gates.find(connection, gate_id)
    if ask.who.station not in {"", enrolled.station}:
        raise gates.no_gate(gate_id)
    return enrolled


def _line(ask: Ask, one: GateHealth, names: dict[str, str]) -> dict[str, object]:
    return {
        "id": one.gate.id,
        "label": one.gate.label,
        "station": names.get(one.gate.station, one.gate.station),
        "concern": one.concern.key,
        "findings": [_finding(ask, finding)["words"] for finding in one.findings],
        "seen_ms": one.gate.seen_ms,
        "software": one.gate.software,
        "lists": " ".join(f"{name}:{number}" for name, number in one.gate.lists.items()),
        "waiting": one.gate.waiting,
        "retired": one.gate.retired_ms is not None,
    }


def _finding(ask: Ask, finding: Finding) -> dict[str, str]:
    """Return a finding in words, with what to do about it."""
    if finding.code == "fault":
        words = FAULTS.get(finding.device, OTHER)
        name, cure = (words[0], words[2]) if ask.language == "zh" else (words[1], words[3])
        said = f"{name}: {finding.text}" if ask.language == "en" else f"{name}（{finding.text}）"
        return {"concern": finding.concern.key, "words": said, "cure": cure}
    return {
        "concern": finding.concern.key,
        "words": ask.t(f"finding.{finding.code}", **finding.values),
        "cure": ask.t(f"finding.{finding.code}.cure"),
    }


def _incident(ask: Ask, one: IncidentCount) -> dict[str, object]:
    return {
        "key": _key(one),
        "kind": ask.t(f"incident.{one.kind.value}"),
        "gate": one.gate,
        "words": one.words,
        "times": one.times - one.cleared,
        "first_ms": one.first_ms,
        "last_ms": one.last_ms,
        "is_open": one.is_open,
    }


def _key(one: IncidentCount) -> str:
    return f"{one.kind.value}|{one.gate}|{one.detail}"


def _back(gate_id: str, notice: str) -> Redirect:
    return Redirect(f"/fleet/gate?gate={gate_id}", notice=notice)
