"""PURE. Which records to send to the centre and when: the outbox's window.

A record counts as delivered when the centre acknowledges it after its own durable commit, never
when the broker does. Times are monotonic milliseconds.

An acknowledgement is an answer. It counts if it repeats the nonce of this gate's newest birth,
which is random; so one that was recorded on another connection says nothing. The first one sets the
mark, also to a lower one: the centre came back from a backup. Later ones only raise it. A lower one
that answers nothing, or not for the first time, makes the gate introduce itself again and ask.
"""

from dataclasses import dataclass, replace

from gate_agent.deadlines import next_deadline
from gate_agent.validator.messages.envelopes import MAX_BATCH_RECORDS, Ack

WINDOW_RECORDS = 4 * MAX_BATCH_RECORDS
GATHER_RECORDS = 20
FIRST_WAIT_MS = 2000
LONGEST_WAIT_MS = 30_000
ASK_EVERY_MS = 10_000
"""So often at most the gate asks for the mark: somebody may send old marks all day."""


@dataclass(frozen=True, slots=True)
class OutboxState:
    """`acked` and `sent`: highest record acknowledged, and sent on this connection.
    `resend_ms`: when to give up waiting for an ack. `nonce`: of the newest birth. `answered`:
    whether the centre has repeated it. `asked_ms`: when that birth was sent. `ask_ms`: when to ask
    for the mark with another birth, None for not at all."""

    acked: int
    linked: bool = False
    sent: int = 0
    resend_ms: int | None = None
    wait_ms: int = FIRST_WAIT_MS
    nonce: int = 0
    answered: bool = False
    asked_ms: int = 0
    ask_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SendRecords:
    """Send the journal's records from `first`, `count` of them, as one batch."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The centre holds everything up to `mark`."""

    mark: int


@dataclass(frozen=True, slots=True)
class AskMark:
    """Introduce this gate again, with another nonce: the centre may have another mark."""


OutboxEffect = SendRecords | Acknowledged | AskMark
Result = tuple[OutboxState, tuple[OutboxEffect, ...]]


def introduced(state: OutboxState, nonce: int, now_ms: int) -> OutboxState:
    """Return the state after a birth with `nonce` has been sent."""
    return replace(state, nonce=nonce, answered=False, asked_ms=now_ms, ask_ms=None)


def link_up(state: OutboxState, head: int, now_ms: int) -> Result:
    """Return the state after the link has come up: send what is not acknowledged."""
    state = replace(state, linked=True, sent=state.acked, resend_ms=None, wait_ms=FIRST_WAIT_MS)
    return recorded(state, head, now_ms)


def link_down(state: OutboxState) -> OutboxState:
    """Return the state without a link: nothing is in flight any more."""
    return replace(state, linked=False, sent=state.acked, resend_ms=None, ask_ms=None)


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


def acknowledged(state: OutboxState, ack: Ack, *, oldest: int, head: int, now_ms: int) -> Result:
    """Take the centre's mark if it answers this gate. `oldest`, `head`: first and last record that
    the journal has; a mark before the oldest counts as the one just before it, for nothing earlier
    can be sent any more."""
    if ack.mark > head:
        return state, ()
    answers = ack.nonce == state.nonce and state.nonce != 0
    if answers and (not state.answered or ack.mark > state.acked):
        return _mark_taken(state, max(ack.mark, oldest - 1), head, now_ms)
    if ack.mark < state.acked and (answers or ack.nonce == 0) and state.linked:
        return _ask(replace(state, ask_ms=state.asked_ms + ASK_EVERY_MS), now_ms)
    return state, ()


def _mark_taken(state: OutboxState, mark: int, head: int, now_ms: int) -> Result:
    state = replace(state, answered=True)
    if mark == state.acked:
        return state, ()
    sent = mark if mark < state.acked else max(state.sent, mark)
    state = replace(
        state,
        acked=mark,
        sent=sent,
        resend_ms=now_ms + FIRST_WAIT_MS if sent > mark else None,
        wait_ms=FIRST_WAIT_MS,
    )
    state, effects = recorded(state, head, now_ms)
    return state, (Acknowledged(mark), *effects)


def _ask(state: OutboxState, now_ms: int) -> Result:
    if state.ask_ms is None or now_ms < state.ask_ms:
        return state, ()
    return replace(state, asked_ms=now_ms, ask_ms=None), (AskMark(),)


def time_passed(state: OutboxState, head: int, now_ms: int) -> Result:
    """Ask for the mark if that is due, and send again if the wait for an acknowledgement is over;
    then wait longer next time."""
    state, asked = _ask(state, now_ms)
    if state.resend_ms is None or now_ms < state.resend_ms:
        return state, asked
    longer = min(2 * state.wait_ms, LONGEST_WAIT_MS)
    state = replace(state, sent=state.acked, resend_ms=None, wait_ms=longer)
    state, effects = recorded(state, head, now_ms)
    return state, (*asked, *effects)


def deadline_ms(state: OutboxState) -> int | None:
    """Return when `time_passed` is due; None for never."""
    return next_deadline(state.resend_ms, state.ask_ms)
