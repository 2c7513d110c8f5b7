"""Acts on the keys that gates trust: propose a key set, publish a signed one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.keys import roots, vault
from fleet_manager.keys.proposals import KEY_SET, Proposal, read_proposal
from fleet_manager.services.act import performed
from fleet_manager.trust import key_sets
from gate_agent.validator.trust.key_set import KeySet, fields_of
from gate_agent.validator.trust.keys import KeyMode, KeyUse, key_id


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """What shall be different in the next key set. `new`: uses for which a key is drawn. `drop`:
    ids trusted no more. `modes`: how far ticket keys are trusted, by id. `roots`: files of the
    park's new root keys, empty to keep those in force."""

    new: Sequence[KeyUse] = ()
    drop: frozenset[bytes] = frozenset()
    modes: Mapping[bytes, KeyMode]
    roots: Sequence[Path] = ()


def propose(centre: Centre, who: Actor, wanted: KeyChange, out: Path) -> KeySet:
    """Write the next key set, unsigned, to the file `out`, and return it.

    Keys that are drawn for it lie in the vault and sign nothing before the set is published.
    Raises CentreError.
    """
    with performed(centre, who, Act.KEYS_PROPOSE, f"proposal {out}") as deed:
        before = key_sets.newest(deed.connection)
        if before is None:
            raise CentreError("cannot propose keys: this park was made without root keys")
        publics = [roots.read_public(file) for file in wanted.roots] or None
        fresh = [(use, vault.add(centre.config.keys, use)) for use in dict.fromkeys(wanted.new)]
        change = key_sets.Change(fresh, wanted.drop, dict(wanted.modes), publics)
        serial = key_sets.last_serial(deed.connection)
        made = key_sets.propose(before.keys, change, serial, centre.clock())
        Proposal(KEY_SET, fields_of(made)).write(out)
        deed.after = _described(made)
    return made


def publish(centre: Centre, who: Actor, proposal: Path) -> KeySet:
    """Put a signed key set in force and return it. Raises CentreError."""
    signed = read_proposal(proposal, KEY_SET)
    with performed(centre, who, Act.KEYS_PUBLISH, f"key set {signed.keys.version}") as deed:
        before = key_sets.newest(deed.connection)
        made = key_sets.publish(deed.connection, signed.sealed, centre.config.park, centre.clock())
        deed.before = None if before is None else _described(before.keys)
        deed.after = _described(made)
    return made


def _described(keys: KeySet) -> dict[str, object]:
    return {
        "version": keys.version,
        "keys": [f"{row.use.value} {key_id(row.public).hex()}" for row in keys.keys],
        "roots": [key_id(public).hex() for public in keys.roots],
    }
