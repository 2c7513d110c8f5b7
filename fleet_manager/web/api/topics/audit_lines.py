"""`/audit`: who did what, and what was refused."""

import json
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from fleet_manager.access import audit
from fleet_manager.access.audit import Filter
from fleet_manager.access.rights import View
from fleet_manager.web.api.kinds import Limit, or_none
from fleet_manager.web.api.operations import Call, Given, Sent, operation
from gate_agent.validator.moment import utc_text


class AuditEntry(Sent, frozen=True):
    """An act. `before`, `after`: what it changed, null where there is nothing to say."""

    number: int
    at: str
    actor: str
    via: str
    origin: str
    act: str
    object: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    result: str
    reason: str


class AuditPage(Sent, frozen=True):
    """Acts, newest first. `before`: give it back for the next page; null where nothing older is
    left. `head`, `head_number`: hash and number of the newest line."""

    lines: list[AuditEntry]
    before: int | None
    head: str
    head_number: int


class AuditQuery(Given, frozen=True):
    """What to search; all that are given must fit."""

    actor: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    act: Annotated[str, Meta(pattern="^[a-z_.]{1,48}$")] | UnsetType = UNSET
    object: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    result: Annotated[str, Meta(pattern="^(done|refused)?$")] = ""
    before: Annotated[int, Meta(ge=1, le=9_007_199_254_740_991)] | UnsetType = UNSET
    limit: Limit = 50


@operation("GET", "/audit", view=View.AUDIT)
def list_audit(call: Call, query: AuditQuery) -> AuditPage:
    """List acts of people and programs, also refused ones."""
    wanted = Filter(
        actor=or_none(query.actor),
        act=or_none(query.act),
        object=or_none(query.object),
        result=query.result or None,
        below=or_none(query.before),
        last=query.limit,
    )
    with call.centre.store.read() as connection:
        lines = audit.lines(connection, wanted)[::-1]
        number, head = audit.newest(connection)
    full = len(lines) == query.limit and lines[-1].number > 1
    return AuditPage(
        lines=[_entry(line) for line in lines],
        before=lines[-1].number if full else None,
        head=head.hex(),
        head_number=number,
    )


def _entry(line: audit.Line) -> AuditEntry:
    return AuditEntry(
        number=line.number,
        at=utc_text(line.at_ms),
        actor=line.actor,
        via=line.via,
        origin=line.origin,
        act=line.act,
        object=line.object,
        before=None if line.before is None else json.loads(line.before),
        after=None if line.after is None else json.loads(line.after),
        result=line.result,
        reason=line.reason,
    )
