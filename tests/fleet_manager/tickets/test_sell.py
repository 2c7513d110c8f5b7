"""Issued tickets: a foreign COSE library believes them, and so does the gate's decision."""

from datetime import date

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.explain import explain
from fleet_manager.lists import versions
from fleet_manager.lists.publisher import ListPublisher
from fleet_manager.tickets.products import read_policy
from fleet_manager.tickets.sell import MAX_COUNT, Issuer, TicketOrder
from fleet_manager.tickets.sold import find, members
from fleet_manager.tickets.status import MAX_PRINTS, reprint, set_status
from gate_agent.validator.decide import Denied, Granted, HolderNeeded
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.holder import holder_tag
from gate_agent.validator.tickets.ticket import MAX_CODE_CHARS, Ticket, parse
from tests.fleet_manager.scribe import NOON
from tests.vectors.cose import to_cose

TODAY = date(2026, 11, 23)


def sell(park: Centre, order: TicketOrder) -> list[tuple[Ticket, str]]:
    issuer = park.issuer()
    with park.store.write() as connection:
        return [(one, issuer.code(one)) for one in issuer.sell(connection, order, NOON)]


def verdict(park: Centre, shown: str, now_ms: int = NOON) -> object:
    with park.store.read() as connection:
        found = explain(connection, shown, park.unlock(), park.calendar, 0, now_ms)
    decision = found.decision
    return decision.reason if isinstance(decision, Denied) else type(decision)


@pytest.mark.parametrize(
    ("order", "claims"),
    [
        (TicketOrder("adult", TODAY), {}),
        (TicketOrder("adult", TODAY, admits=40), {-70002: 40}),
        (TicketOrder("adult", TODAY, count=3, group=True), {-70005: 77}),
        (TicketOrder("adult", TODAY, holder=("id-card", "11010519491231002x")), {}),
        (
            TicketOrder(
                "pass", TODAY, days=365, zones=5, policy=read_policy("daily", exit_required=True)
            ),
            {
                -70003: 5,
                -70004: 6,
            },
        ),
    ],
    ids=["single", "team", "group", "holder", "season"],
)
@pytest.mark.parametrize("printed_again", [False, True])
def test_a_foreign_library_verifies_what_we_sign(
    park: Centre, order: TicketOrder, claims: dict[int, object], *, printed_again: bool
) -> None:
    vault = park.unlock()
    issuer = Issuer(vault, park.config.park, park.calendar, draw=lambda _: 77)
    with park.store.write() as connection:
        tickets = issuer.sell(connection, order, NOON)
        if printed_again:
            tickets = [reprint(connection, one.serial) for one in tickets]
    public = Ed25519PublicKey.from_public_bytes(vault.ticket.public)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = cwt.COSEKey.from_pem(pem, kid=vault.ticket.id)
    assert len(tickets) == order.count
    for ticket in tickets:
        code = issuer.code(ticket)
        assert len(code) <= MAX_CODE_CHARS
        # Not `cwt.decode`: that one also looks at the clock.
        signed = to_cose(parse(code.encode()), park.config.park)
        payload = cwt.COSE.new().decode(signed, key)
        values = cbor2.loads(payload)
        assert values[1] == "west-lake"
        assert values[4] > values[5]
        assert values[6] == NOON // 1000
        assert values[7] == ticket.serial.to_bytes(4, "big")
        for claim, value in claims.items():
            assert values[claim] == value
        assert (values.get(-70007) == 1) is printed_again
        if order.holder:
            assert values[-70006] == holder_tag(vault.pepper, ticket.serial, *order.holder)
        tampered = bytearray(signed)
        tampered[-70] ^= 1
        with pytest.raises(cwt.CWTError):
            cwt.COSE.new().decode(bytes(tampered), key)


def test_the_window_is_whole_days_of_the_park(park: Centre) -> None:
    [(ticket, _)] = sell(park, TicketOrder("adult", TODAY, days=2))
    assert ticket.not_before == NOON // 1000 - 12 * 3600
    assert ticket.expires_at == ticket.not_before + 2 * 86400


def test_serials_go_on_without_holes_also_after_a_failure(park: Centre) -> None:
    sell(park, TicketOrder("adult", TODAY, count=2))
    with pytest.raises(CentreError):
        sell(park, TicketOrder("adult", TODAY, admits=70_000))
    assert [one.serial for one, _ in sell(park, TicketOrder("child", TODAY, count=2))] == [3, 4]


def test_members_of_a_group_are_found(park: Centre) -> None:
    sold = sell(park, TicketOrder("adult", TODAY, count=3, group=True))
    sell(park, TicketOrder("adult", TODAY, count=2, group=True))
    group = sold[0][0].group
    assert group is not None
    with park.store.read() as connection:
        assert [one.ticket for one in members(connection, group)] == [one for one, _ in sold]


@pytest.mark.parametrize(
    "order",
    [
        TicketOrder("nothing", TODAY),
        TicketOrder("adult", TODAY, count=0),
        TicketOrder("adult", TODAY, count=MAX_COUNT + 1),
        TicketOrder("adult", TODAY, count=2, holder=("id-card", "12345678")),
        TicketOrder("adult", TODAY, holder=("id-card", "1")),
        TicketOrder("adult", TODAY, admits=0),
        TicketOrder("adult", TODAY, zones=1 << 16),
        TicketOrder("adult", TODAY, days=0),
        TicketOrder("adult", TODAY, days=1 << 40),
        TicketOrder("adult", date(9999, 12, 31), days=1),
        TicketOrder("adult", date(1, 1, 1)),
    ],
)
def test_an_order_that_cannot_be_met_sells_nothing(park: Centre, order: TicketOrder) -> None:
    with pytest.raises(CentreError):
        sell(park, order)
    with park.store.read() as connection, pytest.raises(CentreError):
        find(connection, 1)


@given(number=st.integers())
def test_any_number_is_a_ticket_or_a_clear_error(number: int) -> None:
    from fleet_manager.database.store import Store

    store = Store.open("sqlite:///:memory:", create=True)
    with store.read() as connection, pytest.raises(CentreError, match="cannot find ticket"):
        find(connection, number)
    store.close()


def test_the_life_of_a_ticket_as_the_gate_would_see_it(park: Centre) -> None:
    [(ticket, code)] = sell(park, TicketOrder("adult", TODAY))
    serial = ticket.serial

    def change(status: TicketStatus) -> list[int]:
        with park.store.write() as connection:
            return set_status(connection, [serial, serial], status)

    assert verdict(park, code) is Granted
    assert verdict(park, str(serial)) is Granted
    assert verdict(park, code, NOON + 86_400_000) is Reason.EXPIRED
    assert verdict(park, code, NOON - 86_400_000) is Reason.NOT_YET
    assert change(TicketStatus.SUSPENDED) == [serial]
    assert change(TicketStatus.SUSPENDED) == []
    assert verdict(park, code) is Reason.SUSPENDED
    with park.store.write() as connection, pytest.raises(CentreError, match="suspended"):
        reprint(connection, serial)
    assert change(TicketStatus.VALID) == [serial]
    with park.store.write() as connection:
        again = reprint(connection, serial)
    assert verdict(park, code) is Reason.SUPERSEDED
    assert verdict(park, park.issuer().code(again)) is Granted
    assert change(TicketStatus.VOID) == [serial]
    assert verdict(park, park.issuer().code(again)) is Reason.VOID
    with pytest.raises(CentreError, match="it is void"):
        change(TicketStatus.VALID)


def test_a_change_is_all_or_nothing(park: Centre) -> None:
    sell(park, TicketOrder("adult", TODAY))
    with pytest.raises(CentreError), park.store.write() as connection:
        set_status(connection, [1, 2], TicketStatus.VOID)
    assert verdict(park, "1") is Granted


def test_a_holders_ticket_asks_for_the_document(park: Centre) -> None:
    [(_, code)] = sell(park, TicketOrder("adult", TODAY, holder=("passport", "P1234567")))
    assert verdict(park, code) is HolderNeeded


@pytest.mark.parametrize(
    ("shown", "reason"),
    [("hello", Reason.ALIEN), ("", Reason.ALIEN), ("SG1:", Reason.TORN), ("\ud800", Reason.ALIEN)],
)
def test_any_text_is_explained(park: Centre, shown: str, reason: Reason) -> None:
    assert verdict(park, shown) is reason


def test_a_reprint_has_an_end(park: Centre) -> None:
    sell(park, TicketOrder("adult", TODAY))
    with park.store.write() as connection:
        prints = [reprint(connection, 1).issue for _ in range(MAX_PRINTS)]
        assert prints == list(range(1, MAX_PRINTS + 1))
        with pytest.raises(CentreError, match="more than 255"):
            reprint(connection, 1)


def test_a_new_list_is_due_when_tickets_changed(park: Centre) -> None:
    publisher = ListPublisher(park.unlock().list)
    sell(park, TicketOrder("adult", TODAY, count=5))

    def due(now_ms: int) -> bool:
        with park.store.read() as connection:
            return versions.is_due(connection, "main", versions.newest(connection), now_ms)

    assert due(NOON)
    with park.store.write() as connection:
        publisher.update(connection, "main", NOON)
    assert not due(NOON + versions.SALES_EVERY_MS)
    assert due(NOON + versions.RENEW_EVERY_MS)
    sell(park, TicketOrder("adult", TODAY))
    assert not due(NOON + versions.SALES_EVERY_MS - 1)
    assert due(NOON + versions.SALES_EVERY_MS)
    with park.store.write() as connection:
        set_status(connection, [1], TicketStatus.VOID)
    assert due(NOON)
