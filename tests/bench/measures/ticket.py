"""From a code to a decision."""

import random
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate_agent.validator.decide import Denied, Granted, authenticate, decide
from gate_agent.validator.history import NEVER_SEEN
from gate_agent.validator.tickets.ticket import parse, sign, to_sign
from gate_agent.validator.trust.keys import key_id
from tests.bench import samples
from tests.bench.figures import Figure, interleaved, measure

BARE_CHARS = 4 + 96.0
"""The prefix and a bare 64-byte signature in base45."""


@measure("decide_static_ratio")
def decide_static() -> dict[str, Figure]:
    """Parse, verify and decide, over one bare Ed25519 verification of the same signature."""
    code = samples.code(samples.ticket(1))
    signed = parse(code)
    message = to_sign(signed.ticket, samples.PARK)
    public = samples.PRIVATE.public_key()

    def whole() -> Granted:
        ticket = authenticate(code, samples.RING)
        assert not isinstance(ticket, Denied)
        decision = decide(ticket, samples.LISTING, NEVER_SEEN, samples.RULES, samples.MOMENT)
        assert isinstance(decision, Granted)
        return decision

    def bare() -> None:
        public.verify(signed.signature, message)

    whole_us, bare_us = interleaved((whole, bare), 200, 15)
    return {
        "decide_static_ratio": Figure(
            round(whole_us / bare_us, 3),
            "ratio",
            1.0,
            f"{whole_us:.1f} us CPU over {bare_us:.1f} us for the bare verification",
            "<= 2",
        )
    }


@measure("alien_refused_us")
def alien_refused() -> dict[str, Figure]:
    """The dearest refusal of a code that is not a ticket of ours, of several kinds."""
    good = samples.code(samples.ticket(1))
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public = stranger.public_key().public_bytes_raw()
    foreign = replace(samples.ticket(1), key_id=key_id(public))
    aliens = {
        "web address": b"https://example.com/t/4f2a9c8e7d6b5a493827161504f3e2d1",
        "hex code": b"4F2A9C8E7D6B5A49382716",
        "binary": random.Random(1).randbytes(400),
        "torn": good[:-7],
        "foreign prefix": b"SG2:" + good[4:],
        "foreign key": sign(foreign, samples.PARK, public, stranger.sign).encode(),
    }
    acts = [lambda c=c: authenticate(c, samples.RING) for c in aliens.values()]
    times = dict(zip(aliens, interleaved(acts, 500, 9), strict=True))
    worst = max(times, key=lambda kind: times[kind])
    note = ", ".join(f"{kind} {us:.2f}" for kind, us in times.items())
    return {"alien_refused_us": Figure(round(times[worst], 2), "us CPU", None, note, "<= 20")}


@measure("ticket_static_chars", "ticket_any_static_chars")
def ticket_chars() -> dict[str, Figure]:
    """Characters in the QR code."""
    chars = {
        kind: len(samples.code(ticket))
        for kind, ticket in samples.variants(random.Random(2)).items()
    }
    note = ", ".join(f"{kind} {count}" for kind, count in chars.items())
    return {
        "ticket_static_chars": Figure(
            chars["single"], "characters", BARE_CHARS, "a single", "<= 134"
        ),
        "ticket_any_static_chars": Figure(
            max(chars.values()), "characters", BARE_CHARS, note, "<= 154"
        ),
    }
