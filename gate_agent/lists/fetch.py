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
"""A version that no list gets to: who asks for it is offered the newest."""


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send a message to the centre."""

    message: Message


@dataclass(frozen=True, slots=True)
class StoreChunk:
    """Store bytes of an offered list. `whole`: the last ones; check it, put it in force."""

    series: str
    offset: int
    data: bytes
    whole: bool


FetchEffect = SendMessage | StoreChunk


@dataclass(frozen=True, slots=True)
class Fetch:
    """A body on its way: what it will be, and how many bytes of it are kept."""

    manifest: Manifest
    sealed: bytes
    got: int = 0
    ask_ms: int = 0
    wait_ms: int = FIRST_WAIT_MS


@dataclass(frozen=True, slots=True)
class FetchState:
    """`pulls`: by series. `asked_ms`: by series, when another offer was asked for last."""

    linked: bool = False
    pulls: Mapping[str, Fetch] = field(default_factory=dict)
    asked_ms: Mapping[str, int] = field(default_factory=dict)


Result = tuple[FetchState, tuple[FetchEffect, ...]]


def link_up(state: FetchState, now_ms: int) -> Result:
    """The link is there: go on with what was cut off."""
    state = replace(state, linked=True, asked_ms={})
    effects: tuple[FetchEffect, ...] = ()
    for pull in state.pulls.values():
        state, asked = _ask(state, replace(pull, wait_ms=FIRST_WAIT_MS), now_ms)
        effects += asked
    return state, effects


def link_down(state: FetchState) -> FetchState:
    """Nothing can be asked for."""
    return replace(state, linked=False)


def offered(
    state: FetchState, manifest: Manifest, sealed: bytes, instead: int, have: int, now_ms: int
) -> Result:
    """A body of a list that is newer than version `have`, which is in force (0 for none): fetch
    it if it fits, unless one is on its way; if it does not fit, ask for one that does."""
    pull = state.pulls.get(manifest.series)
    if (
        pull is not None
        and pull.manifest.version != instead
        and (pull.got or pull.manifest.version >= manifest.version)
    ):
        return state, ()
    if not fits(manifest, have):
        return _ask_other(state, manifest.series, manifest.version, have, now_ms)
    return _ask(state, Fetch(manifest, sealed), now_ms)


def fits(manifest: Manifest, have: int) -> bool:
    """Whether its body leads from version `have` to the list, or from nothing."""
    return manifest.base in (0, have)


def resumed(state: FetchState, manifest: Manifest, sealed: bytes, got: int) -> FetchState:
    """`got` bytes of a body are there from before a restart. The last byte is always asked for
    again: what completes a body is its arrival."""
    pull = Fetch(manifest, sealed, min(got, manifest.body_bytes - 1))
    return replace(state, pulls={**state.pulls, manifest.series: pull})


def given_up(state: FetchState, series: str) -> FetchState:
    """What has come of it is of no use, or cannot be kept."""
    return replace(
        state, pulls={name: pull for name, pull in state.pulls.items() if name != series}
    )


def spoilt(state: FetchState, manifest: Manifest, now_ms: int) -> Result:
    """What has come does not make the list that its manifest names. If it was a change, it was made
    for another list than the one here, as after a restore of the centre: ask for the whole."""
    state = given_up(state, manifest.series)
    if manifest.base == 0:
        return state, ()
    return _ask_other(state, manifest.series, NEWEST, 0, now_ms)


def chunk_arrived(state: FetchState, chunk: Chunk, now_ms: int) -> Result:
    """The next bytes of a body; whatever does not fit exactly is ignored."""
    pull = state.pulls.get(chunk.series)
    if (
        pull is None
        or (chunk.version, chunk.base) != (pull.manifest.version, pull.manifest.base)
        or chunk.offset != pull.got
        or not chunk.data
        or chunk.offset + len(chunk.data) > pull.manifest.body_bytes
    ):
        return state, ()
    got = pull.got + len(chunk.data)
    whole = got == pull.manifest.body_bytes
    keep = StoreChunk(chunk.series, chunk.offset, chunk.data, whole)
    if whole:
        return given_up(state, chunk.series), (keep,)
    state, asked = _ask(state, replace(pull, got=got, wait_ms=FIRST_WAIT_MS), now_ms)
    return state, (keep, *asked)


def time_passed(state: FetchState, now_ms: int) -> Result:
    """Waited long enough: ask again, and wait longer next time."""
    effects: tuple[FetchEffect, ...] = ()
    if state.linked:
        for pull in state.pulls.values():
            if now_ms >= pull.ask_ms:
                longer = min(2 * pull.wait_ms, LONGEST_WAIT_MS)
                state, asked = _ask(state, replace(pull, wait_ms=longer), now_ms)
                effects += asked
    return state, effects


def deadline_ms(state: FetchState) -> int | None:
    """When `time_passed` is due."""
    if not state.linked or not state.pulls:
        return None
    return min(pull.ask_ms for pull in state.pulls.values())


def _ask(state: FetchState, pull: Fetch, now_ms: int) -> Result:
    manifest = pull.manifest
    pull = replace(pull, ask_ms=now_ms + pull.wait_ms)
    state = replace(state, pulls={**state.pulls, manifest.series: pull})
    if not state.linked:
        return state, ()
    return state, (
        SendMessage(ListRequest(manifest.series, manifest.version, manifest.base, pull.got)),
    )


def _ask_other(state: FetchState, series: str, version: int, base: int, now_ms: int) -> Result:
    last_ms = state.asked_ms.get(series)
    if not state.linked or (last_ms is not None and now_ms < last_ms + FIRST_WAIT_MS):
        return state, ()
    state = replace(state, asked_ms={**state.asked_ms, series: now_ms})
    return state, (SendMessage(ListRequest(series, version, base, 0)),)
