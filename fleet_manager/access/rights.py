"""PURE. The two tables of rights: which role may perform which act, and who may see what."""

from enum import StrEnum

from fleet_manager.access.actor import Actor, Role
from fleet_manager.errors import CentreError


class Act(StrEnum):
    """Every act of a person that changes something at the centre, as the audit names it."""

    PARK_CREATE = "park.create"
    PARK_LIMITS = "park.limits"
    BROKER_CERTIFICATE = "broker.certificate"
    CENTRE_RESTORED = "centre.restored"
    STATION_ADD = "station.add"
    STATION_SET = "station.set"
    STATION_REMOVE = "station.remove"
    GATE_ADD = "gate.add"
    GATE_SET = "gate.set"
    GATE_RETIRE = "gate.retire"
    GATE_REPLACE = "gate.replace"
    GATE_RENEW = "gate.renew"
    GATE_INVITE = "gate.invite"
    GATE_ENROL = "gate.enrol"
    GATE_DISOWN = "gate.disown"
    RELEASE_KEYS_PROPOSE = "release.keys_propose"
    RELEASE_KEYS_PUBLISH = "release.keys_publish"
    RELEASE_ADD = "release.add"
    RELEASE_WISH = "release.wish"
    PRODUCT_ADD = "product.add"
    PRODUCT_PRICE = "product.price"
    PRODUCT_SET = "product.set"
    PRODUCT_RETIRE = "product.retire"
    TICKET_ISSUE = "ticket.issue"
    TICKET_DRAW = "ticket.draw"
    TICKET_REPRINT = "ticket.reprint"
    TICKET_VOID = "ticket.void"
    TICKET_SUSPEND = "ticket.suspend"
    TICKET_RESTORE = "ticket.restore"
    TICKET_ADD_ENTRIES = "ticket.add_entries"
    TICKET_PASS_ON = "ticket.pass_on"
    TICKET_FORGIVE = "ticket.forgive"
    PRICE_SET = "price.set"
    TILL_ADD = "till.add"
    TILL_RETIRE = "till.retire"
    SHIFT_OPEN = "shift.open"
    SHIFT_MOVE = "shift.move"
    SHIFT_CLOSE = "shift.close"
    ORDER_PLACE = "order.place"
    ORDER_CANCEL = "order.cancel"
    REFUND_ASK = "refund.ask"
    REFUND_AGREE = "refund.agree"
    REFUND_REFUSE = "refund.refuse"
    LEDGER_RESOLVE = "ledger.resolve"
    INCIDENT_CLEAR = "incident.clear"
    COUNTS_REBUILD = "counts.rebuild"
    RULES_SET = "rules.set"
    RULES_RESET = "rules.reset"
    KEYS_PROPOSE = "keys.propose"
    KEYS_PUBLISH = "keys.publish"
    LIST_MAKE = "list.make"
    SERIES_ADD = "series.add"
    SERIES_SET = "series.set"
    SERIES_RETIRE = "series.retire"
    CODES_IMPORT = "codes.import"
    CODES_VOID = "codes.void"
    CODES_SUSPEND = "codes.suspend"
    CODES_RESTORE = "codes.restore"
    PRETIX_CONNECT = "pretix.connect"
    PRETIX_MAP = "pretix.map"
    WEBHOOK_ADD = "webhook.add"
    WEBHOOK_SET = "webhook.set"
    WEBHOOK_REMOVE = "webhook.remove"
    WEBHOOK_REPLAY = "webhook.replay"
    WEBHOOK_TEST = "webhook.test"
    USER_ADD = "user.add"
    USER_SET = "user.set"
    USER_DISABLE = "user.disable"
    USER_ENABLE = "user.enable"
    USER_RESET = "user.reset"
    SESSION_END = "session.end"
    TOKEN_ADD = "token.add"
    TOKEN_END = "token.end"
    AUDIT_EXPORT = "audit.export"
    AUDIT_VERIFY = "audit.verify"
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    LINK_USE = "link.use"
    PASSWORD_SET = "password.set"
    SECOND_FACTOR_SET = "second_factor.set"
    ACCOUNT_SET = "account.set"


class View(StrEnum):
    """What can be looked at: the pages of the console, and the same data by any other way."""

    LIVE = "live"
    PASSAGES = "passages"
    REPORTS = "reports"
    FLEET = "fleet"
    TICKETS = "tickets"
    PEOPLE = "people"
    AUDIT = "audit"
    MONEY = "money"
    SELL = "sell"


class NotAllowed(CentreError):
    """Somebody asked for an act that their role does not include."""


_ADMINISTRATOR = ()
_MANAGER = (Role.MANAGER,)
_LEADS = (Role.MANAGER, Role.STATION_LEAD)
_SELLERS = (Role.MANAGER, Role.STATION_LEAD, Role.CASHIER)
_TECHNICIANS = (Role.TECHNICIAN,)
_ACCOUNTANTS = (Role.MANAGER, Role.ACCOUNTANT)
_AUDITORS = (Role.AUDITOR,)
_PEOPLE = tuple(role for role in Role if role not in (Role.ADMINISTRATOR, Role.DISPLAY))
"""Roles of those who sign in; a display holds a token."""

RIGHTS: dict[Act, tuple[Role, ...]] = {
    Act.PARK_CREATE: (),
    Act.PARK_LIMITS: _MANAGER,
    Act.BROKER_CERTIFICATE: _TECHNICIANS,
    Act.CENTRE_RESTORED: (),
    Act.STATION_ADD: _MANAGER,
    Act.STATION_SET: _MANAGER,
    Act.STATION_REMOVE: _MANAGER,
    Act.GATE_ADD: _TECHNICIANS,
    Act.GATE_SET: _TECHNICIANS,
    Act.GATE_RETIRE: _TECHNICIANS,
    Act.GATE_REPLACE: _TECHNICIANS,
    Act.GATE_RENEW: _TECHNICIANS,
    Act.GATE_INVITE: _TECHNICIANS,
    Act.GATE_ENROL: _TECHNICIANS,
    Act.GATE_DISOWN: _MANAGER,
    Act.RELEASE_KEYS_PROPOSE: (),
    Act.RELEASE_KEYS_PUBLISH: (),
    Act.RELEASE_ADD: _TECHNICIANS,
    Act.RELEASE_WISH: _TECHNICIANS,
    Act.PRODUCT_ADD: _MANAGER,
    Act.PRODUCT_PRICE: _MANAGER,
    Act.PRODUCT_SET: _MANAGER,
    Act.PRODUCT_RETIRE: _MANAGER,
    Act.TICKET_ISSUE: _SELLERS,
    Act.TICKET_DRAW: _SELLERS,
    Act.TICKET_REPRINT: _SELLERS,
    Act.TICKET_VOID: _LEADS,
    Act.TICKET_SUSPEND: _LEADS,
    Act.TICKET_RESTORE: _LEADS,
    Act.TICKET_ADD_ENTRIES: _LEADS,
    Act.TICKET_PASS_ON: _LEADS,
    Act.TICKET_FORGIVE: _LEADS,
    Act.PRICE_SET: _MANAGER,
    Act.TILL_ADD: _MANAGER,
    Act.TILL_RETIRE: _MANAGER,
    Act.SHIFT_OPEN: _SELLERS,
    Act.SHIFT_MOVE: _SELLERS,
    Act.SHIFT_CLOSE: _SELLERS,
    Act.ORDER_PLACE: _SELLERS,
    Act.ORDER_CANCEL: _SELLERS,
    Act.REFUND_ASK: _SELLERS,
    Act.REFUND_AGREE: _LEADS,
    Act.REFUND_REFUSE: _LEADS,
    Act.LEDGER_RESOLVE: _ACCOUNTANTS,
    Act.INCIDENT_CLEAR: _TECHNICIANS,
    Act.COUNTS_REBUILD: _TECHNICIANS,
    Act.RULES_SET: _MANAGER,
    Act.RULES_RESET: _MANAGER,
    Act.KEYS_PROPOSE: (),
    Act.KEYS_PUBLISH: (),
    Act.LIST_MAKE: _MANAGER,
    Act.SERIES_ADD: _MANAGER,
    Act.SERIES_SET: _MANAGER,
    Act.SERIES_RETIRE: _MANAGER,
    Act.CODES_IMPORT: _MANAGER,
    Act.CODES_VOID: _LEADS,
    Act.CODES_SUSPEND: _LEADS,
    Act.CODES_RESTORE: _LEADS,
    Act.PRETIX_CONNECT: _MANAGER,
    Act.PRETIX_MAP: _MANAGER,
    Act.WEBHOOK_ADD: _ADMINISTRATOR,
    Act.WEBHOOK_SET: _ADMINISTRATOR,
    Act.WEBHOOK_REMOVE: _ADMINISTRATOR,
    Act.WEBHOOK_REPLAY: _ADMINISTRATOR,
    Act.WEBHOOK_TEST: _ADMINISTRATOR,
    Act.USER_ADD: _ADMINISTRATOR,
    Act.USER_SET: _ADMINISTRATOR,
    Act.USER_DISABLE: _ADMINISTRATOR,
    Act.USER_ENABLE: _ADMINISTRATOR,
    Act.USER_RESET: _ADMINISTRATOR,
    Act.SESSION_END: _ADMINISTRATOR,
    Act.TOKEN_ADD: _ADMINISTRATOR,
    Act.TOKEN_END: _ADMINISTRATOR,
    Act.AUDIT_EXPORT: _AUDITORS,
    Act.AUDIT_VERIFY: _AUDITORS,
    Act.SIGN_IN: _PEOPLE,
    Act.SIGN_OUT: _PEOPLE,
    Act.LINK_USE: _PEOPLE,
    Act.PASSWORD_SET: _PEOPLE,
    Act.SECOND_FACTOR_SET: _PEOPLE,
    Act.ACCOUNT_SET: _PEOPLE,
}
"""Roles besides the administrator, who may do everything. The last six are acts on one's own
account."""

VIEWS: dict[View, tuple[Role, ...]] = {
    View.LIVE: (
        Role.MANAGER,
        Role.STATION_LEAD,
        Role.CASHIER,
        Role.TECHNICIAN,
        Role.ACCOUNTANT,
        Role.AUDITOR,
        Role.DISPLAY,
    ),
    View.PASSAGES: (
        Role.MANAGER,
        Role.STATION_LEAD,
        Role.CASHIER,
        Role.TECHNICIAN,
        Role.ACCOUNTANT,
        Role.AUDITOR,
    ),
    View.REPORTS: (Role.MANAGER, Role.STATION_LEAD, Role.ACCOUNTANT, Role.AUDITOR),
    View.FLEET: (Role.MANAGER, Role.STATION_LEAD, Role.TECHNICIAN, Role.AUDITOR),
    View.TICKETS: (
        Role.MANAGER,
        Role.STATION_LEAD,
        Role.CASHIER,
        Role.ACCOUNTANT,
        Role.AUDITOR,
    ),
    View.PEOPLE: _AUDITORS,
    View.AUDIT: _AUDITORS,
    View.MONEY: (Role.MANAGER, Role.ACCOUNTANT, Role.AUDITOR),
    View.SELL: (*_SELLERS, Role.ACCOUNTANT, Role.AUDITOR),
}
"""Roles besides the administrator, who may see everything. An auditor sees all and changes
nothing; a display sees one page."""


def may(who: Actor, act: Act, station: str | None = None) -> bool:
    """Return whether `who` may perform `act` on an object of `station`.

    None: the object belongs to no station, such as a ticket. Somebody of one station may then
    perform what a station lead may; on objects of other stations they may do nothing.
    """
    return _has_role(who, act) and _in_scope(who, act, station)


def require(who: Actor, act: Act, station: str | None = None) -> None:
    """Raise NotAllowed if `who` may not perform `act` on an object of `station`, as in `may`."""
    if not _has_role(who, act):
        raise _refusal(f"do {act.value}", who, RIGHTS[act])
    if not _in_scope(who, act, station):
        where = "the whole park" if station is None else f"station {station}"
        raise NotAllowed(
            f"cannot do {act.value}: {who.name} is {who.role.value} of station {who.station}, and "
            f"this is about {where}",
            "ask somebody whose account is for the whole park",
        )


def may_see(who: Actor, view: View) -> bool:
    """Return whether `who` may look at `view`."""
    return who.role is Role.ADMINISTRATOR or who.role in VIEWS[view]


def require_view(who: Actor, view: View) -> None:
    """Raise NotAllowed if `who` may not look at `view`."""
    if not may_see(who, view):
        raise _refusal(f"show {view.value}", who, VIEWS[view])


def _has_role(who: Actor, act: Act) -> bool:
    return who.role is Role.ADMINISTRATOR or who.role in RIGHTS[act]


def _in_scope(who: Actor, act: Act, station: str | None) -> bool:
    if not who.station:
        return True
    return Role.STATION_LEAD in RIGHTS[act] if station is None else station == who.station


def _refusal(what: str, who: Actor, roles: tuple[Role, ...]) -> NotAllowed:
    allowed = ", ".join(role.value for role in (Role.ADMINISTRATOR, *roles))
    return NotAllowed(f"cannot {what}: {who.name} is {who.role.value}", f"allowed to: {allowed}")
