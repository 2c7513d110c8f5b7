"""One round of the updater: go on with a trial, or see what the centre wishes and try it.

Journal before effect: `state.json` says what is about to be done before it is done, so a power cut
at any point leaves the old release or the new one, and the next round goes on from there. The round
itself runs from the last release that was found well, never from the one on trial.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from hashlib import sha256

from gate_agent.errors import FolderTakenError, GateError
from gate_agent.release.installer import Installer
from gate_agent.release.manifest import (
    MANIFEST_FILE,
    SIGNATURE_FILE,
    ReleaseError,
    ReleaseManifest,
    UnfitReleaseError,
    parse_manifest,
    read_manifest,
)
from gate_agent.update import rest, state
from gate_agent.update.fetch import ROLE, ReleaseFetcher
from gate_agent.update.site import UpdateSite
from gate_agent.update.state import Trial, UpdateState
from gate_agent.update.trial import TrialRunner, read_daemon
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.release_wish import MAX_WISH_BYTES, ReleaseWish, open_wish
from gate_agent.validator.trust.key_set import MAX_SET_BYTES
from gate_agent.validator.trust.keys import KEY_ID_BYTES, KeyUse

MAX_MANIFEST_BYTES = 4 << 20
MAX_SIGNATURE_BYTES = 256
WAIT_FOR_REST_S = 240.0
_LOOK_EVERY_S = 1.0
_CLOCK_MS = 300_000
"""A clock that is so far behind may read a wish that was made just now."""


class Updater:
    """Updates one board. Raises GateError, ReleaseError or OSError for what cannot be done now; the
    next round tries again."""

    def __init__(self, site: UpdateSite) -> None:
        self._site = site
        self._state = UpdateState()
        self._fetcher = ReleaseFetcher(site.folder, site.store, site.client, site.say)
        self._installer = Installer(site.store, ROLE, site.say, site.settings)

    def run(self, *, patient: bool = True) -> str:
        """Do one round and return in words how it ended. `patient`: wait some minutes for a moment
        of rest."""
        with self._alone(), closing(self._site.client):
            self._state = state.load(self._site.files)
            self._site.client.begin()
            if self._state.trial is not None:
                runner = TrialRunner(self._site, self._state, self._installer)
                ended = runner.resume()
                if ended:
                    return ended
            return self._follow_wish(patient=patient)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the updater's lock. Raises FolderTakenError."""
        self._site.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        handle = os.open(self._site.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise FolderTakenError("another update is at work on this board") from None
            yield
        finally:
            os.close(handle)

    def _follow_wish(self, *, patient: bool) -> str:
        wish = self._ask_wish()
        if wish is None:
            self._site.say_fault("")
            return "nothing is wished for this gate"
        if wish.release == self._site.store.current:
            self._site.say_fault("")
            return f"runs {wish.release}, as wished"
        tried, why = self._state.unwell.get(wish.release, (0, ""))
        if tried == wish.number:
            return f"{wish.release} was unwell here and is not tried again: {why}"
        now_ms = self._site.machine.wall_ms()
        if now_ms < wish.not_before_ms:
            moment = datetime.fromtimestamp(wish.not_before_ms / 1000, self._site.zone)
            return f"{wish.release} is wished from {moment:%Y-%m-%d %H:%M} on"
        try:
            manifest, key = self._prepare(wish)
        except ReleaseError as error:
            if isinstance(error, UnfitReleaseError):
                self._state.mark_unwell(wish.release, wish.number, str(error))
                state.save(self._site.files, self._state)
            self._site.say_fault(str(error))
            raise
        self._site.say_fault("")
        busy = self._wait_for_rest(wish, patient=patient)
        if busy:
            return f"{wish.release} is unpacked and waits for {busy}"
        return self._begin_trial(wish, manifest, key)

    def _ask_wish(self) -> ReleaseWish | None:
        """Return the centre's wish; older ones than were seen are refused."""
        site = self._site
        site.trust.follow_keys(lambda have: site.client.get(f"/keys/{have}", MAX_SET_BYTES))
        sealed = site.client.get(f"/desired/{site.gate}", MAX_WISH_BYTES)
        if sealed is None:
            return None
        try:
            wish = open_wish(sealed, site.trust.ring, site.park, site.gate)
        except WireError as error:
            raise GateError(f"the centre offers {error}") from None
        self._refuse_old(wish)
        seen = wish.number, wish.content, sealed[:KEY_ID_BYTES].hex()
        held = self._state
        if seen != (held.number, held.content, held.number_key):
            held.number, held.content, held.number_key = seen
            state.save(site.files, held)
        return wish

    def _refuse_old(self, wish: ReleaseWish) -> None:
        held = self._state
        # The thief of a key that counts no more may have pushed the number to its end.
        name = bytes.fromhex(held.number_key)
        binds = self._site.trust.ring.find(KeyUse.CENTRE, name) is not None
        if binds and wish.number < held.number:
            raise GateError(f"wish {wish.number} is older than wish {held.number}, which was seen")
        if binds and wish.number == held.number and wish.content != held.content:
            raise GateError(f"wish {wish.number} was seen with another content")
        if self._site.machine.wall_ms() > wish.expires_ms + _CLOCK_MS:
            made = datetime.fromtimestamp(wish.as_of_ms / 1000, UTC)
            raise GateError(
                f"the wish was made at {made:%Y-%m-%d %H:%M} UTC and has expired",
                "is this board's clock right? else somebody holds newer wishes back",
            )

    def _prepare(self, wish: ReleaseWish) -> tuple[ReleaseManifest, str]:
        """Fetch, verify, unpack beside and check; return the manifest and the id of its key."""
        manifest, data, key = self._manifest(wish)
        if self._floor() > manifest.sequence:
            raise ReleaseError(
                f"{manifest.name} has sequence {manifest.sequence}, and "
                f"{self._floor()} has run well here",
                "versions never go back: make the old sources a release with a higher sequence",
            )
        store = self._site.store
        if not store.has(manifest.name):
            folder = self._fetcher.fetch(manifest, data)
            with store.locked():
                self._installer.unpack(folder)
            self._fetcher.tidy(manifest)
        self._installer.check(manifest.name)
        return manifest, key

    def _manifest(self, wish: ReleaseWish) -> tuple[ReleaseManifest, bytes, str]:
        site = self._site
        keys = site.trust.take_release_keys(site.client.get("/release-keys", MAX_SET_BYTES))
        at = f"/releases/{wish.release}"
        data = site.client.get(f"{at}/{MANIFEST_FILE}", MAX_MANIFEST_BYTES)
        signature = site.client.get(f"{at}/{SIGNATURE_FILE}", MAX_SIGNATURE_BYTES)
        if data is None or signature is None:
            raise GateError(f"the centre wishes {wish.release}, and has not got it")
        if sha256(data).digest() != wish.manifest:
            raise ReleaseError(f"the release.json of {wish.release} is not the one that is wished")
        try:
            key = keys.key_of(bytes.fromhex(signature.decode("ascii")), data)
        except WireError as error:
            raise ReleaseError(f"{wish.release}: {error}") from None
        except ValueError:
            raise ReleaseError(f"{wish.release}: a signature that is not hexadecimal") from None
        manifest = parse_manifest(data)
        if (manifest.name, manifest.sequence) != (wish.release, wish.sequence):
            raise ReleaseError(f"{manifest.name} came when {wish.release} was wished")
        return manifest, data, key.id.hex()

    def _floor(self) -> int:
        """Return the lowest sequence that may run: that of what has run well here, unless the key
        that signed it counts no more."""
        keys = self._site.trust.release_keys
        held = self._state
        trusted = keys is not None and held.floor_key in keys.ids
        floor = held.floor if trusted else 0
        try:
            running = read_manifest(self._site.store.releases / self._site.store.healthy).sequence
        except ReleaseError:
            running = 0
        return max(floor, running if trusted or not held.floor_key else 0)

    def _wait_for_rest(self, wish: ReleaseWish, *, patient: bool) -> str:
        """Wait for a moment of rest; return what is waited for if none came."""
        machine = self._site.machine
        until_s = machine.mono_s() + (WAIT_FOR_REST_S if patient else 0.0)
        while True:
            local = datetime.fromtimestamp(machine.wall_ms() / 1000, self._site.zone)
            status = read_daemon(self._site.data)
            busy = rest.keeps_waiting(status, wish.when, local, self._site.night)
            hour = busy.startswith("the night")
            if not busy or hour or machine.mono_s() >= until_s:
                return busy
            machine.wait(_LOOK_EVERY_S)

    def _begin_trial(self, wish: ReleaseWish, manifest: ReleaseManifest, key: str) -> str:
        before = self._site.store.healthy or self._site.store.current
        status = read_daemon(self._site.data) or {}
        faults = status.get("faults")
        self._state.trial = Trial(
            release=manifest.name,
            before=before,
            number=wish.number,
            sequence=manifest.sequence,
            key=key,
            boot=self._site.machine.boot(),
            linked=status.get("linked") is True,
            faults=sorted(faults) if isinstance(faults, dict) else [],
        )
        return TrialRunner(self._site, self._state, self._installer).begin()
