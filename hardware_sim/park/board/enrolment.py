"""What goes on a simulated board, and what the centre knows of it."""

from pathlib import Path

from fleet_manager.gates import gates, key_renewals
from fleet_manager.keys.vault import Signer
from gate_agent.trust.identity import Identity
from hardware_sim.park.centre.centre import SimCentre
from hardware_sim.park.centre.key_ceremony import signer
from hardware_sim.park.signature_cache import SignatureCache
from hardware_sim.park.world import World


class Enrolment:
    """Keys come from the world's seed; their signatures are in the cache."""

    def __init__(self, world: World, centre: SimCentre, signatures: SignatureCache) -> None:
        self._world = world
        self._centre = centre
        self._signatures = signatures

    def add(self, gate: str, station: str) -> Identity:
        """Enrol a new gate at a station."""
        key = signer(self._world.stream(f"identity {gate}"), self._signatures)
        with self._centre.store.write() as connection:
            gates.add_gate(connection, gate, station, key.public, self._world.utc_ms)
        return self._identity(gate, key)

    def replace(self, gate: str) -> Identity:
        """Enrol another board for a gate, or the same board with another bundle."""
        self._world.note("replace", gate)
        key = signer(self._world.stream(f"identity {gate} {self._world.now_ms}"), self._signatures)
        with self._centre.store.write() as connection:
            key_renewals.put_in_force(connection, gate, key.public, self._world.utc_ms)
        return self._identity(gate, key)

    def knows(self, gate: str, public: bytes) -> bool:
        """Return whether the centre accepts what is signed with that key."""
        with self._centre.store.read() as connection:
            keys = key_renewals.every(connection, self._world.utc_ms)[gate]
        return public in (keys.public, keys.following)

    def _identity(self, gate: str, key: Signer) -> Identity:
        vault = self._centre.vault
        return Identity(
            folder=Path("identity"),
            key_id=key.id,
            sign=key.sign,
            ring=vault.ring,
            pepper=vault.pepper,
            link=vault.link_secret(gate, key.public),
            public=key.public,
        )
