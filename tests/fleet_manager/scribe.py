"""A gate's pen for tests: writes chained records and makes batches of them."""

from dataclasses import dataclass, field
from typing import Any

from gate_agent.validator import passage
from gate_agent.validator.messages.envelopes import Batch
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind, chain, genesis

NOON = 1_795_406_400_000  # 2026-11-23 12:00 in Shanghai


@dataclass
class Scribe:
    """One journal. `records[0]` has sequence number 1."""

    gate: str
    journal_id: bytes
    records: list[bytes] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.heads = [genesis(self.journal_id)]
        for record in self.records:
            self.heads.append(chain(self.heads[-1], record))

    def write(self, kind: PassageKind, **fields: Any) -> Passage:
        """Append a record about a passage at noon, unless told otherwise."""
        seq = len(self.records) + 1
        values: dict[str, Any] = {
            "lane": 1,
            "direction": Direction.IN,
            "wall_ms": NOON + 1000 * seq,
            "mono_ms": 1000 * seq,
            "boot": 7,
            "clock": ClockState.TRUSTED,
            "persons": 1,
        }
        written = Passage(seq=seq, kind=kind, **(values | fields))
        self.append(passage.encode(written))
        return written

    def append(self, record: bytes) -> None:
        """Append any bytes."""
        self.records.append(record)
        self.heads.append(chain(self.heads[-1], record))

    def batch(self, first: int = 1, count: int | None = None) -> Batch:
        """Records from `first` on."""
        end = len(self.records) if count is None else first - 1 + count
        return Batch(
            self.journal_id, first, self.heads[first - 1], tuple(self.records[first - 1 : end])
        )


def ticket_id(number: int) -> bytes:
    """The id of some ticket."""
    return b"\x0a\x0b\x0c\x0d" + number.to_bytes(4, "big")
