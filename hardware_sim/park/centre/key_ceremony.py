"""Who keeps a simulated park's keys: three roots, and the key sets that they sign."""

import random
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager.database.store import Store
from fleet_manager.keys import certificates
from fleet_manager.keys.vault import Signer, Vault, signing_row
from fleet_manager.trust import key_sets
from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.key_set import ROOTS, THRESHOLD, KeyRow, KeySet
from gate_agent.validator.trust.keys import KeyMode, KeyUse, key_id
from hardware_sim.park.oracle.key_trust import Trusted, TrustedKeys
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
    """`vault`: what the centre signs with now. `trusts`: how far each set trusts ticket keys. Every
    change is a set that two roots sign."""

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
        self._rows: dict[bytes, KeyRow] = {}
        self._trusted = {signers[0].id: Trusted() for signers in (self._signers[KeyUse.TICKET],)}
        self.trusts: dict[int, TrustedKeys] = {}
        self.publish(1)

    def publish(self, now_ms: int, signed: list[Signer] | None = None) -> None:
        """Publish the next set, of the keys there are. `signed`: by which roots."""
        self._version += 1
        self.trusts[self._version] = dict(self._trusted)
        signed = self._rng.sample(self._roots, THRESHOLD) if signed is None else signed
        sealed = self._seal(self._version, now_ms, signed)
        with self._store.write() as connection:
            published = key_sets.publish(connection, sealed, self._park, now_ms)
        newest = {
            use: next(key for key in signers if key.public == signing_row(published, use).public)
            for use, signers in self._signers.items()
        }
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
        list key of his own, signed by one root and by himself, who is a root in it."""
        return self._seal(self._version + 1000, now_ms, [self._roots[0], thief], thief)

    def _seal(
        self, version: int, now_ms: int, signed: list[Signer], more: Signer | None = None
    ) -> bytes:
        rows = [
            self._rows.get(key.public, KeyRow(use=use, public=key.public))
            for use, signers in self._signers.items()
            for key in signers
        ]
        roots = self._roots
        if more is not None:
            rows.append(KeyRow(use=KeyUse.LIST, public=more.public))
            roots = [*roots[:-1], more]
        fields = key_set.fields_of(
            KeySet(
                park=self._park,
                version=version,
                as_of_ms=now_ms,
                roots=tuple(sorted(root.public for root in roots)),
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
        if use is KeyUse.TICKET:
            self._trusted[signers[-1].id] = Trusted()
        self.publish(now_ms)

    def withdraw(self, key: bytes, mode: KeyMode, last_serial: int, now_ms: int) -> None:
        """Make gates trust a ticket key less far from now on, as staff do; `key`: its id."""
        with self._store.read() as connection:
            before = key_sets.newest(connection)
        assert before is not None
        change = key_sets.Change(modes={key: mode})
        for row in key_sets.propose(before.keys, change, last_serial, now_ms).of(KeyUse.TICKET):
            self._rows[row.public] = row
        self._trusted[key] = self._trusted[key].withdrawn(mode, now_ms // 1000, last_serial)
        self.publish(now_ms)

    def replace_list_key(self, now_ms: int) -> None:
        """Sign lists with a new key in the place of the newest one, which somebody has stolen."""
        signers = self._signers[KeyUse.LIST]
        self._signers[KeyUse.LIST] = [*signers[:-1], signer(self._rng, self._signatures)]
        self.publish(now_ms)

    def turn_roots(self, now_ms: int) -> None:
        """Replace one of the roots; the others sign, who are roots before and after."""
        signers = self._roots[1:]
        self._roots = [*signers, signer(self._rng, self._signatures)]
        self.publish(now_ms, signers)

    def trusted_keys(self, version: int) -> TrustedKeys:
        """Return how far a set trusts ticket keys; a gate without any has the keys of the first."""
        return self.trusts[max(1, version)]

    def is_doubtful(self, key: bytes) -> bool:
        """Return whether a ticket key was ever trusted less than fully."""
        trusted = self._trusted.get(key)
        return trusted is not None and trusted.mode is not KeyMode.SIG

    @property
    def newest_ticket_key(self) -> bytes:
        """Id of the key that signs what is sold."""
        return self._signers[KeyUse.TICKET][-1].id

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
