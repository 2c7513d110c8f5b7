"""The record of all acts: check it, sign its head, hand it out."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from fleet_manager.access import audit, audit_head
from fleet_manager.access.actor import Actor
from fleet_manager.access.audit import Filter, Line, Verification
from fleet_manager.access.audit_head import Head, SignedHead
from fleet_manager.access.rights import Act, View, require_view
from fleet_manager.centre import Centre
from fleet_manager.files import whole_file
from fleet_manager.services.act import performed, refusals
from fleet_manager.trust import key_sets

_AT_ONCE = 1000


def search(centre: Centre, who: Actor, wanted: Filter) -> list[Line]:
    """Return lines that pass a filter, oldest first. Raises NotAllowed for who may not see them."""
    require_view(who, View.AUDIT)
    with centre.store.read() as connection:
        return audit.lines(connection, wanted)


def signed_head(centre: Centre) -> SignedHead:
    """Return the head of the audit, signed by the centre's key. Raises CentreConfigError if the
    keys cannot be opened."""
    with centre.store.read() as connection:
        number, digest = audit.newest(connection)
    head = Head(centre.config.park, number, centre.clock(), digest.hex())
    return audit_head.sign(head, centre.unlock().centre)


def write_head(centre: Centre, folder: Path) -> Path:
    """Write the head of the audit into a folder, in place of an earlier one of today; return the
    file. Raises CentreError if it cannot be written."""
    file = _file_of_today(centre, folder)
    whole_file.write_bytes(file, signed_head(centre).to_json().encode())
    return file


def write_daily_head(centre: Centre, folder: Path) -> Path | None:
    """Write the head of the audit as `write_head` does, unless there is one of today."""
    return None if _file_of_today(centre, folder).exists() else write_head(centre, folder)


def verify(
    centre: Centre, *, head: bytes | None = None, heads: Sequence[SignedHead] = ()
) -> Verification:
    """Compute the chain anew; `head` and `heads` were kept elsewhere. Raises CentreError for a
    head that is not of this park."""
    with centre.store.read() as connection:
        keys = key_sets.centre_keys(connection)
    if heads and not keys:  # a park that was made before there were key sets
        signer = centre.unlock().centre
        keys = {signer.id: signer.public}
    kept: dict[int, frozenset[bytes]] = {}
    for signed in heads:
        checked = audit_head.check(signed, centre.config.park, keys)
        kept[checked.line] = kept.get(checked.line, frozenset()) | {bytes.fromhex(checked.hash)}
    with centre.store.read() as connection:
        return audit.verify(connection, head=head, heads=kept)


def verify_by(centre: Centre, who: Actor, heads: Sequence[SignedHead] = ()) -> Verification:
    """Verify for a person; that they did, and what came of it, is in the audit. Raises as `verify`,
    and NotAllowed."""
    with refusals(centre, who, Act.AUDIT_VERIFY, "audit"):
        outcome = verify(centre, heads=heads)
    with performed(centre, who, Act.AUDIT_VERIFY, "audit") as deed:
        deed.after = {"lines": outcome.lines, "fault": outcome.fault, "heads": len(heads)}
    return outcome


def export(
    centre: Centre, who: Actor, since_ms: int | None = None, until_ms: int | None = None
) -> Iterator[bytes]:
    """Yield the lines of a span of time as they were hashed, 1,000 at once; that it was exported
    is an act.

    Each is a hash in hexadecimal, a space, and the JSON array that was hashed after the hash of
    the line before; the first row is that hash alone. Raises NotAllowed at once.
    """
    with performed(centre, who, Act.AUDIT_EXPORT, "audit") as deed:
        numbers = audit.numbers_between(deed.connection, since_ms, until_ms)
        before = audit.hashed_lines(deed.connection, range(numbers.start - 1, numbers.start))
        first = before[0][1] if before else audit.GENESIS
        deed.after = {"first": numbers.start, "last": numbers.stop - 1}
    return _exported(centre, first, numbers)


def _file_of_today(centre: Centre, folder: Path) -> Path:
    day = centre.calendar.date_of(centre.clock())
    return folder / f"audit-head-{centre.config.park}-{day.isoformat()}.json"


def _exported(centre: Centre, first: bytes, numbers: range) -> Iterator[bytes]:
    yield first.hex().encode() + b"\n"
    for at in range(numbers.start, numbers.stop, _AT_ONCE):
        part = range(at, min(at + _AT_ONCE, numbers.stop))
        with centre.store.read() as connection:
            rows = audit.hashed_lines(connection, part)
        yield b"".join(f"{digest.hex()} {text}\n".encode() for text, digest in rows)
