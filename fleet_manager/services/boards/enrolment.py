"""Acts of enrolment: invite a board, and let it enrol itself."""

import os
from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import Connection

from fleet_manager.access.actor import Actor, token_holder
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.database import incidents
from fleet_manager.errors import CentreError
from fleet_manager.gates import gates, invitations, key_renewals
from fleet_manager.gates.invitations import Invitation, InvitationRefused
from fleet_manager.incident import Incident, Sighting
from fleet_manager.keys import certificates
from fleet_manager.keys.vault import Vault
from fleet_manager.services.act import performed, refusals
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.enrolment import (
    ID_BYTES,
    Enrolled,
    EnrolmentToken,
    EnrolRequest,
    read_request,
)

MOST_REFUSALS = 20
"""So many refused requests with one token are written to the audit; more are only counted."""


def invite(
    centre: Centre, who: Actor, gate: str, station: str | None, *, valid_ms: int, replaces: bool
) -> EnrolmentToken:
    """Make a one-time token for the board of a gate; return it. `valid_ms`: for how long.

    `station`: of a new gate. `replaces`: the gate exists, and its board is refused as soon as
    another one has used the token. Raises CentreError.
    """

    def place(connection: Connection) -> str | None:
        return gates.find_in_use(connection, gate).station if replaces else station or ""

    with performed(centre, who, Act.GATE_INVITE, f"gate {gate}", station=place) as deed:
        if not invitations.SHORTEST_MS <= valid_ms <= invitations.LONGEST_MS:
            raise CentreError("cannot invite for so long: must be from 1 minute to 14 days")
        if replaces:
            station = gates.find_in_use(deed.connection, gate).station
        else:
            gates.check_new(deed.connection, gate, station or "")
        now_ms = centre.clock()
        invitation = Invitation(
            id=os.urandom(ID_BYTES),
            gate=gate,
            station=station or "",
            replaces=replaces,
            made_ms=now_ms,
            expires_ms=now_ms + valid_ms,
        )
        invitations.add(deed.connection, invitation)
        deed.after = {
            "token": invitation.id.hex(),
            "station": invitation.station,
            "expires_ms": invitation.expires_ms,
            "replaces": replaces,
        }
    return EnrolmentToken(
        id=invitation.id,
        secret=centre.unlock().invitation_secret(invitation.id),
        fingerprint=invitations.fingerprint(centre.authority()),
        park=centre.config.park,
        gate=gate,
        host=centre.config.broker.host,
        port=centre.config.door_port,
        expires_s=invitation.expires_ms // 1000,
    )


def enrol(centre: Centre, body: bytes, address: str) -> Enrolled:
    """Enrol the board that has sent `body` from `address`; return what it needs.

    The same key gets the same answer again. Raises InvitationRefused, and WireError for bytes that
    are no request.
    """
    request = read_request(body)
    with centre.store.read() as connection:
        invitation = invitations.find(connection, request.token_id)
    if invitation is None or request.park != centre.config.park:
        # A stranger's words are counted, and not written down: they must not fill the audit.
        with centre.store.write() as connection:
            _count(connection, "", "an enrolment with a token that was never made here", centre)
        raise InvitationRefused("this centre has not made that token")
    who = token_holder(f"token {invitation.id.hex()}", address)
    vault = centre.unlock()
    try:
        request.check(vault.invitation_secret(invitation.id))
        if _used_before(centre, invitation, request):
            return _answer(centre, vault, request, invitation.used_ms or 0)
        return _answer(centre, vault, request, _use(centre, who, request))
    except (InvitationRefused, WireError):
        with centre.store.write() as connection:
            said = "an enrolment was refused: the audit says why"
            _count(connection, invitation.gate, said, centre)
            invitations.count_refusal(connection, invitation.id)
        if invitation.refused < MOST_REFUSALS:
            with refusals(centre, who, Act.GATE_ENROL, f"gate {invitation.gate}"):
                raise
        raise


def _used_before(centre: Centre, invitation: Invitation, request: EnrolRequest) -> bool:
    """Return whether this key has used the invitation. Raises InvitationRefused for a request that
    is not granted."""
    if request.gate != invitation.gate:
        raise InvitationRefused(f"the token is for gate {invitation.gate}")
    return invitations.check_usable(invitation, request.public, centre.clock())


def _use(centre: Centre, who: Actor, request: EnrolRequest) -> int:
    """Put the board's key in force; return when, UTC ms. Raises InvitationRefused."""
    now_ms = centre.clock()
    with performed(centre, who, Act.GATE_ENROL, f"gate {request.gate}") as deed:
        # Once more, in the transaction: two boards may have asked at the same moment.
        invitation = invitations.find(deed.connection, request.token_id)
        if invitation is None or invitations.check_usable(invitation, request.public, now_ms):
            raise InvitationRefused("the token was used at this very moment: ask once more")
        if invitation.replaces:
            before = gates.find_in_use(deed.connection, request.gate)
            key_renewals.put_in_force(deed.connection, request.gate, request.public, now_ms)
            deed.before = {"key": before.public.hex()}
        else:
            station = invitation.station
            gates.add_gate(deed.connection, request.gate, station, request.public, now_ms)
        invitations.mark_used(deed.connection, invitation.id, request.public, now_ms)
        deed.after = {"station": invitation.station, "key": request.public.hex()}
    return now_ms


def _count(connection: Connection, gate: str, detail: str, centre: Centre) -> None:
    sightings = Counter({Sighting(Incident.REFUSED, gate, detail): 1})
    incidents.record(connection, sightings, centre.clock())


def _answer(centre: Centre, vault: Vault, request: EnrolRequest, at_ms: int) -> Enrolled:
    config = centre.config
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    certificate = certificates.client(vault, config.park, request.gate, request.public, at)
    return Enrolled(
        park=config.park,
        gate=request.gate,
        host=config.broker.host,
        port=config.broker.port,
        time_zone=config.time_zone.key,
        certificate=certificate.decode(),
        authority=centre.authority().decode(),
        ring=gates.first_trust(vault.ring).to_json(),
        pepper=vault.pepper.hex() + "\n",
        link=vault.link_secret(request.gate, request.public).hex() + "\n",
    )
