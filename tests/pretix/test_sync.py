"""From an order in pretix to a code that a gate knows, and from a passage back to pretix."""

import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from fleet_manager.__main__ import build
from fleet_manager.access.actor import computer_user
from fleet_manager.centre import Centre
from fleet_manager.database import tables
from fleet_manager.intake.ingest import ingest
from fleet_manager.lists import codes
from fleet_manager.pretix import sources
from fleet_manager.pretix.event import PretixEvent
from fleet_manager.sellers import sellers
from fleet_manager.services.pretix import push
from fleet_manager.services.products import retire
from gate_agent.validator.lists.code_list import TableReader
from gate_agent.validator.lists.code_table import CodeTable
from gate_agent.validator.lists.listing import Listing
from gate_agent.validator.lists.manifest import ListKind, Manifest
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.passage import Direction, PassageKind, decode
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.pretix.server import SimPretixServer
from tests.fleet_manager.conftest import furnish_gates
from tests.fleet_manager.scribe import NOON, Scribe
from tests.pretix.conftest import Shop


def run(park: Centre, *words: str) -> Result:
    """`fleet-manager --data … pretix …`."""
    return CliRunner().invoke(
        build(), ["--data", str(park.config.folder), "pretix", *words], catch_exceptions=False
    )


def connected(park: Centre, shop: Shop, slug: str, *, signed: bool) -> dict[str, int]:
    """The event as series `otter`, its adults mapped."""
    made = shop.open_event(slug, signed)
    if signed:
        shop.sell(slug, made["items"][1], 1, "p", None)  # the first ticket makes the key
    words = ["connect", "otter", shop.url, slug, "--token", made["token"], "--from", "2026-11-20"]
    if signed:
        words.append("--signed")
    done = run(park, *words, "--to", "2026-12-31")
    assert done.exit_code == 0, done.output
    assert run(park, "map", "otter", str(made["items"][0]), "adult").exit_code == 0
    return {"adult": made["items"][0], "child": made["items"][1]}


class _Memory:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def read_at(self, offset: int, count: int) -> bytes:
        return self._data[offset : offset + count]

    def close(self) -> None: ...


def at_a_gate(park: Centre, secret: str) -> tuple[Ticket, Listing] | None:
    """What a gate with the newest list makes of a scanned secret."""
    with park.store.read() as connection:
        made = codes.read(connection, "otter", None)
    reader = TableReader(made.count)
    reader.feed(made.table)
    named = Manifest(
        series="otter",
        kind=ListKind.CODES,
        version=1,
        as_of_ms=0,
        base=0,
        first=0,
        count=made.count,
        body_bytes=len(made.table),
        body=b"",
        result=made.result,
    )
    table = CodeTable(named, _Memory(made.table), 0, reader.finish())
    ticket = table.ticket(secret.encode())
    return None if ticket is None else (ticket, table.listing(ticket))


def status_at_a_gate(park: Centre, secret: str) -> TicketStatus | None:
    found = at_a_gate(park, secret)
    return None if found is None else found[1].status


@pytest.mark.parametrize("signed", [False, True], ids=["listed", "signed"])
def test_sold_blocked_renewed_cancelled(
    park: Centre, shop: Shop, slug: str, *, signed: bool
) -> None:
    items = connected(park, shop, slug, signed=signed)
    one, two, three = shop.sell(slug, items["adult"], 3, "p", 4)
    (gone,) = shop.sell(slug, items["adult"], 1, "p", None)
    (child,) = shop.sell(slug, items["child"], 1, "p", None)
    shop.block(two["id"], True)
    done = run(park, "sync", "otter")
    assert done.exit_code == 0, done.output
    assert "of products that are nothing here" in done.output
    found = at_a_gate(park, one["secret"])
    assert found is not None
    ticket, listing = found
    assert listing.status is TicketStatus.VALID
    assert ticket.expires_at - ticket.not_before == 4 * 3600
    assert status_at_a_gate(park, two["secret"]) in (TicketStatus.SUSPENDED, TicketStatus.VOID)
    assert status_at_a_gate(park, gone["secret"]) is TicketStatus.VALID
    assert status_at_a_gate(park, child["secret"]) is None
    assert status_at_a_gate(park, "never-sold-secret") is None
    with park.store.read() as connection:
        known = sellers.find(connection, one["secret"])
    assert known is not None
    assert (known.ticket.id, known.status) == (ticket.id, TicketStatus.VALID)

    shop.block(two["id"], False)
    fresh = shop.renew(three["id"])["secret"]
    shop.cancel(gone["order"])
    assert run(park, "sync").exit_code == 0
    assert status_at_a_gate(park, two["secret"]) is TicketStatus.VALID
    assert status_at_a_gate(park, three["secret"]) is TicketStatus.VOID
    assert status_at_a_gate(park, fresh) is TicketStatus.VALID
    assert status_at_a_gate(park, gone["secret"]) is TicketStatus.VOID
    assert "0 new, 0 changed" in run(park, "sync").output.replace("codes ", "")


def test_a_retired_product_is_not_mapped_but_who_has_paid_for_it_enters(
    park: Centre, sim: SimPretixServer
) -> None:
    items = connected(park, sim, "gardens", signed=False)
    retire(park, computer_user(), "adult")
    (late,) = sim.sell("gardens", items["adult"], 1, "p", None)
    done = run(park, "sync", "otter")
    assert done.exit_code == 0, done.output
    assert status_at_a_gate(park, late["secret"]) is TicketStatus.VALID
    assert "adult (retired)" in run(park, "items", "otter").output
    assert '"product": "adult"' in run(park, "items", "otter", "--json").output
    done = run(park, "map", "otter", str(items["child"]), "adult")
    assert done.exit_code == 1
    assert "cannot sell product adult: it is retired" in done.output


@pytest.mark.parametrize("signed", [False, True], ids=["listed", "signed"])
def test_passages_go_back(park: Centre, shop: Shop, slug: str, *, signed: bool) -> None:
    items = connected(park, shop, slug, signed=signed)
    (sold,) = shop.sell(slug, items["adult"], 1, "p", None)
    assert run(park, "sync").exit_code == 0
    found = at_a_gate(park, sold["secret"])
    assert found is not None
    scribe = Scribe("gate-1", bytes(16))
    for kind, direction in (
        (PassageKind.GRANTED, Direction.IN),
        (PassageKind.TAKEN, Direction.IN),
        (PassageKind.TAKEN, Direction.OUT),
    ):
        scribe.write(kind, direction=direction, ticket=found[0].id, product=1)
    scribe.write(PassageKind.TAKEN, ticket=bytes(8), product=1)
    furnish_gates(park.store)
    with park.store.write() as connection:
        ingest(connection, [("gate-1", scribe.batch())], park.calendar, NOON)
        assert push.waiting(connection, "otter") == 2
    for _ in range(2):
        done = run(park, "sync", "otter")
        assert done.exit_code == 0, done.output
    told = [(one["type"], round(one["at"] * 1000)) for one in shop.checkins(sold["id"])]
    assert told == [("entry", NOON + 2000), ("exit", NOON + 3000)]
    with park.store.read() as connection:
        assert push.waiting(connection, "otter") == 0


# --- what only a simulated pretix does on demand -------------------------------------------------


@pytest.fixture
def sim() -> SimPretixServer:
    """Closed with the process: its thread is a daemon."""
    return SimPretixServer(random.Random(3))


def with_passages(park: Centre, sim: SimPretixServer, count: int) -> list[int]:
    """`count` tickets that went in; their positions."""
    items = connected(park, sim, "gardens", signed=False)
    sold = sim.sell("gardens", items["adult"], count, "p", None)
    assert run(park, "sync").exit_code == 0
    scribe = Scribe("gate-1", bytes(16))
    for one in sold:
        found = at_a_gate(park, one["secret"])
        assert found is not None
        scribe.write(PassageKind.TAKEN, ticket=found[0].id, product=1)
    furnish_gates(park.store)
    with park.store.write() as connection:
        ingest(connection, [("gate-1", scribe.batch())], park.calendar, NOON)
    return [one["id"] for one in sold]


def test_a_pretix_that_fails_half_way_is_told_the_rest_later(
    park: Centre, sim: SimPretixServer
) -> None:
    positions = with_passages(park, sim, 5)
    source, event = _event(park)
    with park.store.read() as connection:
        upto = push.horizon(connection)
    real = sim.api.answer
    asked = 0

    def stumbling(method: str, target: str, token: str, body: object) -> tuple[int, object]:
        nonlocal asked
        asked += 1
        return (503, {}) if asked == 3 else real(method, target, token, body)

    sim.api.answer = stumbling  # type: ignore[method-assign]
    first = push.push(park.store, source, event, upto, NOON)
    assert (first.reported, first.refused) == (2, 0)
    assert "503" in first.stopped
    rest = push.push(park.store, source, event, upto, NOON)
    assert (rest.reported, rest.refused, rest.stopped) == (3, 0, "")
    assert [len(sim.checkins(one)) for one in positions] == [1] * 5


def test_more_passages_than_one_step_are_all_reported(park: Centre, sim: SimPretixServer) -> None:
    positions = with_passages(park, sim, push.STEP_PASSAGES + 2)
    assert run(park, "sync", "otter").exit_code == 0
    assert [len(sim.checkins(position)) for position in positions] == [1] * len(positions)


def test_an_answer_that_was_lost_does_no_harm(park: Centre, sim: SimPretixServer) -> None:
    """pretix took the passage in, and the connection broke before it said so."""
    (position,) = with_passages(park, sim, 1)
    source, event = _event(park)
    with park.store.read() as connection:
        upto = push.horizon(connection)
    real = sim.api.answer

    def lost(method: str, target: str, token: str, body: object) -> tuple[int, object]:
        real(method, target, token, body)
        return 500, {}

    sim.api.answer = lost  # type: ignore[method-assign]
    assert push.push(park.store, source, event, upto, NOON).stopped
    sim.api.answer = real  # type: ignore[method-assign]
    assert push.push(park.store, source, event, upto, NOON).reported == 1
    assert len(sim.checkins(position)) == 1


def test_passages_of_two_gates_whose_journals_have_one_id_are_both_reported(
    park: Centre, sim: SimPretixServer
) -> None:
    (position,) = with_passages(park, sim, 1)
    with park.store.write() as connection:
        [record] = connection.scalars(select(tables.passage.c.record))
        scribe = Scribe("gate-2", bytes(16))
        ticket = decode(record).ticket
        scribe.write(PassageKind.TAKEN, ticket=ticket, product=1, direction=Direction.OUT)
        ingest(connection, [("gate-2", scribe.batch())], park.calendar, NOON)
    assert run(park, "sync", "otter").exit_code == 0
    assert len(sim.checkins(position)) == 2


def test_what_pretix_will_not_take_is_kept_and_holds_up_nobody(
    park: Centre, sim: SimPretixServer
) -> None:
    positions = with_passages(park, sim, 3)
    order = sim.events["gardens"].orders[0]
    order.positions[1].secret = "replaced-behind-our-back"
    source, event = _event(park)
    with park.store.read() as connection:
        upto = push.horizon(connection)
    done = push.push(park.store, source, event, upto, NOON)
    assert (done.reported, done.refused, done.stopped) == (3, 1, "")
    assert [len(sim.checkins(one)) for one in positions] == [1, 0, 1]
    with park.store.read() as connection:
        (refused,) = push.refusals(connection, "otter")
    assert (refused.gate, refused.seq, refused.reason) == ("gate-1", 2, "invalid")
    when = park.calendar.text(refused.wall_ms)
    assert f"record 2, {when}: invalid" in run(park, "status").output
    assert '"reason": "invalid"' in run(park, "status", "--json").output


def test_a_pull_that_breaks_off_changes_nothing(park: Centre, sim: SimPretixServer) -> None:
    items = connected(park, sim, "gardens", signed=False)
    sold = [sim.sell("gardens", items["adult"], 1, "p", None)[0] for _ in range(60)]
    good = sim.api.answer
    pages = 0

    def torn(method: str, target: str, token: str, body: object) -> tuple[int, object]:
        nonlocal pages
        pages += "orders/" in target
        return (200, {"results": 7}) if pages == 2 else good(method, target, token, body)

    sim.api.answer = torn  # type: ignore[method-assign]
    done = run(park, "sync")
    assert done.exit_code == 1
    assert "not a page" in done.output
    assert at_a_gate(park, sold[0]["secret"]) is None
    assert run(park, "sync").exit_code == 0
    assert all(status_at_a_gate(park, one["secret"]) is TicketStatus.VALID for one in sold)


def test_a_ticket_from_before_the_world_began_spoils_no_list(
    park: Centre, sim: SimPretixServer
) -> None:
    """A list is refused whole for one kind that is none, and kinds stay in it for ever."""
    items = connected(park, sim, "gardens", signed=False)
    odd, good = sim.sell("gardens", items["adult"], 2, "p", 4)
    position = sim.events["gardens"].orders[0].positions[0]
    position.valid_from = position.valid_until = "1970-01-01T00:00:00Z"
    assert run(park, "sync").exit_code == 0
    found = at_a_gate(park, odd["secret"])
    assert found is not None
    assert found[0].expires_at == 1
    assert status_at_a_gate(park, good["secret"]) is TicketStatus.VALID


def test_one_pretix_that_is_gone_holds_up_no_other(park: Centre, sim: SimPretixServer) -> None:
    items = connected(park, sim, "gardens", signed=False)
    other = SimPretixServer(random.Random(4))
    made = other.open_event("lake", False)
    done = run(park, "connect", "heron", other.url, "lake", "--token", made["token"])
    assert done.exit_code == 0, done.output
    other.close()
    (sold,) = sim.sell("gardens", items["adult"], 1, "p", None)
    done = run(park, "sync")
    assert done.exit_code == 1
    assert "heron: cannot reach pretix" in done.output
    assert status_at_a_gate(park, sold["secret"]) is TicketStatus.VALID


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("connect", "main", "URL", "gardens", "--token", "x"), "cannot use the series"),
        (("connect", "otter", "nowhere", "gardens", "--token", "x"), "cannot use the address"),
        (("connect", "otter", "URL", "gardens", "--token", "x"), "cannot connect to pretix"),
        (("map", "otter", "7", "adult"), "cannot find a pretix"),
        (("sync", "otter"), "cannot find a pretix"),
        (("items", "otter"), "cannot find a pretix"),
    ],
)
def test_wrong_words(park: Centre, sim: SimPretixServer, words: tuple[str, ...], says: str) -> None:
    done = run(park, *(sim.url if word == "URL" else word for word in words))
    assert done.exit_code == 1
    assert says in done.output


def test_more_wrong_words(park: Centre, sim: SimPretixServer) -> None:
    items = connected(park, sim, "gardens", signed=False)
    for words, says in (
        (("map", "otter", "x", "adult"), "must be like 12 or 12/3"),
        (("map", "otter", "7/", "adult"), "must be like 12 or 12/3"),
        (("map", "otter", "7", "nobody"), "cannot find product"),
        (("connect", "otter", sim.url, "gardens", "--token", "x"), "it is there"),
    ):
        done = run(park, *words)
        assert done.exit_code == 1
        assert says in done.output, done.output
    shown = run(park, "items", "otter").output
    assert f"{items['adult']} " in shown
    assert "Child, Under six" in shown
    assert '"product": "adult"' in run(park, "items", "otter", "--json").output
    token = sim.open_event("unsigned", False)["token"]
    done = run(park, "connect", "hare", sim.url, "unsigned", "--token", token, "--signed")
    assert done.exit_code == 1
    assert "has no key" in done.output


def test_the_token_is_kept_as_a_secret(park: Centre, sim: SimPretixServer) -> None:
    connected(park, sim, "gardens", signed=False)
    file = Path(park.config.keys) / "pretix-otter.token"
    assert file.stat().st_mode & 0o777 == 0o600
    file.unlink()
    done = run(park, "sync")
    assert done.exit_code == 1
    assert "connect this pretix again" in done.output


def _event(park: Centre) -> tuple[sources.PretixSource, PretixEvent]:
    with park.store.read() as connection:
        source = sources.find(connection, "otter")
    return source, sources.event_of(source, park.config.keys)
