"""Whose word counts for an update: root keys, the centre's keys and release keys.

Root's own copy, apart from the daemon's: what runs as root must not believe what a program that
talks to the network has written. It begins with the enrolment's ring, and goes from key set to key
set by the root keys alone.
"""

from collections.abc import Callable

from gate_agent.errors import GateError
from gate_agent.trust.documents import TrustDocuments
from gate_agent.validator.errors import WireError
from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.key_set import KeySet
from gate_agent.validator.trust.keys import KeyRing, KeyUse
from gate_agent.validator.trust.release_keys import ReleaseKeys, open_release_keys

KEYS, RELEASE_KEYS = "keys", "release-keys"
_MOST_KEY_SETS = 100
_NO_ROOTS = GateError(
    "this gate knows no root keys, so no update can be signed for it",
    "install releases over ssh; or make a park with root keys (docs/releases.md)",
)

Fetch = Callable[[int], bytes | None]
"""Returns the document that follows a version, None if there is none."""


class UpdateTrust:
    """`enrolled`: the ring of the enrolment. `keys`, `release_keys`: in force, None before the
    first."""

    def __init__(self, enrolled: KeyRing, park: str, documents: TrustDocuments) -> None:
        self._enrolled = enrolled
        self._park = park
        self._documents = documents
        self.keys = self._load_keys()
        self.release_keys = self._load_release_keys()

    @property
    def ring(self) -> KeyRing:
        """Return the keys that count now."""
        return self._enrolled if self.keys is None else self.keys.ring()

    @property
    def _roots(self) -> list[bytes]:
        return [key.public for key in self.ring.of(KeyUse.ROOT)]

    def _load_keys(self) -> KeySet | None:
        """Return the newest stored key set. That it may follow the one before was checked when it
        came, so it is opened by its own root keys."""
        newest: KeySet | None = None
        for sealed in self._documents.load(KEYS):
            try:
                roots = key_set.read_set(key_set.split(sealed)[1]).roots
                stored = key_set.open_set(sealed, roots, self._park)
            except WireError:
                continue
            if newest is None or stored.version > newest.version:
                newest = stored
        return newest

    def _load_release_keys(self) -> ReleaseKeys | None:
        newest: ReleaseKeys | None = None
        for sealed in self._documents.load(RELEASE_KEYS):
            try:
                stored = open_release_keys(sealed, self._roots, self._park)
            except WireError:
                continue  # also what roots signed that count no more
            if newest is None or stored.version > newest.version:
                newest = stored
        return newest

    def follow_keys(self, fetch: Fetch) -> None:
        """Take every key set that follows, one after the other. Raises GateError, also for one that
        may not follow."""
        if not self._roots:
            raise _NO_ROOTS
        for _ in range(_MOST_KEY_SETS):
            sealed = fetch(0 if self.keys is None else self.keys.version)
            if sealed is None:
                return
            try:
                offered = key_set.open_set(sealed, self._roots, self._park)
                key_set.refuse_older(self.keys, offered)
            except WireError as error:
                raise GateError(f"the centre offers {error}") from None
            self._documents.save(KEYS, sealed)
            self.keys = offered

    def take_release_keys(self, sealed: bytes | None) -> ReleaseKeys:
        """Put release keys in force and return them. Raises GateError for none, for older ones, and
        for what two root keys did not sign."""
        if sealed is not None:
            try:
                offered = open_release_keys(sealed, self._roots, self._park)
            except WireError as error:
                raise GateError(f"the centre offers {error}") from None
            held = self.release_keys
            if held is not None and offered.version < held.version:
                raise GateError(
                    f"the centre offers release keys {offered.version}, and {held.version} are in "
                    "force here",
                    "was the centre restored from a backup? publish the newest ones again",
                )
            if offered != held:
                self._documents.save(RELEASE_KEYS, sealed)
                self.release_keys = offered
        if self.release_keys is None:
            raise GateError(
                "this park has no release keys", "see `fleet-manager release keys propose`"
            )
        return self.release_keys
