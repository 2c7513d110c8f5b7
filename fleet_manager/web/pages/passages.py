"""Passages 通行: what happened at the gates, and why; overrides by person; conflicts."""

from dataclasses import replace
from urllib.parse import urlencode

from sqlalchemy import Connection

from fleet_manager.access.rights import Act, View
from fleet_manager.explain import explain
from fleet_manager.keys.vault import Vault
from fleet_manager.passages import record_pages, records
from fleet_manager.passages.record_pages import Place
from fleet_manager.passages.records import OF_VISITORS, GateRecord, RecordFilter, digest_of
from fleet_manager.services import ledger as ledger_service
from fleet_manager.station import ledger
from fleet_manager.terminal.headings import word
from fleet_manager.terminal.record_lines import Shown
from fleet_manager.tickets.lookup import cleaned
from fleet_manager.web.ask import Answer, Ask, BadField, Redirect, show
from fleet_manager.web.inputs import period, places
from fleet_manager.web.registry import act, page
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import TEXTS, Reason

PER_PAGE = 50
KINDS = ("entry", "exit", "override", "denied", "not_taken", "forced", "free", "unresolved",
         "forgiven", "mode", "boot")  # fmt: skip
MOST_CASES = 500


@page("/passages", View.PASSAGES)
def search(ask: Ask) -> Answer:
    """Show what happened, newest first, by whatever is asked for."""
    days = period.read_days(ask)
    vault = ask.centre.unlock()
    with ask.centre.store.read() as connection:
        where = places.read(ask, connection)
        wanted = _filter(ask, where)
        named = ask.query.get("q")
        if named:
            wanted = _of(ask, connection, vault, wanted, named)
        if not named or "from" in ask.query or "to" in ask.query:
            wanted = replace(wanted, days=days.ordinals)
        place = ask.query.get("after")
        found = record_pages.page(
            connection, wanted, Place.read(place) if place else None, PER_PAGE
        )
        style = shown(ask, connection, vault)
    following = ""
    if found.after is not None:
        following = _link(ask, after=found.after.text)
    return show(
        "passages.html",
        records=[row(record, style, ask) for record in found.records],
        where=where,
        days=days if wanted.days else None,
        gates=where.gate_choices,
        kinds=[(kind, ask.t(f"passages.kind.{kind}")) for kind in KINDS],
        reasons=[(reason.key, reason_words(reason, ask)) for reason in Reason],
        next=following,
        is_short=len(found.records) < PER_PAGE,
        first=_link(ask, after="") if place else "",
    )


@page("/passages/overrides", View.PASSAGES)
def overrides(ask: Ask) -> Answer:
    """Show whom each of the staff let in against a refusal."""
    days = period.read_days(ask, back=6)
    with ask.centre.store.read() as connection:
        where = places.read(ask, connection)
        wanted = RecordFilter(
            kinds=frozenset(),
            overrides=True,
            days=days.ordinals,
            station=where.station or None,
            gate=where.gate or None,
        )
        sums = records.sum_overrides(records.find(connection, wanted))
    return show("overrides.html", sums=sums, days=days, where=where)


@page("/passages/conflicts", View.PASSAGES)
def conflicts(ask: Ask) -> Answer:
    """Show tickets that several gates let in more often than they may."""
    state = ask.query.choice("state", (ledger.OPEN, ledger.RESOLVED, "all"), ledger.OPEN)
    with ask.centre.store.read() as connection:
        cases = ledger.cases(connection, None if state == "all" else state, None)
        own = ask.who.station
        if own:
            gates = {gate.id for gate in places.read(ask, connection).gates}
            cases = [case for case in cases if any(r["gate"] in gates for r in case.records)]
    return show(
        "conflicts.html",
        cases=cases[:MOST_CASES],
        sums=ledger.exposure(cases),
        more=max(0, len(cases) - MOST_CASES),
        state=state,
        reason_words=reason_words,
    )


@act("/passages/conflicts/resolve", Act.LEDGER_RESOLVE)
def resolve(ask: Ask) -> Answer:
    """Close the open conflicts of a ticket, with what was found."""
    serial = ask.form.number("serial", low=1, high=2**53)
    reason = ask.form.get("reason")
    if not reason:
        raise BadField("cannot resolve a conflict without a reason: say what was found")
    closed = ledger_service.resolve(ask.centre, ask.who, serial, ask.who.name, reason)
    return Redirect("/passages/conflicts", notice=ask.t("conflicts.resolved", count=closed))


def reason_words(reason: Reason, ask: Ask) -> str:
    """Return what a visitor read for a reason."""
    texts = TEXTS[reason]
    return texts.zh if ask.language == "zh" else texts.en


def shown(ask: Ask, connection: Connection, vault: Vault) -> Shown:
    """Return how records are shown to who asks."""
    return Shown.of(connection, ask.centre.calendar, vault, ask.language)


def row(record: GateRecord, style: Shown, ask: Ask) -> dict[str, object]:
    """Return a record for a table: in words, with what the gate knew then."""
    passage = record.passage
    known = {int(reason): reason for reason in Reason}
    reason = known.get(passage.reason)
    return {
        "at": style.calendar.text(record.at_ms),
        "gate": record.gate,
        "station": record.station,
        "lane": passage.lane,
        "kind": passage.kind.key,
        "what": word(passage.kind.key, style.language)
        if style.language == "zh"
        else passage.kind.key.replace("_", " "),
        "direction": ask.t(f"passages.direction.{passage.direction.name.lower()}"),
        "persons": "" if passage.kind is PassageKind.DENIED else passage.persons,
        "ticket": style.ticket(passage.ticket),
        "product": style.product(passage.product),
        "reason": record.reason,
        "reason_words": reason_words(reason, ask) if reason else "",
        "hint": TEXTS[reason].hint if reason else "",
        "by": record.staff,
        "why": record.why if record.is_override or passage.kind is PassageKind.MODE else "",
        "override": record.is_override,
        "disowned": record.disowned,
        "list_version": passage.list_version,
        "freshness": ask.t(f"passages.freshness.{passage.freshness}"),
        "clock": ask.t(f"passages.clock.{passage.clock.name.lower()}"),
        "alone": ask.t(f"passages.alone.{passage.alone}"),
        "said": style.calendar.text(passage.wall_ms),
        "number": passage.seq,
    }


def _filter(ask: Ask, where: places.Places) -> RecordFilter:
    kind = ask.query.choice("kind", KINDS)
    reason = ask.query.choice("reason", [reason.key for reason in Reason])
    kinds, taken, overrides = OF_VISITORS, None, False
    if kind in {"entry", "exit"}:
        kinds = frozenset({PassageKind.TAKEN})
        taken = Direction.IN if kind == "entry" else Direction.OUT
    elif kind == "override":
        kinds, overrides = frozenset(), True
    elif kind:
        kinds = frozenset(one for one in PassageKind if one.key == kind)
    return RecordFilter(
        kinds=kinds,
        taken=taken,
        overrides=overrides,
        gate=where.gate or None,
        station=where.station or None,
        reason=reason or None,
        staff=ask.query.get("staff") or None,
    )


def _of(
    ask: Ask, connection: Connection, vault: Vault, wanted: RecordFilter, named: str
) -> RecordFilter:
    """Return the filter for a ticket, a seller's code, or a code that nobody sold."""
    ticket = explain(connection, named, vault, ask.centre.calendar, 0, ask.now_ms).presented
    if ticket is None:
        return replace(wanted, code=digest_of(cleaned(named)))
    return replace(wanted, ticket=ticket.id)


def _link(ask: Ask, **changed: str) -> str:
    """Return this page's address with fields changed, '' to leave one out."""
    kept = [(name, value) for name, value in ask.query.pairs() if value and name not in changed]
    kept += [(name, value) for name, value in changed.items() if value]
    return f"{ask.path}?{urlencode(kept)}"
