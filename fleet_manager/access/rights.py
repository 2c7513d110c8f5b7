"""PURE. The one table of rights: which role may perform which act."""

from enum import StrEnum

from fleet_manager.access.actor import Actor, Role
from fleet_manager.errors import CentreError


class Act(StrEnum):
    """Every act of a person that changes something at the centre, as the audit names it."""

    PARK_CREATE = "park.create"
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
    LEDGER_RESOLVE = "ledger.resolve"
    INCIDENT_CLEAR = "incident.clear"
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


class NotAllowed(CentreError):
    """Somebody asked for an act that their role does not include."""


_MANAGER = (Role.MANAGER,)
_LEADS = (Role.MANAGER, Role.STATION_LEAD)
_SELLERS = (Role.MANAGER, Role.STATION_LEAD, Role.CASHIER)
_TECHNICIANS = (Role.TECHNICIAN,)
_ACCOUNTANTS = (Role.MANAGER, Role.ACCOUNTANT)

RIGHTS: dict[Act, tuple[Role, ...]] = {
    Act.PARK_CREATE: (),
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
    Act.LEDGER_RESOLVE: _ACCOUNTANTS,
    Act.INCIDENT_CLEAR: _TECHNICIANS,
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
    Act.WEBHOOK_ADD: _MANAGER,
    Act.WEBHOOK_SET: _MANAGER,
    Act.WEBHOOK_REMOVE: _MANAGER,
    Act.WEBHOOK_REPLAY: (Role.MANAGER, Role.TECHNICIAN),
    Act.WEBHOOK_TEST: (Role.MANAGER, Role.TECHNICIAN),
}
"""Roles besides the administrator, who may do everything."""


def may(who: Actor, act: Act) -> bool:
    """Return whether `who` may perform `act`."""
    return who.role is Role.ADMINISTRATOR or who.role in RIGHTS[act]


def require(who: Actor, act: Act) -> None:
    """Raise NotAllowed if `who` may not perform `act`."""
    if not may(who, act):
        allowed = ", ".join(role.value for role in (Role.ADMINISTRATOR, *RIGHTS[act]))
        raise NotAllowed(
            f"cannot do {act.value}: {who.name} is {who.role.value}", f"allowed to: {allowed}"
        )
