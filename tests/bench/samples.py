"""Keys, tickets, lists and passage records to measure with."""

import random
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate_agent.validator.decide import LaneRules
from gate_agent.validator.lists.listing import Listing
from gate_agent.validator.lists.manifest import ListKind, Manifest, seal, signed_part
from gate_agent.validator.lists.ticket_list import (
    NO_EXCEPTIONS,
    TicketList,
    TicketStatus,
    result_of,
)
from gate_agent.validator.moment import ClockState, Moment
from gate_agent.validator.passage import Direction
from gate_agent.validator.tickets import ticket as ticket_room
from gate_agent.validator.tickets.entry_policy import POLICIES
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.keys import KeyRing, KeyUse, PublicKey, key_id

PARK = "west-lake"
ZONE = ZoneInfo("Asia/Shanghai")
NOW_S = 1_795_000_000
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
KEY_ID = key_id(PUBLIC)
RING = KeyRing(PublicKey.of(PUBLIC, use, PARK) for use in KeyUse)
RULES = LaneRules(Direction.IN, 0, ZONE)
MOMENT = Moment(NOW_S * 1000, 1000, 7, ClockState.TRUSTED, NOW_S * 1000)
BITS = b"\x55" * 10_000
MANIFEST = Manifest(
    series="main",
    kind=ListKind.SERIALS,
    version=1,
    as_of_ms=NOW_S * 1000,
    base=0,
    first=1,
    count=40_000,
    body_bytes=1,
    body=bytes(32),
    result=result_of(BITS, NO_EXCEPTIONS),
)
SEALED = seal(MANIFEST, KEY_ID, PRIVATE.sign(signed_part(MANIFEST)))
LISTED = TicketList(MANIFEST, BITS)
LISTING = Listing(status=TicketStatus.VALID, as_of_ms=NOW_S * 1000)


def ticket(serial: int, **fields: Any) -> Ticket:
    """A day ticket of the park."""
    start = NOW_S - NOW_S % 60 - 3600
    base = {"product": 7, **fields}
    return Ticket(
        key_id=KEY_ID,
        serial=serial,
        issued_at=NOW_S - 600,
        not_before=start,
        expires_at=start + 86_400,
        **base,
    )


def code(of: Ticket) -> bytes:
    """Its printed text."""
    return ticket_room.sign(of, PARK, PUBLIC, PRIVATE.sign).encode()


def variants(rng: random.Random) -> dict[str, Ticket]:
    """One ticket of every static kind, the last with every optional field."""
    full = {
        "admits": 40,
        "zones": 0b101,
        "entry_policy": POLICIES[0b110],
        "group": rng.getrandbits(32),
        "holder_tag": rng.randbytes(4),
        "issue": 3,
    }
    return {
        "single": ticket(1),
        "team": ticket(2, admits=40),
        "group member": ticket(3, group=full["group"]),
        "holder-bound": ticket(4, holder_tag=full["holder_tag"]),
        "reprint": ticket(5, issue=1),
        "everything": ticket(6, **full),
    }
