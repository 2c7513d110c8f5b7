"""Who performs an act: a person at a shell, later at a page; or a program."""

import os
import pwd
import socket
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the park. `access.rights` says which acts each may perform."""

    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    STATION_LEAD = "station_lead"
    CASHIER = "cashier"
    GATE_STAFF = "gate_staff"
    TECHNICIAN = "technician"
    ACCOUNTANT = "accountant"
    AUDITOR = "auditor"
    MERCHANT = "merchant"
    DISPLAY = "display"


class Via(StrEnum):
    """The face through which an act came in."""

    COMMAND = "command"
    PAGE = "page"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Actor:
    """`name`: as the audit shows it, at most 64 characters. `origin`: where from, such as
    `front-desk pts/3` or an address. `station`: the only one whose objects they may act on; empty
    for the whole park."""

    name: str
    role: Role
    via: Via
    origin: str
    station: str = ""


def computer_user() -> Actor:
    """Return the user of this computer who runs a command.

    Whoever can open the data folder holds the park's keys, so every such user is an
    administrator. Behind sudo the person counts, and the account is part of the origin.
    """
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        account = f"user {os.getuid()}"
    person = os.environ.get("SUDO_USER") or account
    places = [socket.gethostname(), _terminal()]
    if person != account:
        places.append(f"as {account}")
    origin = " ".join(filter(None, places))
    return Actor(_printable(person), Role.ADMINISTRATOR, Via.COMMAND, _printable(origin))


def program(name: str) -> Actor:
    """Return the actor for work that a program of ours does by itself."""
    return Actor(name, Role.ADMINISTRATOR, Via.PROGRAM, _printable(socket.gethostname()))


def token_holder(name: str, address: str) -> Actor:
    """Return the actor for a board that enrols itself by a token. `name`: of the token."""
    return Actor(_printable(name), Role.TECHNICIAN, Via.PROGRAM, _printable(address))


def signed_in(name: str, role: Role, station: str, address: str) -> Actor:
    """Return the actor for a person at a page. `name`: of the user. `address`: of the browser."""
    return Actor(_printable(name), role, Via.PAGE, _printable(address), station)


def program_of(name: str, role: Role, station: str, address: str) -> Actor:
    """Return the actor for a program or a display that holds a token. `name`: of the token."""
    return Actor(_printable(name), role, Via.PROGRAM, _printable(address), station)


def _terminal() -> str:
    try:
        return os.ttyname(0).removeprefix("/dev/")
    except OSError:
        return ""


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)[:64]
