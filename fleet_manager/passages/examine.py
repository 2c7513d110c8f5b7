"""PURE. Examine a batch of records: what it adds to a journal, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fleet_manager.incident import Incident
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.envelopes import Batch
from gate_agent.validator.passage import Passage, chain, decode


@dataclass(frozen=True, slots=True)
class JournalState:
    """A journal as the centre has it: every record up to sequence number `mark`, with the chain
    hash `head` there. `no`: its number in the database. `id`: 16 bytes. `forked`: it has told two
    stories. `linked`: its last record when the gate last connected. `disowned`: its first record
    that counts for nothing, None for none."""

    no: int
    id: bytes
    gate: str
    mark: int
    head: bytes
    forked: bool = False
    linked: int = 0
    disowned: int | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """The result of examining a batch. `passages`: to append after the mark; `records`: their
    signed bytes; `head`: the chain hash after them. `incident`, `detail`: what is wrong, if
    anything is. `lost`: how many records between the mark and them nobody has any more."""

    passages: Sequence[Passage]
    records: Sequence[bytes]
    head: bytes
    incident: Incident | None = None
    detail: str = ""
    lost: int = 0


def examine(journal: JournalState, batch: Batch, stored: Sequence[bytes]) -> Examined:
    """Return what a batch adds to a journal.

    `stored`: the centre's bytes of the records that the batch repeats, from its first one up to
    the mark. A journal whose records or chain differ from before has forked. A batch that begins
    later than after the mark leaves a gap: the gate is asked for what is missing. If the gate keeps
    nothing before that batch, it is lost, and the journal goes on behind it. Examining stops before
    a record that cannot be read.
    """
    head = journal.head
    if batch.first > journal.mark + 1:
        if batch.first == batch.oldest:
            return _after_lost(journal, batch)
        return Examined((), (), head, Incident.GAP)
    repeated = journal.mark + 1 - batch.first
    for seq, (ours, theirs) in enumerate(zip(stored, batch.records, strict=False), batch.first):
        if ours != theirs:
            return Examined((), (), head, Incident.FORK, f"record {seq} differs")
    new = batch.records[repeated:]
    if not new:
        return Examined((), (), head)
    past = batch.before
    for data in batch.records[:repeated]:
        past = chain(past, data)
    if past != head:
        detail = f"the chain before record {journal.mark + 1}"
        return Examined((), (), head, Incident.FORK, detail)
    return _read(new, head, journal.mark + 1)


def _after_lost(journal: JournalState, batch: Batch) -> Examined:
    """Return what a batch adds whose gate keeps nothing before it: the centre came back from a
    backup that is older than all that the gate keeps."""
    following = _read(batch.records, batch.before, batch.first)
    if not following.passages:
        return replace(following, head=journal.head)
    detail = (
        f"records {journal.mark + 1} to {batch.first - 1} are lost: the gate keeps none of them"
    )
    detail = "; ".join(filter(None, (detail, following.detail)))
    lost = batch.first - 1 - journal.mark
    return replace(following, incident=Incident.GAP, detail=detail, lost=lost)


def _read(new: Sequence[bytes], head: bytes, first: int) -> Examined:
    """Return the records `new`, which begin with number `first` after the chain hash `head`."""
    passages: list[Passage] = []
    for seq, data in enumerate(new, first):
        try:
            passage = decode(data)
        except WireError as error:
            return _malformed(passages, new, head, seq, str(error))
        if passage.seq != seq:
            return _malformed(passages, new, head, seq, "it has another number")
        passages.append(passage)
        head = chain(head, data)
    return Examined(passages, new, head)


def _malformed(
    passages: list[Passage], records: Sequence[bytes], head: bytes, seq: int, why: str
) -> Examined:
    good = records[: len(passages)]
    return Examined(passages, good, head, Incident.MALFORMED, f"record {seq}: {why}")
