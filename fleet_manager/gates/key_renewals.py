"""Gates' own keys: those in force, and those that follow them without a visit.

A gate is told to draw a key when staff order it, or when two thirds of its certificate's life are
over. It asks for a certificate, signed with the key in force. From then on both keys speak for the
gate, until the first message under the new one: that ends the old one, in the same transaction.
"""

import ssl
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select, update

from fleet_manager.database import store, tables
from fleet_manager.database.incidents import Incident, Sighting
from fleet_manager.database.tables_trust import renewal as table
from fleet_manager.gates import gates as fleet
from fleet_manager.keys import certificates
from fleet_manager.keys.vault import Vault
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages import renewal
from gate_agent.validator.messages.renewal import Renew, Renewed, RenewOrder
from gate_agent.validator.trust.keys import PublicKey

LIFE_MS = certificates.LEAF_DAYS * 86_400_000
RENEW_AFTER_MS = LIFE_MS * 2 // 3

_EVERY = (
    select(
        tables.gate.c.id,
        tables.gate.c.public,
        func.coalesce(table.c.keyed_ms, tables.gate.c.added_ms),
        table.c.ordered,
        table.c.following,
    )
    .outerjoin(table, table.c.gate == tables.gate.c.id)
    .where(tables.gate.c.retired_ms.is_(None))
)


class SecondKeyError(WireError):
    """A gate has drawn a key before, and somebody who holds its key in force asks for another."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """How it stands with a gate's key, `public`. `since_ms`: of its certificate. `ordered`: another
    one is wanted. `following`: public half of the one that the gate has drawn."""

    public: bytes
    since_ms: int
    ordered: bool
    following: bytes | None

    @property
    def stage(self) -> str | None:
        """`ordered`, `drawn` once the gate has asked for a certificate, or nothing."""
        if not self.ordered:
            return None
        return "ordered" if self.following is None else "drawn"


def every(connection: Connection, now_ms: int) -> dict[str, Renewal]:
    """How it stands with each gate that is not retired: nothing is taken from the others."""
    return {
        gate: Renewal(
            public, since_ms, bool(ordered) or now_ms - since_ms >= RENEW_AFTER_MS, following
        )
        for gate, public, since_ms, ordered, following in store.run(connection, _EVERY, {})
    }


def order(connection: Connection, gates: Iterable[str], *, forget: bool) -> None:
    """These gates are to draw another key. `forget`: and what one of them has drawn before is to
    count no more. Raises CentreError for a gate that is not there."""
    known = every(connection, 0)
    for gate in gates:
        if gate not in known:
            raise fleet.no_gate(gate)
        following = None if forget else known[gate].following
        _keep(connection, gate, known[gate].since_ms, following, ordered=True)


def put_in_force(connection: Connection, gate: str, public: bytes, now_ms: int) -> None:
    """That key speaks for the gate from now on, and no other. Raises CentreError for a gate that is
    not there."""
    table = tables.gate
    if not connection.execute(
        update(table).where(table.c.id == gate).values(public=public)
    ).rowcount:
        raise fleet.no_gate(gate)
    _keep(connection, gate, now_ms, None, ordered=False)


def _keep(
    connection: Connection, gate: str, since_ms: int, following: bytes | None, *, ordered: bool
) -> None:
    values = {"gate": gate, "ordered": ordered, "following": following, "keyed_ms": since_ms}
    store.put_row(connection, table, values)


class Renewals:
    """Used by the collector's thread alone. `keys`: those in force, by gate."""

    def __init__(self, vault: Vault, park: str) -> None:
        self._vault = vault
        self._park = park
        self.keys: dict[str, PublicKey] = {}
        self._known: dict[str, Renewal] = {}

    def refresh(self, connection: Connection, now_ms: int) -> list[tuple[str, RenewOrder]]:
        """Learn of new gates, and of what staff ordered. Gives what gates should hear of that."""
        before, self._known = self._known, every(connection, now_ms)
        self.keys = {gate: fleet.public_key(one.public, gate) for gate, one in self._known.items()}
        told = [gate for gate, one in before.items() if one.ordered]
        return [
            (gate, one) for gate in self._known if gate not in told for one in self.wanted(gate)
        ]

    def find(self, gate: str, key_id: bytes) -> PublicKey | None:
        """The key of that id, if it may speak for the gate."""
        for key in (self.keys.get(gate), self._following(gate)):
            if key is not None and key.id == key_id:
                return key
        return None

    def _following(self, gate: str) -> PublicKey | None:
        known = self._known.get(gate)
        if known is None or known.following is None:
            return None
        return fleet.public_key(known.following, gate)

    def heard(self, connection: Connection, gate: str, key_id: bytes, now_ms: int) -> bool:
        """A message whose signature holds: under the following key, it ends the one before. Gives
        whether it did."""
        key = self._following(gate)
        if key is None or key.id != key_id or key_id == self.keys[gate].id:
            return False
        put_in_force(connection, gate, key.public, now_ms)
        self.keys = self.keys | {gate: key}
        self._known[gate] = Renewal(key.public, now_ms, ordered=False, following=None)
        return True

    def wanted(self, gate: str) -> list[RenewOrder]:
        """What a gate is told that has introduced itself, or told its state: an order or an answer
        may have been lost."""
        known = self._known.get(gate)
        return [RenewOrder(known.public)] if known is not None and known.ordered else []

    def answer(
        self, connection: Connection, gate: str, asked: Renew, seen: Counter[Sighting], now_ms: int
    ) -> Renewed | None:
        """Certifies the key that a gate has drawn, the same one as often as it asks; nothing for
        what it should not ask."""
        try:
            return self._certify(connection, gate, asked, now_ms)
        except SecondKeyError as error:
            seen[Incident.SECOND_KEY, gate, str(error)] += 1
        except WireError as error:
            seen[Incident.REFUSED, gate, str(error)] += 1
        return None

    def _certify(self, connection: Connection, gate: str, asked: Renew, now_ms: int) -> Renewed:
        """Raises WireError."""
        known = self._known.get(gate)
        if known is None or not known.ordered:
            raise WireError("a renewal that nobody ordered")
        renewal.check_proof(asked, gate, known.public)
        if known.following not in (None, asked.public):
            raise SecondKeyError("it has drawn one key, and somebody asks for another")
        if asked.public == known.public:
            raise WireError("a renewal by the key in force")
        ephemeral = self._vault.box_seed(gate, asked.public + asked.box_key)
        secret = self._vault.link_secret(gate, asked.public)
        box = renewal.seal_box(secret, gate, asked, ephemeral)
        if known.following is None:
            _keep(connection, gate, known.since_ms, asked.public, ordered=True)
            self._known[gate] = replace(known, following=asked.public)
        now = datetime.fromtimestamp(now_ms / 1000, UTC)
        pem = certificates.client(self._vault, self._park, gate, asked.public, now)
        return Renewed(asked.public, ssl.PEM_cert_to_DER_cert(pem.decode()), box)
