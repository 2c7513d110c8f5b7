"""PURE. What to send to the centre and when: the outbox's window and the fetching of lists.

A record counts as delivered when the centre acknowledges it after its own durable commit, never
when the broker does. Waits are numbers of monotonic milliseconds.
"""

from dataclasses import dataclass, replace

from gate_agent.events import Acknowledged, ListComplete, Send, SendRecords, SyncEffect
from gate_agent.validator.messages import MAX_BATCH_RECORDS, Ack, Chunk, Want
from gate_agent.validator.ticket_list import Manifest

WINDOW_RECORDS = 4 * MAX_BATCH_RECORDS
GATHER_RECORDS = 20
FIRST_WAIT_MS = 2000
LONGEST_WAIT_MS = 30_000


@dataclass(frozen=True, slots=True)
class Pull:
    """A list on its way: what it will be, and the bytes so far."""

    manifest: Manifest
    sealed: bytes
    data: bytes = b""
    ask_ms: int = 0
    wait_ms: int = FIRST_WAIT_MS


@dataclass(frozen=True, slots=True)
class SyncState:
    """`acked` and `sent`: highest record acknowledged, and sent on this connection.
    `resend_ms`: when to give up waiting for an ack."""

    acked: int
    linked: bool = False
    sent: int = 0
    resend_ms: int | None = None
    wait_ms: int = FIRST_WAIT_MS
    pull: Pull | None = None


Result = tuple[SyncState, tuple[SyncEffect, ...]]


def link_up(state: SyncState, head: int, now_ms: int) -> Result:
    """The link is there: send what is not acknowledged, go on with a list that was cut off."""
    state = replace(state, linked=True, sent=state.acked, resend_ms=None, wait_ms=FIRST_WAIT_MS)
    state, effects = _ask(state, now_ms)
    state, more = recorded(state, head, now_ms)
    return state, effects + more


def link_down(state: SyncState) -> SyncState:
    """Nothing is in flight any more."""
    return replace(state, linked=False, sent=state.acked, resend_ms=None)


def recorded(state: SyncState, head: int, now_ms: int) -> Result:
    """The journal's newest record is `head`: fill the window.

    With nothing in flight a record goes at once; behind others it waits for company.
    """
    effects: list[SyncEffect] = []
    sent = state.sent
    while state.linked and sent < head and sent - state.acked < WINDOW_RECORDS:
        count = min(head - sent, MAX_BATCH_RECORDS, state.acked + WINDOW_RECORDS - sent)
        if sent > state.acked and count < GATHER_RECORDS:
            break
        effects.append(SendRecords(sent + 1, count))
        sent += count
    if not effects:
        return state, ()
    resend = now_ms + state.wait_ms if state.resend_ms is None else state.resend_ms
    return replace(state, sent=sent, resend_ms=resend), tuple(effects)


def acknowledged(state: SyncState, ack: Ack, head: int, now_ms: int) -> Result:
    """The centre's own mark counts, also one that is lower than what it said before: a centre that
    came back from a backup asks for the rest again. An old acknowledgement that comes late looks
    the same and costs no more than records sent twice."""
    if ack.mark > head or ack.mark == state.acked:
        return state, ()
    sent = ack.mark if ack.mark < state.acked else max(state.sent, ack.mark)
    state = replace(
        state,
        acked=ack.mark,
        sent=sent,
        resend_ms=now_ms + FIRST_WAIT_MS if sent > ack.mark else None,
        wait_ms=FIRST_WAIT_MS,
    )
    state, effects = recorded(state, head, now_ms)
    return state, (Acknowledged(ack.mark), *effects)


def offered(state: SyncState, manifest: Manifest, sealed: bytes, now_ms: int) -> Result:
    """A list that is newer than the one in force: fetch it, unless it is on its way already."""
    if state.pull is not None and state.pull.manifest.version >= manifest.version:
        return state, ()
    return _ask(replace(state, pull=Pull(manifest, sealed)), now_ms)


def chunk_arrived(state: SyncState, chunk: Chunk, now_ms: int) -> Result:
    """The next bytes of a list; whatever does not fit exactly is ignored."""
    pull = state.pull
    if (
        pull is None
        or (chunk.series, chunk.version) != (pull.manifest.series, pull.manifest.version)
        or chunk.offset != len(pull.data)
        or not chunk.data
        or chunk.offset + len(chunk.data) > pull.manifest.body_bytes
    ):
        return state, ()
    data = pull.data + chunk.data
    if len(data) == pull.manifest.body_bytes:
        return replace(state, pull=None), (ListComplete(pull.sealed, data),)
    return _ask(replace(state, pull=replace(pull, data=data, wait_ms=FIRST_WAIT_MS)), now_ms)


def time_passed(state: SyncState, head: int, now_ms: int) -> Result:
    """Waited long enough: send again, ask again, and wait longer next time."""
    effects: tuple[SyncEffect, ...] = ()
    if state.resend_ms is not None and now_ms >= state.resend_ms:
        longer = min(2 * state.wait_ms, LONGEST_WAIT_MS)
        state = replace(state, sent=state.acked, resend_ms=None, wait_ms=longer)
        state, effects = recorded(state, head, now_ms)
    pull = state.pull
    if state.linked and pull is not None and now_ms >= pull.ask_ms:
        longer = min(2 * pull.wait_ms, LONGEST_WAIT_MS)
        state, asked = _ask(replace(state, pull=replace(pull, wait_ms=longer)), now_ms)
        effects += asked
    return state, effects


def deadline_ms(state: SyncState) -> int | None:
    """When `time_passed` is due."""
    due = [] if state.resend_ms is None else [state.resend_ms]
    if state.linked and state.pull is not None:
        due.append(state.pull.ask_ms)
    return min(due, default=None)


def _ask(state: SyncState, now_ms: int) -> Result:
    pull = state.pull
    if pull is None or not state.linked:
        return state, ()
    want = Want(pull.manifest.series, pull.manifest.version, len(pull.data))
    return replace(state, pull=replace(pull, ask_ms=now_ms + pull.wait_ms)), (Send(want),)
