"""Signing in and out: by password and second factor, by a one-time link, by a program's token."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from fleet_manager.access import (
    actor,
    links,
    passwords,
    second_factor,
    sessions,
    throttle,
    tokens,
    users,
)
from fleet_manager.access.actor import Actor
from fleet_manager.access.links import Purpose
from fleet_manager.access.rights import Act
from fleet_manager.access.sessions import NewSession, Session
from fleet_manager.access.users import User
from fleet_manager.centre import Centre
from fleet_manager.services.act import performed
from fleet_manager.services.people import attempts
from fleet_manager.services.people.attempts import Attempt, SignInRefused, actor_of

_LOG = logging.getLogger(__name__)
_WRONG_PASSWORD = "the name or the password is wrong"
_WRONG_CODE = "the code is wrong, or was used before"
_LINK_OVER = "this link was used, has expired, or never was one"
_LINK_HINT = "ask an administrator for another: `fleet-manager user reset NAME`"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who asks for a page. `session`: its number. `language`: the user's choice, or empty."""

    actor: Actor
    user: User
    session: int
    language: str


@dataclass(frozen=True, slots=True)
class LinkOffer:
    """For whom a one-time link is, and why."""

    user: User
    purpose: Purpose


def sign_in(
    centre: Centre,
    name: str,
    password: str,
    *,
    code: str = "",
    address: str,
    agent: str = "",
) -> NewSession:
    """Begin a session. `code`: of the second factor, if it is at hand already.

    Without it, somebody who has a second factor gets a session that needs the code
    (`confirm_code`). Raises SignInRefused; a name that nobody has is refused as a wrong password
    is, after the same time.
    """
    attempt = attempts.count_password(centre, name, address)
    user = attempt.user
    if not passwords.is_right(attempt.stored, password) or user is None:
        attempts.refuse(centre, Act.SIGN_IN, attempt, _audit_reason(attempt), _WRONG_PASSWORD)
    newer = _newer_hash(attempt, password)
    with performed(centre, actor_of(user, address), Act.SIGN_IN, f"user {user.name}") as deed:
        attempts.count_right(deed.connection, attempt)
        user = users.find(deed.connection, user.id)
        if not users.has_password(deed.connection, user.id, attempt.stored):
            raise SignInRefused(_WRONG_PASSWORD)  # it was changed at this very moment
        if newer is not None:
            users.change(deed.connection, user.id, password=newer)
        begun = _begun(centre, deed.connection, user, address, agent)
        deed.after = {"by": "password", "needs_code": begun.needs_code}
    if begun.needs_code and code:
        return confirm_code(centre, begun.secret, code, address=address, agent=agent)
    return begun


def confirm_code(
    centre: Centre, secret: str, code: str, *, address: str, agent: str = ""
) -> NewSession:
    """Give the code of the second factor, or a recovery code; return the session that follows.

    `secret`: of a session that needs a code; it ends, and the new one has another secret. Raises
    SignInRefused.
    """
    user = _waiting(centre, secret).user
    attempt = attempts.count_code(centre, user, address)
    step = step_of(centre, attempt, code)
    with performed(centre, actor_of(user, address), Act.SIGN_IN, f"user {user.name}") as deed:
        half = _waiting_in(deed.connection, secret, centre.clock())
        by = use_code(deed.connection, attempt, step, code)
        attempts.count_right(deed.connection, attempt)
        sessions.end(deed.connection, half.id)
        begun = sessions.begin(
            deed.connection,
            half.user,
            needs_code=False,
            address=address,
            agent=agent,
            now_ms=centre.clock(),
        )
        deed.after = {"by": by}
    return begun


def who_is(centre: Centre, secret: str, address: str) -> SignedIn | None:
    """Return who holds the secret of a session, None if it is over or still needs a code.

    Role and station are those of this moment. Writes that the session was used, at most once a
    minute.
    """
    now_ms = centre.clock()
    with centre.store.read() as connection:
        current = sessions.find(connection, secret, now_ms)
    if current is None or current.needs_code:
        return None
    if now_ms - current.seen_ms >= sessions.SEEN_EVERY_MS:
        _note(
            centre, lambda connection: sessions.mark_seen(connection, current.id, address, now_ms)
        )
    user = current.user
    return SignedIn(actor_of(user, address), user, current.id, user.language)


def who_holds(centre: Centre, token_text: str, address: str) -> Actor | None:
    """Return the program or display that holds a token, None if it is none or has ended."""
    now_ms = centre.clock()
    with centre.store.read() as connection:
        token = tokens.holder_of(connection, token_text, now_ms)
    if token is None:
        return None
    if token.used_ms is None or now_ms - token.used_ms >= tokens.USED_EVERY_MS:
        _note(centre, lambda connection: tokens.mark_used(connection, token.id, now_ms))
    return actor.program_of(f"{token.name} (sg_{token.id})", token.role, token.station, address)


def sign_out(centre: Centre, signed_in: SignedIn) -> None:
    """End the session of whoever asks."""
    user = signed_in.user
    with performed(centre, signed_in.actor, Act.SIGN_OUT, f"user {user.name}") as deed:
        sessions.end(deed.connection, signed_in.session)


def look_at_link(centre: Centre, secret: str) -> LinkOffer:
    """Return for whom a one-time link is; it stays good. Raises SignInRefused."""
    with centre.store.read() as connection:
        return _offer_of(connection, secret, centre.clock())


def use_link(
    centre: Centre, secret: str, password: str, *, address: str, agent: str = ""
) -> NewSession:
    """Set the password by a one-time link and begin a session; the link is good no more.

    A second factor stays in force: its code is the next step then. Raises SignInRefused, and
    CentreError for a password that is too weak.
    """
    offer = look_at_link(centre, secret)
    user = offer.user
    if offer.purpose is Purpose.ENTRY:
        raise SignInRefused("this link is for signing in, and sets no password")
    passwords.check_new(password, user.name)
    hashed = passwords.hash_of(password)
    with performed(centre, actor_of(user, address), Act.LINK_USE, f"user {user.name}") as deed:
        offer = _offer_of(deed.connection, secret, centre.clock())
        links.drop(deed.connection, user.id)
        users.change(deed.connection, user.id, password=hashed)
        sessions.end_all(deed.connection, user.id)
        throttle.clear(deed.connection, throttle.account(user.id))
        begun = _begun(centre, deed.connection, offer.user, address, agent)
        deed.after = {"purpose": offer.purpose.value, "needs_code": begun.needs_code}
    return begun


def enter_by_link(centre: Centre, secret: str, *, address: str, agent: str = "") -> NewSession:
    """Begin a session by a link that is for it; the link is good no more. Raises SignInRefused."""
    user = look_at_link(centre, secret).user
    with performed(centre, actor_of(user, address), Act.SIGN_IN, f"user {user.name}") as deed:
        offer = _offer_of(deed.connection, secret, centre.clock())
        if offer.purpose is not Purpose.ENTRY:
            raise SignInRefused("this link sets a password, and does not sign in")
        links.drop(deed.connection, offer.user.id)
        begun = _begun(centre, deed.connection, offer.user, address, agent)
        deed.after = {"by": "link", "needs_code": begun.needs_code}
    return begun


def step_of(centre: Centre, attempt: Attempt, code: str) -> int | None:
    """Return the time step of a code of the second factor, None if it is no such code."""
    if attempt.user is None or attempt.sealed is None:
        return None
    number = attempt.user.id
    key = centre.unlock().second_factor_key(number)
    secret = second_factor.unseal(key, number, attempt.sealed)
    return second_factor.step_of(secret, code.strip(), centre.clock())


def use_code(connection: Connection, attempt: Attempt, step: int | None, code: str) -> str:
    """Use a code up; return which kind it was. Raises SignInRefused for one that is wrong or used.

    It is checked and noted in one transaction: a code counts once, also for two who send it at
    one moment.
    """
    user = attempt.user
    if user is not None:
        if step is not None and second_factor.use_step(connection, user.id, step):
            return "second factor"
        if step is None and second_factor.use_recovery_code(connection, user.id, code):
            return "recovery code"
    raise SignInRefused(_WRONG_CODE, _wait(attempt), wait_s=attempt.wait_s)


def _begun(
    centre: Centre, connection: Connection, user: User, address: str, agent: str
) -> NewSession:
    """Begin a session that needs a code where there is a second factor."""
    return sessions.begin(
        connection,
        user,
        needs_code=user.has_second_factor,
        address=address,
        agent=agent,
        now_ms=centre.clock(),
    )


def _wait(attempt: Attempt) -> str:
    if attempt.wait_s:
        return f"wait {attempt.wait_s} s before the next attempt"
    return "wait for the next code of the phone"


def _audit_reason(attempt: Attempt) -> str:
    if attempt.user is None:
        return "nobody has this name"
    if attempt.user.disabled_ms is not None:
        return "the user is disabled"
    if attempt.user.invited:
        return "the user has no password yet"
    return "wrong password"


def _newer_hash(attempt: Attempt, password: str) -> str | None:
    """Return the hash of a right password by today's parameters, None if it has them."""
    if attempt.stored is not None and passwords.is_outdated(attempt.stored):
        return passwords.hash_of(password)
    return None


def _waiting(centre: Centre, secret: str) -> Session:
    with centre.store.read() as connection:
        return _waiting_in(connection, secret, centre.clock())


def _waiting_in(connection: Connection, secret: str, now_ms: int) -> Session:
    """Return the session that waits for a code. Raises SignInRefused if none does."""
    half = sessions.find(connection, secret, now_ms)
    if half is None or not half.needs_code:
        raise SignInRefused("the password was given too long ago", "sign in from the start")
    return half


def _offer_of(connection: Connection, secret: str, now_ms: int) -> LinkOffer:
    link = links.find(connection, secret, now_ms)
    user = None if link is None else users.find(connection, link.user)
    if link is None or user is None or user.disabled_ms is not None:
        raise SignInRefused(_LINK_OVER, _LINK_HINT)
    return LinkOffer(user, link.purpose)


def _note(centre: Centre, write: Callable[[Connection], None]) -> None:
    """Write when something was used, if the database can be written to now."""
    try:
        with centre.store.write() as connection:
            write(connection)
    except SQLAlchemyError as error:
        _LOG.warning("cannot note that a session or token was used: %s", error)
