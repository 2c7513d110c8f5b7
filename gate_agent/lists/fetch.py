"""PURE. Which lists to fetch from the centre and when: one body a series at a time, piece by piece.

A body that has begun to arrive is fetched to its end, also when a newer one is offered meanwhile:
the newer one then costs what changed. Only if the centre has it no more, it is given up. Waits are
numbers of monotonic milliseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gate_agent.validator.lists.manifest import Manifest
from gate_agent.validator.messages.envelopes import Chunk, ListRequest, Message

FIRST_WAIT_MS = 2000
LONGEST_WAIT_MS = 30_000
NEWEST = (1 << 32) - 1
"""A version that no list reaches: a request for it is answered with an offer of the newest."""


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send a message to the centre."""

    message: Message


@dataclass(frozen=True, slots=True)
class StoreChunk:
    """Store bytes of a body. `whole`: they are the last; check the list, put it in force."""

    series: str
    offset: int
    data: bytes
    whole: bool


FetchEffect = SendMessage | StoreChunk


@dataclass(frozen=True, slots=True)
class Fetch:
    """A body on its way: the manifest of what it will be, and how many bytes of it are stored.
    `ask_ms`: when to ask again for the next bytes, `wait_ms` after the last time."""

    manifest: Manifest
    sealed: bytes
    got: int = 0
    ask_ms: int = 0
    wait_ms: int = FIRST_WAIT_MS


@dataclass(frozen=True, slots=True)
class FetchState:
    """`bodies`: on their way, by series. `asked_ms`: by series, when another offer was last asked
    for."""

    linked: bool = False
    bodies: Mapping[str, Fetch] = field(default_factory=dict)
    asked_ms: Mapping[str, int] = field(default_factory=dict)


Result = tuple[FetchState, tuple[FetchEffect, ...]]


def link_up(state: FetchState, now_ms: int) -> Result:
    """Return the state after the link has come up: go on with what was cut off."""
    state = replace(state, linked=True, asked_ms={})
    effects: tuple[FetchEffect, ...] = ()
    for body in state.bodies.values():
        state, asked = _ask(state, replace(body, wait_ms=FIRST_WAIT_MS), now_ms)
        effects += asked
    return state, effects


def link_down(state: FetchState) -> FetchState:
    """Return the state without a link: nothing can be asked for."""
    return replace(state, linked=False)


def offered(
    state: FetchState, manifest: Manifest, sealed: bytes, instead: int, have: int, now_ms: int
) -> Result:
    """Take an offered body of a list that is newer than version `have`, which is in force (0 for
    none): fetch it if it fits, unless one is on its way; if it does not fit, ask for another.
    `instead`: the version whose body the centre has no more."""
    body = state.bodies.get(manifest.series)
    if (
        body is not None
        and body.manifest.version != instead
        and (body.got or body.manifest.version >= manifest.version)
    ):
        return state, ()
    if not fits(manifest, have):
        return _ask_other(state, manifest.series, manifest.version, have, now_ms)
    return _ask(state, Fetch(manifest, sealed), now_ms)


def fits(manifest: Manifest, have: int) -> bool:
    """Return whether the body leads to the list from version `have`, or from nothing."""
    return manifest.base in (0, have)


def resumed(state: FetchState, manifest: Manifest, sealed: bytes, got: int) -> FetchState:
    """Return the state with a body of which `got` bytes were stored before a restart. The last byte
    is always asked for again: what completes a body is its arrival."""
    body = Fetch(manifest, sealed, min(got, manifest.body_bytes - 1))
    return replace(state, bodies={**state.bodies, manifest.series: body})


def given_up(state: FetchState, series: str) -> FetchState:
    """Forget a body: what has come of it is of no use, or cannot be stored."""
    return replace(
        state, bodies={name: body for name, body in state.bodies.items() if name != series}
    )


def spoilt(state: FetchState, manifest: Manifest, now_ms: int) -> Result:
    """Forget a body that does not make the list that its manifest names. A delta was made for
    another list than the one here, as after a restore of the centre: ask for the whole list."""
    state = given_up(state, manifest.series)
    if manifest.base == 0:
        return state, ()
    return _ask_other(state, manifest.series, NEWEST, 0, now_ms)


def chunk_arrived(state: FetchState, chunk: Chunk, now_ms: int) -> Result:
    """Take the next bytes of a body; ignore whatever does not fit exactly."""
    body = state.bodies.get(chunk.series)
    if (
        body is None
        or (chunk.version, chunk.base) != (body.manifest.version, body.manifest.base)
        or chunk.offset != body.got
        or not chunk.data
        or chunk.offset + len(chunk.data) > body.manifest.body_bytes
    ):
        return state, ()
    got = body.got + len(chunk.data)
    whole = got == body.manifest.body_bytes
    store = StoreChunk(chunk.series, chunk.offset, chunk.data, whole)
    if whole:
        return given_up(state, chunk.series), (store,)
    state, asked = _ask(state, replace(body, got=got, wait_ms=FIRST_WAIT_MS), now_ms)
    return state, (store, *asked)


def time_passed(state: FetchState, now_ms: int) -> Result:
    """Ask again where the wait is over, and wait longer next time."""
    effects: tuple[FetchEffect, ...] = ()
    if state.linked:
        for body in state.bodies.values():
            if now_ms >= body.ask_ms:
                longer = min(2 * body.wait_ms, LONGEST_WAIT_MS)
                state, asked = _ask(state, replace(body, wait_ms=longer), now_ms)
                effects += asked
    return state, effects


def deadline_ms(state: FetchState) -> int | None:
    """Return when `time_passed` is due, in monotonic milliseconds; None for never."""
    if not state.linked or not state.bodies:
        return None
    return min(body.ask_ms for body in state.bodies.values())


def _ask(state: FetchState, body: Fetch, now_ms: int) -> Result:
    manifest = body.manifest
    body = replace(body, ask_ms=now_ms + body.wait_ms)
    state = replace(state, bodies={**state.bodies, manifest.series: body})
    if not state.linked:
        return state, ()
    return state, (
        SendMessage(ListRequest(manifest.series, manifest.version, manifest.base, body.got)),
    )


def _ask_other(state: FetchState, series: str, version: int, base: int, now_ms: int) -> Result:
    last_ms = state.asked_ms.get(series)
    if not state.linked or (last_ms is not None and now_ms < last_ms + FIRST_WAIT_MS):
        return state, ()
    state = replace(state, asked_ms={**state.asked_ms, series: now_ms})
    return state, (SendMessage(ListRequest(series, version, base, 0)),)
