"""A ticket as the standard has it, for foreign libraries to verify."""

import cbor2

from gate_agent.validator.tickets.ticket import SignedTicket, to_sign


def to_cose(signed: SignedTicket, issuer: str) -> bytes:
    """Return the ticket as a tagged COSE_Sign1 (RFC 9052, 4.2). `issuer`: the park."""
    _context, protected, _external, payload = cbor2.loads(to_sign(signed.ticket, issuer))
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signed.signature]))
