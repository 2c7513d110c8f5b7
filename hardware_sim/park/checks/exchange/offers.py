"""Changes that a gate is offered lead to the newest list there is; a whole list may be an older
one, with changes to follow."""

from typing import TYPE_CHECKING

from gate_agent.validator import cbor
from gate_agent.validator.messages import shape
from gate_agent.validator.messages.envelopes import ListOffer
from gate_agent.validator.trust.keys import KEY_ID_BYTES, SIGNATURE_BYTES

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

_BODY = 1 + KEY_ID_BYTES + SIGNATURE_BYTES
_FIELDS = KEY_ID_BYTES + SIGNATURE_BYTES


def watch_packet(park: "Park", topic: str, payload: bytes) -> None:
    """Check every offer that the centre sends."""
    if not topic.endswith(ListOffer.topic_end):
        return
    offer = shape.read("an offer", ListOffer, payload[_BODY:])
    fields = cbor.read(offer.manifest[_FIELDS:])
    assert type(fields) is list
    series, _, version, _, base = fields[:5]
    newest = park.centre.newest.get(series, 0)
    if base and version != newest:
        text = f"{topic} offers {series} {version} after {base}, the newest is {newest}"
        park.world.violated("offers", text)
