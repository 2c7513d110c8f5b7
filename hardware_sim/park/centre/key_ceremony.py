"""Who keeps a simulated park's keys: three roots, and the key sets that they sign."""

import random
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager.database.store import Store
from fleet_manager.keys import certificates
from fleet_manager.keys.vault import Signer, Vault
from fleet_manager.trust import key_sets
from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.key_set import ROOTS, THRESHOLD, KeyRow, KeySet
from gate_agent.validator.trust.keys import KeyUse, key_id
from hardware_sim.park.signature_cache import SignatureCache

USES = (KeyUse.TICKET, KeyUse.LIST, KeyUse.CENTRE)
KEPT = 2
"""How many list and centre keys are trusted at once: a gate that was away for longer starts
without a list, and fetches one."""


def signer(rng: random.Random, notary: SignatureCache) -> Signer:
    """A key from the seed."""
    private = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
    public = private.public_key().public_bytes_raw()
    return Signer(key_id(public), public, notary.signing(private))


class KeyCeremony:
    """`vault`: what the centre signs with now. Every change is a set that two roots sign."""

    def __init__(self, rng: random.Random, park: str, notary: SignatureCache, store: Store) -> None:
        self._rng = rng
        self._notary = notary
        self._store = store
        self._park = park
        self._roots = [signer(rng, notary) for _ in range(ROOTS)]
        self._signers = {use: [signer(rng, notary)] for use in USES}
        self._pepper, self._link = rng.randbytes(32), rng.randbytes(32)
        self._authority = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
        self._version = 0
        self.publish(1)

    def publish(self, now_ms: int) -> None:
        """The next set, of the keys there are."""
        self._version += 1
        rows = [
            KeyRow(use=use, public=one.public)
            for use, signers in self._signers.items()
            for one in signers
        ]
        roots = tuple(sorted(root.public for root in self._roots))
        fields = key_set.fields_of(
            KeySet(
                park=self._park,
                version=self._version,
                as_of_ms=now_ms,
                roots=roots,
                keys=tuple(rows),
            )
        )
        signed = self._rng.sample(self._roots, THRESHOLD)
        sealed = key_set.seal(
            fields, [key_set.sign(fields, root.public, root.sign) for root in signed]
        )
        with self._store.write() as connection:
            found = key_sets.publish(connection, sealed, self._park, now_ms)
        newest = {use: signers[-1] for use, signers in self._signers.items()}
        self.vault = Vault(
            newest[KeyUse.TICKET],
            newest[KeyUse.LIST],
            newest[KeyUse.CENTRE],
            found.ring(),
            self._pepper,
            self._authority.public_key().public_bytes_raw(),
            lambda builder: builder.sign(self._authority, None),
            self._link,
            {one.id: one for one in self._signers[KeyUse.TICKET]},
        )

    def rotate(self, use: KeyUse, now_ms: int) -> None:
        """A new key signs from now on; tickets under the older ones stay good."""
        signers = [*self._signers[use], signer(self._rng, self._notary)]
        self._signers[use] = signers if use is KeyUse.TICKET else signers[-KEPT:]
        self.publish(now_ms)

    def authority(self) -> bytes:
        """The certificate that gates check their own by, PEM."""
        return certificates.authority(self.vault, self._park, datetime.fromtimestamp(0, UTC))

    @property
    def version(self) -> int:
        """Of the newest set."""
        return self._version
