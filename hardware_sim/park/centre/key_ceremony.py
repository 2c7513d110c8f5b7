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


def signer(rng: random.Random, signatures: SignatureCache) -> Signer:
    """Make a key from the seed."""
    private = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
    public = private.public_key().public_bytes_raw()
    return Signer(key_id(public), public, signatures.signing(private))


class KeyCeremony:
    """`vault`: what the centre signs with now. Every change is a set that two roots sign."""

    def __init__(
        self, rng: random.Random, park: str, signatures: SignatureCache, store: Store
    ) -> None:
        self._rng = rng
        self._signatures = signatures
        self._store = store
        self._park = park
        self._roots = [signer(rng, signatures) for _ in range(ROOTS)]
        self._signers = {use: [signer(rng, signatures)] for use in USES}
        self._pepper, self._link = rng.randbytes(32), rng.randbytes(32)
        self._authority = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
        self._version = 0
        self.publish(1)

    def publish(self, now_ms: int) -> None:
        """Publish the next set, of the keys there are."""
        self._version += 1
        sealed = self._seal(self._version, now_ms, self._rng.sample(self._roots, THRESHOLD))
        with self._store.write() as connection:
            published = key_sets.publish(connection, sealed, self._park, now_ms)
        newest = {use: signers[-1] for use, signers in self._signers.items()}
        self.vault = Vault(
            ticket=newest[KeyUse.TICKET],
            list=newest[KeyUse.LIST],
            centre=newest[KeyUse.CENTRE],
            ring=published.ring(),
            pepper=self._pepper,
            authority_public=self._authority.public_key().public_bytes_raw(),
            sign_certificate=lambda builder: builder.sign(self._authority, None),
            link=self._link,
            tickets={key.id: key for key in self._signers[KeyUse.TICKET]},
        )

    def stolen(self, thief: Signer, now_ms: int) -> bytes:
        """Return a set that a thief of all keys but two roots could make: newer than any, with a
        list key of his own, signed by one root and by himself."""
        return self._seal(self._version + 1000, now_ms, [self._roots[0], thief], thief)

    def _seal(
        self, version: int, now_ms: int, signed: list[Signer], more: Signer | None = None
    ) -> bytes:
        rows = [
            KeyRow(use=use, public=key.public)
            for use, signers in self._signers.items()
            for key in signers
        ]
        if more is not None:
            rows.append(KeyRow(use=KeyUse.LIST, public=more.public))
        roots = tuple(sorted(root.public for root in self._roots))
        fields = key_set.fields_of(
            KeySet(
                park=self._park,
                version=version,
                as_of_ms=now_ms,
                roots=roots,
                keys=tuple(rows),
            )
        )
        return key_set.seal(
            fields, [key_set.sign(fields, root.public, root.sign) for root in signed]
        )

    def rotate(self, use: KeyUse, now_ms: int) -> None:
        """Sign with a new key from now on; tickets under the older keys stay good."""
        signers = [*self._signers[use], signer(self._rng, self._signatures)]
        self._signers[use] = signers if use is KeyUse.TICKET else signers[-KEPT:]
        self.publish(now_ms)

    def public_keys(self) -> set[tuple[KeyUse, bytes]]:
        """Return use and public key of every key that is to be trusted, the roots included."""
        keys = {(use, key.public) for use, of_use in self._signers.items() for key in of_use}
        return keys | {(KeyUse.ROOT, root.public) for root in self._roots}

    def authority(self) -> bytes:
        """Return the certificate that gates check their own by, PEM."""
        return certificates.authority(self.vault, self._park, datetime.fromtimestamp(0, UTC))

    @property
    def version(self) -> int:
        """Of the newest set."""
        return self._version
