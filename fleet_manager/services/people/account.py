"""Acts on one's own account: password, second factor, language, sessions."""

from sqlalchemy import select

from fleet_manager.access import passwords, second_factor, sessions, users
from fleet_manager.access.rights import Act
from fleet_manager.access.second_factor import Offer
from fleet_manager.access.sessions import NewSession, Session
from fleet_manager.centre import Centre
from fleet_manager.database.tables_people import account
from fleet_manager.errors import CentreError
from fleet_manager.services.act import performed
from fleet_manager.services.people import attempts
from fleet_manager.services.people.attempts import Attempt
from fleet_manager.services.people.sign_in import SignedIn

_WRONG_PASSWORD = "the password is wrong"


def change_password(
    centre: Centre, signed_in: SignedIn, password: str, new: str, *, agent: str = ""
) -> NewSession:
    """Change one's password; all sessions end, and a new one begins. `password`: the present one.

    Raises SignInRefused if it is wrong, and CentreError for a new one that is too weak.
    """
    user, address = signed_in.user, signed_in.actor.origin
    passwords.check_new(new, user.name)
    attempt = _checked(centre, signed_in, Act.PASSWORD_SET, password)
    hashed = passwords.hash_of(new)
    with performed(centre, signed_in.actor, Act.PASSWORD_SET, f"user {user.name}") as deed:
        attempts.count_right(deed.connection, attempt)
        users.change(deed.connection, user.id, password=hashed)
        ended = sessions.end_all(deed.connection, user.id)
        deed.after = {"sessions_ended": ended}
        return sessions.begin(
            deed.connection,
            users.find(deed.connection, user.id),
            needs_code=False,
            address=address,
            agent=agent,
            now_ms=centre.clock(),
        )


def offer_second_factor(centre: Centre, signed_in: SignedIn) -> Offer:
    """Draw a secret for one's phone; it counts once a code of it has come back."""
    user = signed_in.user
    secret = second_factor.new_secret()
    sealed = second_factor.seal(_key(centre, user.id), user.id, secret)
    with centre.store.write() as connection:
        users.change(connection, user.id, offered=sealed)
    return second_factor.offer_of(secret, user.name, centre.config.park)


def offered_second_factor(centre: Centre, signed_in: SignedIn) -> Offer | None:
    """Return the secret that was drawn and is not confirmed yet, None if there is none."""
    user = signed_in.user
    with centre.store.read() as connection:
        sealed = connection.scalar(select(account.c.offered).where(account.c.id == user.id))
    if sealed is None:
        return None
    secret = second_factor.unseal(_key(centre, user.id), user.id, sealed)
    return second_factor.offer_of(secret, user.name, centre.config.park)


def count_recovery_codes(centre: Centre, signed_in: SignedIn) -> int:
    """Return how many of one's recovery codes are left."""
    with centre.store.read() as connection:
        return second_factor.count_recovery_codes(connection, signed_in.user.id)


def confirm_second_factor(
    centre: Centre, signed_in: SignedIn, password: str, code: str
) -> tuple[str, ...]:
    """Put the offered secret in force by a code of it; return new recovery codes, shown this once.

    Other sessions end. Raises SignInRefused for a wrong password, CentreError for a wrong code.
    """
    user = signed_in.user
    attempt = _checked(centre, signed_in, Act.SECOND_FACTOR_SET, password)
    offer = offered_second_factor(centre, signed_in)
    step = None if offer is None else second_factor.step_of(offer.secret, code, centre.clock())
    with performed(centre, signed_in.actor, Act.SECOND_FACTOR_SET, f"user {user.name}") as deed:
        attempts.count_right(deed.connection, attempt)
        if offer is None or step is None:
            raise CentreError(
                "cannot put the second factor in force: the code is not one of this secret",
                "look whether the phone's clock is right, and give the code that it shows now",
            )
        sealed = second_factor.seal(_key(centre, user.id), user.id, offer.secret)
        users.change(deed.connection, user.id, factor=sealed, offered=None, step=step)
        codes = second_factor.draw_recovery_codes(deed.connection, user.id)
        ended = sessions.end_all(deed.connection, user.id, but=signed_in.session)
        deed.before = {"second_factor": user.has_second_factor}
        deed.after = {"second_factor": True, "sessions_ended": ended}
    return codes


def drop_second_factor(centre: Centre, signed_in: SignedIn, password: str) -> None:
    """Take one's second factor out of force. Raises SignInRefused for a wrong password."""
    user = signed_in.user
    attempt = _checked(centre, signed_in, Act.SECOND_FACTOR_SET, password)
    with performed(centre, signed_in.actor, Act.SECOND_FACTOR_SET, f"user {user.name}") as deed:
        attempts.count_right(deed.connection, attempt)
        users.change(deed.connection, user.id, factor=None, offered=None)
        second_factor.drop_recovery_codes(deed.connection, user.id)
        deed.before = {"second_factor": user.has_second_factor}
        deed.after = {"second_factor": False}


def new_recovery_codes(centre: Centre, signed_in: SignedIn, password: str) -> tuple[str, ...]:
    """Replace one's recovery codes; return the new ones. Raises SignInRefused for a wrong
    password, CentreError without a second factor."""
    user = signed_in.user
    attempt = _checked(centre, signed_in, Act.SECOND_FACTOR_SET, password)
    with performed(centre, signed_in.actor, Act.SECOND_FACTOR_SET, f"user {user.name}") as deed:
        attempts.count_right(deed.connection, attempt)
        if not user.has_second_factor:
            raise CentreError("cannot make recovery codes: there is no second factor")
        codes = second_factor.draw_recovery_codes(deed.connection, user.id)
        deed.after = {"recovery_codes": len(codes)}
    return codes


def set_language(centre: Centre, signed_in: SignedIn, language: str) -> None:
    """Choose the console's language for oneself. Raises CentreError."""
    user = signed_in.user
    with performed(centre, signed_in.actor, Act.ACCOUNT_SET, f"user {user.name}") as deed:
        users.check_language(language)
        users.change(deed.connection, user.id, language=language)
        deed.before, deed.after = {"language": user.language}, {"language": language}


def own_sessions(centre: Centre, signed_in: SignedIn) -> list[Session]:
    """Return one's own sessions, the one that was used last first."""
    with centre.store.read() as connection:
        return sessions.every(connection, centre.clock(), signed_in.user.id)


def end_own_session(centre: Centre, signed_in: SignedIn, number: int) -> None:
    """End one of one's own sessions. Raises CentreError if there is none of that number."""
    user = signed_in.user
    with performed(centre, signed_in.actor, Act.SIGN_OUT, f"user {user.name}") as deed:
        own = sessions.every(deed.connection, centre.clock(), user.id)
        if number not in [session.id for session in own]:
            raise CentreError("cannot end this session: it has ended already")
        sessions.end(deed.connection, number)
        deed.after = {"session": number}


def _checked(centre: Centre, signed_in: SignedIn, act: Act, password: str) -> Attempt:
    """Return the attempt to give one's password, which was right. Raises SignInRefused."""
    attempt = attempts.count_password(centre, signed_in.user.name, signed_in.actor.origin)
    if not passwords.is_right(attempt.stored, password):
        attempts.refuse(centre, act, attempt, "wrong password", _WRONG_PASSWORD)
    return attempt


def _key(centre: Centre, number: int) -> bytes:
    return centre.unlock().second_factor_key(number)
