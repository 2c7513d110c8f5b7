"""Acts on tokens of programs and displays: make, end."""

from fleet_manager.access import tokens, users
from fleet_manager.access.actor import Actor, Role
from fleet_manager.access.rights import Act
from fleet_manager.access.tokens import NewToken
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.services.act import performed
from fleet_manager.services.people.users import check_station


def add_token(
    centre: Centre, who: Actor, name: str, role: Role, *, station: str = "", valid_ms: int
) -> NewToken:
    """Make a token for a program or a display; its text is never shown again. `valid_ms`: for how
    long. Raises CentreError."""
    with performed(centre, who, Act.TOKEN_ADD, f"token {name[:40]}") as deed:
        users.check_name(name)
        if role is Role.ADMINISTRATOR:
            raise CentreError(
                "cannot make a token with the role administrator",
                "what an administrator may do is for people, who sign in",
            )
        if not 60_000 <= valid_ms <= tokens.LONGEST_MS:
            raise CentreError("cannot make a token for so long: must be from 1 minute to 400 days")
        check_station(deed.connection, station)
        now_ms = centre.clock()
        new = tokens.add(
            deed.connection,
            name,
            role,
            station=station,
            made_by=who.name,
            now_ms=now_ms,
            expires_ms=now_ms + valid_ms,
        )
        deed.subject = f"token sg_{new.token.id} {name}"
        deed.after = {
            "role": role.value,
            "station": station,
            "expires_ms": new.token.expires_ms,
        }
    return new


def end_token(centre: Centre, who: Actor, number: str, reason: str = "") -> None:
    """End a token from this moment. `number`: its id. Raises CentreError."""
    with performed(centre, who, Act.TOKEN_END, f"token sg_{number[:8]}") as deed:
        token = tokens.find(deed.connection, number)
        if token.ended_ms is not None:
            raise CentreError(f"cannot end token {number}: it has ended already")
        now_ms = centre.clock()
        tokens.end(deed.connection, number, now_ms)
        deed.subject = f"token sg_{number} {token.name}"
        deed.after, deed.reason = {"ended_ms": now_ms}, reason
