"""Renew gates' own keys, without a visit to the gate.

A gate is ordered to draw a key when staff want it, or when two thirds of its certificate's life are
over. It requests a certificate, signed with the key in force. From then on the centre accepts both
keys, until the first message under the new one: in the same transaction that ends the old one.
"""

import ssl
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select, update

from fleet_manager.database import store, tables
from fleet_manager.errors import CentreError
from fleet_manager.gates.gates import find_in_use, no_gate, public_key
from fleet_manager.incident import Incident, Sighting
from fleet_manager.keys import certificates
from fleet_manager.keys.vault import Vault
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.renewal import (
    Renew,
    Renewed,
    RenewOrder,
    check_proof,
    seal_box,
)
from gate_agent.validator.trust.keys import PublicKey

LIFE_MS = certificates.LEAF_DAYS * 86_400_000
RENEW_AFTER_MS = LIFE_MS * 2 // 3

_TABLE = tables.renewal
_EVERY = (
    select(
        tables.gate.c.id,
        tables.gate.c.public,
        func.coalesce(_TABLE.c.keyed_ms, tables.gate.c.added_ms),
        _TABLE.c.ordered,
        _TABLE.c.following,
    )
    .outerjoin(_TABLE, _TABLE.c.gate == tables.gate.c.id)
    .where(tables.gate.c.retired_ms.is_(None), tables.gate.c.disowned_ms.is_(None))
)


class SecondKeyError(WireError):
    """A gate has drawn a key, and requests a certificate for another one."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """State of a gate's key. `public`: the key in force, 32 bytes; `since_ms`: since when.
    `ordered`: another key is wanted. `following`: public half of the key that the gate has drawn.
    """

    public: bytes
    since_ms: int
    ordered: bool
    following: bytes | None

    @property
    def stage(self) -> str | None:
        """Return `ordered`; `drawn` once the gate has requested a certificate; None without an
        order."""
        if not self.ordered:
            return None
        return "ordered" if self.following is None else "drawn"


def every(connection: Connection, now_ms: int) -> dict[str, Renewal]:
    """Return the renewal of each gate that is neither retired nor disowned. `now_ms`: decides
    whether its certificate is old."""
    return {
        gate: Renewal(
            public, since_ms, bool(ordered) or now_ms - since_ms >= RENEW_AFTER_MS, following
        )
        for gate, public, since_ms, ordered, following in store.run(connection, _EVERY, {})
    }


def order(connection: Connection, gates: Iterable[str], *, forget: bool) -> None:
    """Order gates to draw another key.

    `forget`: a key that a gate has drawn before is not accepted any more. Raises CentreError for a
    gate that does not exist, is retired or disowned.
    """
    renewals = every(connection, 0)
    for gate in gates:
        if gate not in renewals:
            find_in_use(connection, gate)
            raise CentreError(
                f"cannot renew the key of gate {gate}: it is disowned, and its key is refused",
                f"give it another board: `fleet-manager gate replace {gate}`",
            )
        following = None if forget else renewals[gate].following
        _save(connection, gate, renewals[gate].since_ms, following, ordered=True)


def put_in_force(connection: Connection, gate: str, public: bytes, now_ms: int) -> None:
    """Make a key the only one of a gate, and take it also if its last one was refused.

    Raises CentreError for a gate that does not exist.
    """
    table = tables.gate
    if not connection.execute(
        update(table).where(table.c.id == gate).values(public=public, disowned_ms=None)
    ).rowcount:
        raise no_gate(gate)
    _save(connection, gate, now_ms, None, ordered=False)


def _save(
    connection: Connection, gate: str, since_ms: int, following: bytes | None, *, ordered: bool
) -> None:
    values = {"gate": gate, "ordered": ordered, "following": following, "keyed_ms": since_ms}
    store.put_row(connection, _TABLE, values)


class Renewals:
    """Used by the collector's thread alone. `keys`: the keys in force, by gate."""

    def __init__(self, vault: Vault, park: str) -> None:
        self._vault = vault
        self._park = park
        self.keys: dict[str, PublicKey] = {}
        self._renewals: dict[str, Renewal] = {}

    def refresh(self, connection: Connection, now_ms: int) -> list[tuple[str, RenewOrder]]:
        """Read gates and renewals from the tables; return the orders that are new, by gate."""
        before, self._renewals = self._renewals, every(connection, now_ms)
        self.keys = {
            gate: public_key(renewal.public, gate) for gate, renewal in self._renewals.items()
        }
        sent = [gate for gate, renewal in before.items() if renewal.ordered]
        return [
            (gate, order)
            for gate in self._renewals
            if gate not in sent
            for order in self.orders(gate)
        ]

    def find(self, gate: str, key_id: bytes) -> PublicKey | None:
        """Return the gate's key of that id; None if it is neither in force nor following."""
        for key in (self.keys.get(gate), self._following(gate)):
            if key is not None and key.id == key_id:
                return key
        return None

    def _following(self, gate: str) -> PublicKey | None:
        renewal = self._renewals.get(gate)
        if renewal is None or renewal.following is None:
            return None
        return public_key(renewal.following, gate)

    def finish(self, connection: Connection, gate: str, key_id: bytes, now_ms: int) -> bool:
        """Put the following key in force if a message was signed with it; return whether it was.

        `key_id`: of the key under which the signature of a message was verified.
        """
        key = self._following(gate)
        if key is None or key.id != key_id or key_id == self.keys[gate].id:
            return False
        put_in_force(connection, gate, key.public, now_ms)
        self.keys = self.keys | {gate: key}
        self._renewals[gate] = Renewal(key.public, now_ms, ordered=False, following=None)
        return True

    def orders(self, gate: str) -> list[RenewOrder]:
        """Return the order for a gate, if one is open. It is sent again after each report of the
        gate, because an order or an answer may have been lost."""
        renewal = self._renewals.get(gate)
        return [RenewOrder(renewal.public)] if renewal is not None and renewal.ordered else []

    def certify(
        self,
        connection: Connection,
        gate: str,
        request: Renew,
        sightings: Counter[Sighting],
        now_ms: int,
    ) -> Renewed | None:
        """Return a certificate for the key that a gate has drawn, as often as it requests one.

        Returns None for a request that is refused; `sightings` counts it.
        """
        try:
            return self._certify(connection, gate, request, now_ms)
        except SecondKeyError as error:
            sightings[Sighting(Incident.SECOND_KEY, gate, str(error))] += 1
        except WireError as error:
            sightings[Sighting(Incident.REFUSED, gate, str(error))] += 1
        return None

    def _certify(self, connection: Connection, gate: str, request: Renew, now_ms: int) -> Renewed:
        """Raise WireError for a request without an order, with a wrong proof or for the key in
        force; SecondKeyError for a second key."""
        renewal = self._renewals.get(gate)
        if renewal is None or not renewal.ordered:
            raise WireError("a renewal that nobody ordered")
        check_proof(request, gate, renewal.public)
        if renewal.following not in (None, request.public):
            raise SecondKeyError("it has drawn one key, and somebody asks for another")
        if request.public == renewal.public:
            raise WireError("a renewal by the key in force")
        ephemeral = self._vault.box_seed(gate, request.public + request.box_key)
        secret = self._vault.link_secret(gate, request.public)
        box = seal_box(secret, gate, request, ephemeral)
        if renewal.following is None:
            _save(connection, gate, renewal.since_ms, request.public, ordered=True)
            self._renewals[gate] = replace(renewal, following=request.public)
        now = datetime.fromtimestamp(now_ms / 1000, UTC)
        pem = certificates.client(self._vault, self._park, gate, request.public, now)
        return Renewed(request.public, ssl.PEM_cert_to_DER_cert(pem.decode()), box)
