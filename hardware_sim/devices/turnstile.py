"""PURE. The mechanics of a tripod arm with its own control board, over virtual time.

A command contact unlocks it for one passage; the board waits `release_ms` for the visitor and
locks again. `step(state, cause, now_ms)` says what happens, `due_ms(state)` when something will
happen by itself. A real-time runner and a simulation in virtual time drive it alike.
"""

from hardware_sim.devices.turnstile_state import (
    BACK_DEG,
    COUNTER_SIZE,
    FULL_DEG,
    HOME_DEG,
    MOST_STORED,
    PASSAGE_DEG,
    Cause,
    Happened,
    Leg,
    Power,
    Push,
    RelayState,
    ResetCounter,
    Tick,
    Turnstile,
    What,
)

_HAIR_DEG = 1e-6


def due_ms(state: Turnstile) -> float | None:
    """Return when something happens by itself; None for never."""
    times: list[float] = []
    if state.relay_since_ms is not None and state.powered:
        if not state.heard:
            times.append(state.relay_since_ms + state.mechanics.min_pulse_ms)
        elif not state.held:
            times.append(state.relay_since_ms + state.mechanics.hold_ms)
    if state.unlocked_until_ms is not None and not state.legs:
        times.append(state.unlocked_until_ms)
    if state.legs:
        times.append(_next_stop(state)[0])
    return min(times, default=None)


def step(state: Turnstile, cause: Cause, now_ms: float) -> tuple[Turnstile, list[Happened]]:
    """Let time run to `now_ms`, then apply `cause`. Time that lies back is taken as now; only
    the command contact counts as closed since its own edge, however late that is heard."""
    out: list[Happened] = []
    edge_ms, now_ms = now_ms, max(now_ms, state.now_ms)
    while (due := due_ms(state)) is not None and due <= now_ms:
        state = _happen(state._replace(now_ms=max(due, state.now_ms)), out)
    state = state._replace(now_ms=now_ms)
    match cause:
        case RelayState(closed):
            state = _command(state, closed, edge_ms, out)
        case Push():
            state = _push(state, cause, out)
        case Power(on):
            state = _power(state, on, out)
        case ResetCounter():
            state = state._replace(counter=0)
        case Tick():
            pass
    return state, out


def _happen(state: Turnstile, out: list[Happened]) -> Turnstile:
    """Apply the event that is due at `state.now_ms`."""
    now_ms, since_ms = state.now_ms, state.relay_since_ms
    if since_ms is not None and state.powered:
        if not state.heard and now_ms >= since_ms + state.mechanics.min_pulse_ms:
            return _grant(state._replace(heard=True), out)
        if state.heard and not state.held and now_ms >= since_ms + state.mechanics.hold_ms:
            return state._replace(held=True)
    if state.legs and now_ms >= _next_stop(state)[0]:
        return _arrive(state, out)
    out.append(Happened(now_ms, What.LOCKED))
    return state._replace(unlocked_until_ms=None)


def _command(state: Turnstile, closed: bool, at_ms: float, out: list[Happened]) -> Turnstile:
    if closed:
        if state.relay_since_ms is not None:
            return state
        return state._replace(relay_since_ms=at_ms, heard=False)
    was_held = state.held
    state = state._replace(relay_since_ms=None, heard=False, held=False)
    if was_held and not state.legs and state.unlocked_until_ms is not None:
        out.append(Happened(state.now_ms, What.LOCKED))
        state = state._replace(unlocked_until_ms=None)
    return state


def _grant(state: Turnstile, out: list[Happened]) -> Turnstile:
    """Receive a command. While the arm moves it is stored for the next person; at home it only
    prolongs a release that is under way."""
    if state.legs:
        return state._replace(stored=min(MOST_STORED, state.stored + 1))
    if state.unlocked_until_ms is None:
        out.append(Happened(state.now_ms, What.UNLOCKED))
    return state._replace(unlocked_until_ms=state.now_ms + state.mechanics.release_ms)


def _push(state: Turnstile, push: Push, out: list[Happened]) -> Turnstile:
    if state.legs:
        return state  # there is no room for a second person
    legs: list[Leg] = []
    if push.wiggle_deg:
        deg = min(push.wiggle_deg, BACK_DEG - 1)
        ms = state.mechanics.turn_ms * deg / FULL_DEG
        legs += [Leg(deg, ms), Leg(0.0, ms)]
    if push.through:
        legs.append(Leg(FULL_DEG, state.mechanics.turn_ms))
    return _set_out(state._replace(legs=tuple(legs), force=push.force), out)


def _set_out(state: Turnstile, out: list[Happened]) -> Turnstile:
    """Begin the first leg, if the arm lets it."""
    if not state.legs:
        return state
    if state.deg == 0.0:
        if not state.unlocked and not state.force:
            out.append(Happened(state.now_ms, What.BLOCKED))
            return state._replace(legs=())
        state = state._replace(entitled=state.unlocked)
    return state._replace(leg_from_deg=state.deg, leg_start_ms=state.now_ms)


def _next_stop(state: Turnstile) -> tuple[float, float]:
    """Return (when, where) the moving arm next crosses a contact's angle or ends its leg."""
    leg, start_deg = state.legs[0], state.leg_from_deg
    up = leg.to_deg > start_deg
    contacts = (HOME_DEG, PASSAGE_DEG)
    if up:
        deg = min((mark for mark in contacts if state.deg < mark), default=leg.to_deg)
        deg = min(deg, leg.to_deg)
    else:
        # A hair below the mark: a contact closes when its angle has been left.
        deg = max((mark - _HAIR_DEG for mark in contacts if mark <= state.deg), default=leg.to_deg)
    share = (deg - start_deg) / (leg.to_deg - start_deg)
    return state.leg_start_ms + leg.ms * share, deg


def _arrive(state: Turnstile, out: list[Happened]) -> Turnstile:
    _, deg = _next_stop(state)
    before, state = state, state._replace(deg=deg)
    if deg == state.legs[0].to_deg:
        state = state._replace(legs=state.legs[1:])
        if deg == FULL_DEG:
            state = _turned(state, out)
        elif deg == 0.0:
            out.append(Happened(state.now_ms, What.BACKED_OUT))
            state = _at_home(state, out)
        state = _set_out(state, out)
    _contacts(before, state, out)
    return state


def _turned(state: Turnstile, out: list[Happened]) -> Turnstile:
    """Finish one person's passage; the next leg of the tripod is home."""
    out.append(Happened(state.now_ms, What.TURNED if state.entitled else What.FORCED))
    state = state._replace(
        deg=0.0,
        turns=state.turns + 1,
        forced=state.forced + (not state.entitled),
        counter=(state.counter + state.powered) % COUNTER_SIZE,
    )
    if state.held or not state.powered or not state.entitled:
        return state
    if state.stored:
        return state._replace(
            stored=state.stored - 1,
            unlocked_until_ms=state.now_ms + state.mechanics.release_ms,
        )
    out.append(Happened(state.now_ms, What.LOCKED))
    return state._replace(unlocked_until_ms=None)


def _at_home(state: Turnstile, out: list[Happened]) -> Turnstile:
    """Arrive at home without a passage: a release that ran out meanwhile ends now."""
    until = state.unlocked_until_ms
    if until is None or state.held or state.now_ms < until:
        return state
    out.append(Happened(state.now_ms, What.LOCKED))
    return state._replace(unlocked_until_ms=None)


def _power(state: Turnstile, on: bool, out: list[Happened]) -> Turnstile:
    if on == state.powered:
        return state
    before = state
    state = state._replace(powered=on, unlocked_until_ms=None, stored=0, held=False, heard=False)
    if state.relay_since_ms is not None:
        state = state._replace(relay_since_ms=state.now_ms)
    _contacts(before, state, out)
    return state


def _contacts(before: Turnstile, after: Turnstile, out: list[Happened]) -> None:
    if before.home_closed != after.home_closed:
        what = What.RETURNED if after.home_closed else What.MOVED
        out.append(Happened(after.now_ms, what))
    if before.powered != after.powered:
        what = What.READY_CLOSED if after.powered else What.READY_OPENED
        out.append(Happened(after.now_ms, what))
    if before.passage_closed != after.passage_closed:
        what = What.PASSAGE_CLOSED if after.passage_closed else What.PASSAGE_OPENED
        out.append(Happened(after.now_ms, what))
