"""Invitations: one-time tokens by which a board enrols itself, with keys that it draws."""

from dataclasses import dataclass
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, insert, select, update

from fleet_manager.database import tables_boards
from fleet_manager.errors import CentreError
from gate_agent.validator.messages.enrolment import FINGERPRINT_BYTES, ID_BYTES

SHORTEST_MS, LONGEST_MS = 60_000, 14 * 86_400_000
ANSWER_AGAIN_MS = 86_400_000
"""So long after its use a token gives the same answer to the same key: the first may be lost."""
_TABLE = tables_boards.invitation


class InvitationRefused(CentreError):
    """A request to enrol cannot be granted."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """`id`: 8 bytes. `replaces`: the gate exists, and its board is refused from the use on.
    `public`: the key that has used it, None until then. `refused`: requests that were refused."""

    id: bytes
    gate: str
    station: str
    replaces: bool
    made_ms: int
    expires_ms: int
    public: bytes | None = None
    used_ms: int | None = None
    refused: int = 0


def fingerprint(authority: bytes) -> bytes:
    """Return what a token says of the authority's certificate, PEM."""
    der = x509.load_pem_x509_certificate(authority).public_bytes(Encoding.DER)
    return sha256(der).digest()[:FINGERPRINT_BYTES]


def add(connection: Connection, invitation: Invitation) -> None:
    """Store an invitation; earlier ones of the gate that nobody has used end now."""
    connection.execute(
        update(_TABLE)
        .where(
            _TABLE.c.gate == invitation.gate,
            _TABLE.c.public.is_(None),
            _TABLE.c.expires_ms > invitation.made_ms,
        )
        .values(expires_ms=invitation.made_ms)
    )
    connection.execute(
        insert(_TABLE).values(
            id=invitation.id,
            gate=invitation.gate,
            station=invitation.station,
            replaces=invitation.replaces,
            made_ms=invitation.made_ms,
            expires_ms=invitation.expires_ms,
        )
    )


def find(connection: Connection, name: bytes) -> Invitation | None:
    """Return the invitation of a token, None if there is none."""
    row = connection.execute(select(_TABLE).where(_TABLE.c.id == name[:ID_BYTES])).one_or_none()
    return None if row is None else Invitation(*row)


def every(connection: Connection) -> list[Invitation]:
    """Return all invitations, the newest first."""
    rows = connection.execute(select(_TABLE).order_by(_TABLE.c.made_ms.desc(), _TABLE.c.id))
    return [Invitation(*row) for row in rows]


def count_refusal(connection: Connection, name: bytes) -> None:
    """Count a request that was refused."""
    connection.execute(
        update(_TABLE).where(_TABLE.c.id == name).values(refused=_TABLE.c.refused + 1)
    )


def mark_used(connection: Connection, name: bytes, public: bytes, now_ms: int) -> None:
    """Note which key has used an invitation: it is good for no other."""
    connection.execute(
        update(_TABLE).where(_TABLE.c.id == name).values(public=public, used_ms=now_ms)
    )


def check_usable(invitation: Invitation, public: bytes, now_ms: int) -> bool:
    """Return whether this key has used the invitation already, so that its answer is given again.

    Raises InvitationRefused for a token that has expired or that another key has used.
    """
    if invitation.public == public and invitation.used_ms is not None:
        if now_ms - invitation.used_ms < ANSWER_AGAIN_MS:
            return True
        raise InvitationRefused("the token was used long ago", _AGAIN)
    if invitation.public is not None:
        raise InvitationRefused(
            f"another board has used this token for {invitation.gate} already",
            "if that was not you, the token was stolen: tell the centre, which runs "
            f"`fleet-manager gate invite {invitation.gate} --replace`",
        )
    if now_ms >= invitation.expires_ms:
        raise InvitationRefused("the token has expired", _AGAIN)
    return False


_AGAIN = "ask the centre for another: `fleet-manager gate invite`"
