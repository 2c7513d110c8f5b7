"""Gates' own keys: those in force, and those that follow them without a visit.

A gate is told to draw a key when staff order it, or when two thirds of its certificate's life are
over. It asks for a certificate, signed with the key in force. From then on both keys speak for the
gate, until the first message under the new one: that ends the old one, in the same transaction.
"""

import ssl
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select, update

from fleet_manager import certificates, fleet, schema, store
from fleet_manager.errors import CentreError
from fleet_manager.incidents import Incident, Sighting
from fleet_manager.schema_trust import renewal as table
from fleet_manager.vault import Vault
from gate_agent.validator import renewal
from gate_agent.validator.errors import WireError
from gate_agent.validator.keys import PublicKey
from gate_agent.validator.renewal import Renew, Renewed, RenewOrder

LIFE_MS = certificates.LEAF_DAYS * 86_400_000
RENEW_AFTER_MS = LIFE_MS * 2 // 3

_GATES = select(schema.gate.c.id, schema.gate.c.added_ms)
_ROWS = select(table.c.gate, table.c.keyed_ms, table.c.ordered, table.c.following)


class SecondKeyError(WireError):
    """A gate has drawn a key before, and somebody who holds its key in force asks for another."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """How it stands with a gate's key. `since_ms`: of the certificate. `ordered`: another one is
    wanted. `following`: public half of the one that the gate has drawn."""

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
    """How it stands with each gate."""
    rows = {gate: rest for gate, *rest in store.run(connection, _ROWS, {})}
    found: dict[str, Renewal] = {}
    for gate, added_ms in store.run(connection, _GATES, {}):
        since_ms, ordered, following = rows.get(gate, (added_ms, False, None))
        late = now_ms - since_ms >= RENEW_AFTER_MS
        found[gate] = Renewal(since_ms, bool(ordered) or late, following)
    return found


def order(connection: Connection, gates: Iterable[str], *, forget: bool) -> None:
    """These gates are to draw another key. `forget`: and what one of them has drawn before is to
    count no more. Raises CentreError for a gate that is not there."""
    known = {gate: since for gate, since, *_ in store.run(connection, _GATES, {})}
    for gate in gates:
        if gate not in known:
            raise CentreError(f"cannot find gate {gate!r}", "see `fleet-manager gate list`")
        values: dict[str, object] = {"ordered": True}
        if forget:
            values["following"] = None
        _put(connection, gate, values, known[gate])


def _put(connection: Connection, gate: str, values: dict[str, object], since_ms: int) -> None:
    """`since_ms`: of the key in force, if there is no row yet."""
    done = connection.execute(update(table).where(table.c.gate == gate).values(values))
    if done.rowcount == 0:
        row = {"ordered": False, "keyed_ms": since_ms} | values
        connection.execute(insert(table).values(gate=gate, **row))


class Renewals:
    """Used by the collector's thread alone. `keys`: those in force, by gate."""

    def __init__(self, vault: Vault, park: str) -> None:
        self._vault = vault
        self._park = park
        self.keys: dict[str, PublicKey] = {}
        self._following: dict[str, PublicKey] = {}
        self._known: dict[str, Renewal] = {}

    def refresh(self, connection: Connection, now_ms: int) -> list[tuple[str, RenewOrder]]:
        """Learn of new gates, and of what staff ordered. Gives what gates should hear of that."""
        self.keys = fleet.public_keys(connection)
        before, self._known = self._known, every(connection, now_ms)
        self._following = {
            gate: fleet.public_key(one.following, gate)
            for gate, one in self._known.items()
            if one.following is not None
        }
        told = [gate for gate, one in before.items() if one.ordered]
        return [
            (gate, one) for gate in self._known if gate not in told for one in self.wanted(gate)
        ]

    def find(self, gate: str, key_id: bytes) -> PublicKey | None:
        """The key of that id, if it may speak for the gate."""
        for keys in (self.keys, self._following):
            key = keys.get(gate)
            if key is not None and key.id == key_id:
                return key
        return None

    def heard(self, connection: Connection, gate: str, key_id: bytes, now_ms: int) -> bool:
        """A message whose signature holds: under the following key, it ends the one before. Gives
        whether it did."""
        key = self._following.get(gate)
        if key is None or key.id != key_id or key_id == self.keys[gate].id:
            return False
        connection.execute(
            update(schema.gate).where(schema.gate.c.id == gate).values(public=key.public)
        )
        values: dict[str, object] = {"ordered": False, "following": None, "keyed_ms": now_ms}
        _put(connection, gate, values, now_ms)
        self.keys = self.keys | {gate: key}
        del self._following[gate]
        self._known[gate] = Renewal(now_ms, ordered=False, following=None)
        return True

    def wanted(self, gate: str) -> list[RenewOrder]:
        """What a gate is told that has introduced itself, or told its state: an order or an answer
        may have been lost."""
        known = self._known.get(gate)
        return [RenewOrder(self.keys[gate].public)] if known is not None and known.ordered else []

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
        replaced = self.keys[gate].public
        renewal.check_proof(asked, gate, replaced)
        following = self._following.get(gate)
        if following is not None and following.public != asked.public:
            raise SecondKeyError("it has drawn one key, and somebody asks for another")
        if asked.public == replaced:
            raise WireError("a renewal by the key in force")
        ephemeral = self._vault.box_seed(gate, asked.public + asked.box_key)
        secret = self._vault.link_secret(gate, asked.public)
        box = renewal.seal_box(secret, gate, asked, ephemeral)
        if following is None:
            _put(connection, gate, {"following": asked.public}, known.since_ms)
            self._following[gate] = fleet.public_key(asked.public, gate)
        now = datetime.fromtimestamp(now_ms / 1000, UTC)
        pem = certificates.client(self._vault, self._park, gate, asked.public, now)
        return Renewed(asked.public, ssl.PEM_cert_to_DER_cert(pem.decode()), box)
