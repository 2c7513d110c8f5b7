"""The centre's side of a download, and a folder whose power fails."""

import random
from dataclasses import replace

from gate_agent.validator.lists.manifest import seal, signed_part
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.messages.envelopes import ListRequest
from hardware_sim.park.board.folder import PowerCut, SimFolder
from tests.gate_agent.conftest import Gate
from tests.gate_agent.samples import (
    LIST_KEY,
    SealedList,
    sealed_list,
)

VOID = bytes([TicketStatus.VOID]) * 100


def pull(gate: Gate, listing: SealedList, size: int = 7) -> int:
    """The centre answers every request until the gate asks no more. Gives the chunks it took."""
    gate.said()
    gate.offer(listing)
    return serve(gate, listing, size)


def serve(gate: Gate, listing: SealedList, size: int) -> int:
    """Answers what the gate asks for by now, and whatever it asks for then."""
    chunks = 0
    while wants := [message for message in gate.said() if isinstance(message, ListRequest)]:
        gate.send_chunk(listing, wants[-1].offset, size)
        chunks += 1
    return chunks


def mixed(version: int, base: SealedList | None = None, seed: int = 1) -> SealedList:
    """A list with a body of some length."""
    statuses = random.Random(seed).choices([1, 1, 2, 3], k=400)
    return sealed_list(version, bytes(statuses), base=None if base is None else base.listed)


def sealed_by_hand(of: SealedList, **fields: object) -> SealedList:
    """The same body under a manifest that says something else."""
    manifest = replace(of.manifest, **fields)  # type: ignore[arg-type]
    signature = LIST_KEY.private.sign(signed_part(manifest))
    return SealedList(manifest, seal(manifest, LIST_KEY.id, signature), of.body, of.listed)


class CuttingFolder(SimFolder):
    """The power fails at the so-manieth write, before it or right after it."""

    def __init__(self, cut_at: int, after: bool, seed: int) -> None:
        super().__init__(self._count, random.Random(seed))
        self.left = cut_at
        self._after = after

    def _count(self, _word: str) -> bool:
        self.left -= 1
        if self.left == 0 and not self._after:
            raise PowerCut
        return self.left == 0
