"""Acts on releases: say who may sign them, add one, wish it for gates."""

from collections.abc import Sequence
from pathlib import Path

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.gates import gates, stations
from fleet_manager.keys import roots
from fleet_manager.keys.proposals import RELEASE_KEYS, Proposal, read_proposal
from fleet_manager.rollouts import release_keys, releases, wishes
from fleet_manager.rollouts.releases import StoredRelease
from fleet_manager.services.act import performed, refusals
from fleet_manager.trust import key_sets
from gate_agent.validator.messages.release_wish import SwitchTime
from gate_agent.validator.trust.release_keys import ReleaseKeys


def propose_keys(
    centre: Centre, who: Actor, add: Sequence[Path], drop: Sequence[str], out: Path
) -> ReleaseKeys:
    """Write the next release keys, unsigned, to the file `out`, and return them. `add`: files of
    public keys. `drop`: ids of keys. Raises CentreError."""
    with performed(centre, who, Act.RELEASE_KEYS_PROPOSE, f"proposal {out}") as deed:
        if key_sets.newest(deed.connection) is None:
            raise CentreError("cannot propose release keys: this park was made without root keys")
        before = release_keys.newest(deed.connection)
        publics = [roots.read_public(file) for file in add]
        park, now_ms = centre.config.park, centre.clock()
        proposed = release_keys.propose(before, park, publics, drop, now_ms)
        Proposal(RELEASE_KEYS, proposed.fields()).write(out)
        deed.after = _described(proposed)
    return proposed


def publish_keys(centre: Centre, who: Actor, proposal: Path) -> ReleaseKeys:
    """Put signed release keys in force and return them. Raises CentreError."""
    signed = read_proposal(proposal, RELEASE_KEYS)
    subject = f"release keys {signed.keys.version}"
    with performed(centre, who, Act.RELEASE_KEYS_PUBLISH, subject) as deed:
        key_set = key_sets.newest(deed.connection)
        before = release_keys.newest(deed.connection)
        trusted = () if key_set is None else key_set.keys.roots
        park = centre.config.park
        published = release_keys.publish(deed.connection, signed.sealed, trusted, park)
        deed.before = None if before is None else _described(before)
        deed.after = _described(published)
    return published


def _described(keys: ReleaseKeys) -> dict[str, object]:
    return {"version": keys.version, "keys": sorted(keys.ids)}


def add(centre: Centre, who: Actor, folder: Path) -> StoredRelease:
    """Copy a signed release folder to the centre and return what it is; one that is here already
    changes nothing. Raises CentreError."""
    with refusals(centre, who, Act.RELEASE_ADD, f"release {folder.name}"):
        with centre.store.read() as connection:
            keys = release_keys.newest(connection)
        manifest, row = releases.read_signed(folder, keys, centre.clock())
        with centre.store.read() as connection:
            releases.refuse_older(connection, row)
        # On the disk first: a folder that nobody wishes is harmless, a row without one is not.
        releases.store(folder, centre.config.folder, manifest)
    with performed(centre, who, Act.RELEASE_ADD, f"release {row.name}") as deed:
        if releases.add(deed.connection, row):
            deed.after = {"sequence": row.sequence, "signed_by": row.signed_by}
    return row


def wish(
    centre: Centre,
    who: Actor,
    wanted: Sequence[str],
    release: str,
    when: SwitchTime,
    *,
    not_before_ms: int = 0,
) -> int:
    """Store the wish of a release for gates; return its number. Raises CentreError for a release
    or a gate that is not there."""
    with performed(centre, who, Act.RELEASE_WISH, f"gates {', '.join(wanted)}") as deed:
        if not wanted:
            raise CentreError("cannot wish a release for no gate", "see `fleet-manager gate list`")
        for gate in wanted:
            gates.find_in_use(deed.connection, gate)
        releases.find(deed.connection, release)
        before = wishes.every(deed.connection)
        number = wishes.put(
            deed.connection,
            wanted,
            release,
            when,
            not_before_ms=not_before_ms,
            now_ms=centre.clock(),
        )
        deed.before = {gate: before[gate].release for gate in wanted if gate in before}
        deed.after = {"release": release, "when": when.value, "not_before_ms": not_before_ms}
    return number


def gates_of(centre: Centre, station: str | None) -> list[str]:
    """Return the ids of a station's gates, None for the park's. Raises CentreError for a station
    that is not there."""
    with centre.store.read() as connection:
        if station is not None:
            stations.find(connection, station)
        return [gate.id for gate in gates.every(connection) if station in (None, gate.station)]


def signed_wish(centre: Centre, gate: str) -> bytes | None:
    """Return the wish for a gate as it is sent, None for none. It expires, so it is signed anew."""
    with centre.store.read() as connection:
        wished = wishes.find(connection, gate)
        if wished is None:
            return None
        row = releases.find(connection, wished.release)
    signer = centre.unlock().centre
    document = wishes.document(
        wished, centre.config.park, row.manifest, row.sequence, centre.clock()
    )
    return document.seal(signer.id, signer.sign)
