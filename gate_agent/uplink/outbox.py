"""PURE. Which records to send to the centre and when: the outbox's window.

A record counts as delivered when the centre acknowledges it after its own durable commit, never
when the broker does. Times are monotonic milliseconds.
"""

from dataclasses import dataclass, replace

from gate_agent.validator.messages.envelopes import MAX_BATCH_RECORDS, Ack

WINDOW_RECORDS = 4 * MAX_BATCH_RECORDS
GATHER_RECORDS = 20
FIRST_WAIT_MS = 2000
LONGEST_WAIT_MS = 30_000


@dataclass(frozen=True, slots=True)
class OutboxState:
    """`acked` and `sent`: highest record acknowledged, and sent on this connection.
    `resend_ms`: when to give up waiting for an ack."""

    acked: int
    linked: bool = False
    sent: int = 0
    resend_ms: int | None = None
    wait_ms: int = FIRST_WAIT_MS


@dataclass(frozen=True, slots=True)
class SendRecords:
    """Send the journal's records from `first`, `count` of them, as one batch."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The centre holds everything up to `mark`."""

    mark: int


OutboxEffect = SendRecords | Acknowledged
Result = tuple[OutboxState, tuple[OutboxEffect, ...]]


def link_up(state: OutboxState, head: int, now_ms: int) -> Result:
    """Return the state after the link has come up: send what is not acknowledged."""
    state = replace(state, linked=True, sent=state.acked, resend_ms=None, wait_ms=FIRST_WAIT_MS)
    return recorded(state, head, now_ms)


def link_down(state: OutboxState) -> OutboxState:
    """Return the state without a link: nothing is in flight any more."""
    return replace(state, linked=False, sent=state.acked, resend_ms=None)


def recorded(state: OutboxState, head: int, now_ms: int) -> Result:
    """Fill the window with records up to `head`, the journal's newest.

    With nothing in flight a record goes at once; behind others it waits for company.
    """
    effects: list[OutboxEffect] = []
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


def acknowledged(state: OutboxState, ack: Ack, head: int, now_ms: int) -> Result:
    """Take the centre's own mark, also one that is lower than its last: a centre that came back
    from a backup asks for the rest again. An old acknowledgement that comes late looks the same
    and costs no more than records sent twice."""
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


def time_passed(state: OutboxState, head: int, now_ms: int) -> Result:
    """Send again if the wait for an acknowledgement is over, and wait longer next time."""
    if state.resend_ms is None or now_ms < state.resend_ms:
        return state, ()
    longer = min(2 * state.wait_ms, LONGEST_WAIT_MS)
    state = replace(state, sent=state.acked, resend_ms=None, wait_ms=longer)
    return recorded(state, head, now_ms)


def deadline_ms(state: OutboxState) -> int | None:
    """Return when `time_passed` is due; None for never."""
    return state.resend_ms
