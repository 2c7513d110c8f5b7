"""The API for programs: who may, what is refused how, and what a sale twice is."""

import json
from typing import Any

import pytest

from fleet_manager.access import audit
from fleet_manager.access.actor import Role
from fleet_manager.access.audit import Filter
from fleet_manager.access.rights import RIGHTS, VIEWS, View
from fleet_manager.centre import Centre
from fleet_manager.tickets import sold
from fleet_manager.web.api.openapi import document
from fleet_manager.web.api.operations import OPERATIONS, Operation
from fleet_manager.web.api.reading import MAX_BODY_BYTES
from gate_agent.validator.lists.ticket_list import TicketStatus
from tests.fleet_manager.web.api.conftest import Programs

SALE = {"product": "adult", "count": 2}


def last_act(centre: Centre) -> audit.Line:
    with centre.store.read() as connection:
        return audit.lines(connection, Filter(last=1))[0]


# --- what it tells -----------------------------------------------------------------------------


def test_live_counts_agree_with_counts_by_station(programs: Programs) -> None:
    program = programs()
    live = program.get("/live").json
    counts = program.get("/counts?by=station").json
    assert (live["entries"], live["exits"], live["inside"]) == (3, 1, 2)
    assert counts["total"]["entries"] == 3
    assert counts["total"]["denied_by_reason"] == {"used": 1}
    assert counts["lines"][0]["keys"] == ["north"]
    assert counts["time_zone"] == "Asia/Shanghai"
    assert live["stations"][0]["silent"] == ["gate-2"]


def test_passages_come_page_by_page_and_each_once(programs: Programs) -> None:
    program = programs()
    seen, after = [], ""
    while True:
        page = program.get(f"/passages?limit=2&after={after}").json
        seen += [line["record"] for line in page["passages"]]
        if page["after"] is None:
            break
        after = page["after"]
    assert sorted(seen) == [1, 2, 3, 4, 5]
    refused = program.get("/passages?kind=denied&reason=used").json["passages"]
    assert [(line["serial"], line["gate"]) for line in refused] == [(2, "gate-1")]
    of_one = program.get("/passages?serial=1").json["passages"]
    assert [line["direction"] for line in of_one] == ["out", "in"]


def test_a_ticket_tells_its_story_and_what_a_gate_would_say(programs: Programs) -> None:
    story = programs().get("/tickets/2").json
    assert (story["status"], story["product"], story["entered"]) == ("valid", "adult", 1)
    assert (story["verdict"], story["reason"]) == ("denied", "used")
    assert [line["kind"] for line in story["passages"]] == ["taken", "denied"]


def test_gates_incidents_products_conflicts_and_audit_are_there(programs: Programs) -> None:
    technician, auditor = programs(Role.TECHNICIAN), programs(Role.AUDITOR)
    gates = technician.get("/gates").json["gates"]
    assert [(gate["gate"], gate["silent"], gate["waiting"]) for gate in gates] == [
        ("gate-1", False, 3),
        ("gate-2", True, 0),
        ("gate-3", True, 0),
    ]
    assert technician.get("/incidents").json["incidents"][0]["kind"] == "fork"
    assert len(auditor.get("/products").json["products"]) == 3
    assert auditor.get("/conflicts").json == {"conflicts": []}
    page = auditor.get("/audit?limit=2").json
    assert len(page["lines"]) == 2
    older = auditor.get(f"/audit?limit=500&before={page['before']}").json
    assert older["lines"][0]["number"] == page["before"] - 1
    assert auditor.get("/webhooks/till").json["state"] == "ok"


def test_somebody_of_a_station_sees_it_alone(programs: Programs) -> None:
    lead = programs(Role.STATION_LEAD, station="south")
    assert [gate["gate"] for gate in lead.get("/gates").json["gates"]] == ["gate-3"]
    assert lead.get("/passages").json["passages"] == []
    assert lead.get("/counts").json["total"]["entries"] == 0
    assert lead.get("/live").json["entries"] == 0
    assert lead.get("/incidents").json["incidents"] == []
    for path in ("/gates/gate-1", "/live?station=north", "/passages?station=north"):
        assert lead.get(path).status == 403, path


# --- acts --------------------------------------------------------------------------------------


def test_a_sale_under_a_key_is_made_once(programs: Programs, centre: Centre) -> None:
    cashier = programs(Role.CASHIER)
    first = cashier.post("/tickets", SALE, idempotency_key="order-1")
    again = cashier.post("/tickets", SALE, idempotency_key="order-1")
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert [ticket["serial"] for ticket in first.json["tickets"]] == [6, 7]
    assert last_act(centre).object.endswith("asked for again")
    other = cashier.post("/tickets", {"product": "child"}, idempotency_key="order-1")
    assert other.status == 422
    assert "used for another request" in other.json["detail"]
    elsewhere = programs(Role.CASHIER).post("/tickets", SALE, idempotency_key="order-1")
    assert [ticket["serial"] for ticket in elsewhere.json["tickets"]] == [8, 9]
    assert cashier.post("/tickets", SALE).json["tickets"][0]["serial"] == 10


def test_a_sale_that_is_refused_keeps_no_key(programs: Programs) -> None:
    cashier = programs(Role.CASHIER)
    assert cashier.post("/tickets", {"product": "none"}, idempotency_key="a").status == 422
    assert cashier.post("/tickets", SALE, idempotency_key="a").status == 201


def test_a_ticket_is_suspended_restored_voided_and_the_program_is_in_the_audit(
    programs: Programs, centre: Centre
) -> None:
    manager = programs()
    for act, status in (
        ("suspend", TicketStatus.SUSPENDED),
        ("restore", TicketStatus.VALID),
        ("void", TicketStatus.VOID),
    ):
        reply = manager.post(f"/tickets/4/{act}", {"reason": "退票"})
        assert (reply.status, reply.json) == (200, {"changed": 1, "already": 0})
        with centre.store.read() as connection:
            assert sold.find(connection, 4).status is status
    line = last_act(centre)
    assert (line.act, line.via, line.reason) == ("ticket.void", "program", "退票")
    assert line.actor.startswith("manager-1 (sg_")
    printed = manager.post("/tickets/5/reprint")
    assert printed.json["tickets"][0]["issue"] == 1


def test_a_gate_is_invited_renamed_and_retired(programs: Programs) -> None:
    technician = programs(Role.TECHNICIAN)
    invited = technician.post("/gates/invitations", {"gate": "gate-9", "station": "north"})
    assert invited.status == 201
    assert invited.json["token"].startswith("SG")
    renamed = technician.ask("PATCH", "/gates/gate-2", {"label": "东侧"})
    assert renamed.json["label"] == "东侧"
    retired = technician.post("/gates/gate-2/retire", {"reason": "old"})
    assert retired.json["retired"] is not None
    assert technician.post("/gates/gate-2/retire", {}).status == 422
    assert technician.post("/incidents/clear", {"kind": "fork"}).json["changed"] == 1


# --- who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [*Role, None])
def test_each_role_may_what_the_table_of_rights_says(programs: Programs, role: Role | None) -> None:
    """Law: pages, API and commands ask one table. Only what was refused is looked at: 401, 403."""
    if role is Role.ADMINISTRATOR:
        pytest.skip("no token has this role")
    program = programs(role)
    for operation in OPERATIONS:
        path = operation.path.replace("{name}", "none").replace("{serial}", "999")
        reply = program.ask(operation.method, path, {} if operation.method != "GET" else None)
        expected = _expected(operation, role)
        got = reply.status if reply.status in (401, 403) else 200
        assert got == expected, f"{operation.method} {path}: {reply.json}"


def _expected(operation: Operation, role: Role | None) -> int:
    if role is None:
        return 401
    if operation.act is not None:
        return 200 if role in RIGHTS[operation.act] else 403
    return 200 if operation.view is None or role in VIEWS[operation.view] else 403


def test_a_refused_act_is_in_the_audit(programs: Programs, centre: Centre) -> None:
    assert programs(Role.AUDITOR).post("/tickets/1/void", {}).status == 403
    line = last_act(centre)
    assert (line.act, line.result) == ("ticket.void", "refused")
    assert line.object == "POST /api/v1/tickets/1/void"


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Bearer x", "Basic YTpi", "Bearer sg_aaaaaaaa_" + "a" * 52, "Bearer 北"],
)
def test_a_token_that_is_none_is_refused(programs: Programs, authorization: str) -> None:
    program = programs(None)
    reply = program.get("/me", authorization=authorization)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == "Bearer"


# --- what is refused ---------------------------------------------------------------------------

BAD_REQUESTS: dict[str, tuple[str, str, Any, int]] = {
    "unknown parameter": ("GET", "/live?stationn=north", None, 422),
    "repeated parameter": ("GET", "/live?station=north&station=north", None, 422),
    "parameter of nothing": ("GET", "/me?x=1", None, 422),
    "NUL in a query": ("GET", "/passages?staff=a%00b", None, 422),
    "no UTF-8 in a query": ("GET", "/passages?staff=%ff%fe", None, 422),
    "a day that is none": ("GET", "/counts?first=2026-02-30", None, 422),
    "a period backwards": ("GET", "/counts?first=2026-02-02&last=2026-02-01", None, 422),
    "a day of long ago": ("GET", "/counts?first=0001-01-01", None, 422),
    "the last day of all": ("GET", "/counts?last=9999-12-31", None, 422),
    "a huge number": ("GET", "/tickets/99999999999999999999999", None, 422),
    "a number below": ("GET", "/tickets/-1", None, 422),
    "no number": ("GET", "/tickets/one", None, 422),
    "a place that is none": ("GET", "/passages?after=1.2.3", None, 422),
    "a huge place": ("GET", f"/passages?after={'9' * 60}", None, 422),
    "a ticket that is none": ("GET", "/tickets/4000000000", None, 404),
    "an address that is none": ("GET", "/visitors", None, 404),
    "another method": ("DELETE", "/live", None, 405),
    "no JSON": ("POST", "/tickets", b"{", 422),
    "no UTF-8": ("POST", "/tickets", b'{"product": "\xff"}', 422),
    "NUL": ("POST", "/tickets", {"product": "a\0b"}, 422),
    "half a surrogate": ("POST", "/tickets", b'{"product": "\\ud800"}', 422),
    "unknown field": ("POST", "/tickets", {"product": "adult", "price": 0}, 422),
    "another type": ("POST", "/tickets", {"product": 5}, 422),
    "too many": ("POST", "/tickets", {"product": "adult", "count": 10**30}, 422),
    "a list": ("POST", "/tickets", [], 422),
    "deep": ("POST", "/tickets", b"[" * 100_000, 422),
    "an early first day": ("POST", "/tickets", {**SALE, "first_day": "0001-01-01"}, 422),
    "the last day": ("POST", "/tickets", {"product": "adult", "last_day": "9999-12-31"}, 422),
    "too large": ("POST", "/tickets", b" " * (MAX_BODY_BYTES + 1), 413),
    "another media": ("POST", "/tickets", b"{}", 415),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_what_is_no_request_gets_one_problem_and_changes_nothing(
    programs: Programs, centre: Centre, name: str
) -> None:
    method, path, body, status = BAD_REQUESTS[name]
    headers = {"content_type": "text/plain"} if name == "another media" else {}
    reply = programs().ask(method, path, body, **headers)
    assert reply.status == status, reply.json
    assert reply.headers["content-type"] == "application/problem+json"
    assert set(reply.json) == {"status", "title", "detail", "hint"}
    assert reply.json["status"] == status
    assert reply.json["detail"]


def test_a_key_that_is_none_is_refused(programs: Programs) -> None:
    for key in ("", " ", "a b", "x" * 65, "\u00e9"):
        reply = programs(Role.CASHIER).post("/tickets", SALE, idempotency_key=key)
        assert reply.status == 422, key


def test_a_foreign_host_is_refused(programs: Programs) -> None:
    assert programs().get("/me", host="evil.example").status == 400


# --- the document ------------------------------------------------------------------------------


def test_the_document_is_for_everybody_and_names_every_operation(programs: Programs) -> None:
    reply = programs(None).get("/openapi.json")
    assert reply.status == 200
    whole: dict[str, Any] = reply.json
    assert whole == json.loads(document())
    assert whole["openapi"].startswith("3.1")
    listed = {
        (method.upper(), path) for path, methods in whole["paths"].items() for method in methods
    }
    assert listed == {(operation.method, operation.path) for operation in OPERATIONS}
    ids = [
        operation["operationId"]
        for methods in whole["paths"].values()
        for operation in methods.values()
    ]
    assert len(ids) == len(set(ids))
    for operation in OPERATIONS:
        assert operation.title.endswith(".")
        assert operation.act is not None or operation.view is not None or operation.path == "/me"


def test_every_reference_of_the_document_leads_somewhere() -> None:
    whole = json.loads(document())
    text = json.dumps(whole)
    names = set(whole["components"]["schemas"])
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.split('"')[0] in names


# --- figures -----------------------------------------------------------------------------------


def test_figures_are_for_this_computer_and_for_tokens_that_may_see_the_fleet(
    programs: Programs,
) -> None:
    client = programs(Role.TECHNICIAN)
    token = {"authorization": f"Bearer {client.token}"}
    far = client.client
    assert far.ask("GET", "/metrics").status == 401
    shown = far.ask("GET", "/metrics", headers=token)
    assert shown.status == 200
    assert b"scenic_gate_persons_total" in shown.body
    cashier = {"authorization": f"Bearer {programs(Role.CASHIER).token}"}
    assert far.ask("GET", "/metrics", headers=cashier).status == 403
    far._address = "127.0.0.1"
    assert far.ask("GET", "/metrics").status == 200
    assert far.ask("POST", "/metrics").status == 405
    proxied = {"x-forwarded-for": "127.0.0.1"}
    assert far.ask("GET", "/metrics", headers=proxied).status == 401, "a proxy on this computer"
    assert View.FLEET in VIEWS
