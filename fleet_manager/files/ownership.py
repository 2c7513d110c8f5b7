"""What to do for somebody who may not use a file: who owns it, and how to be that user."""

import os
import pwd
from pathlib import Path


def advice(path: Path, program: str = "fleet-manager") -> str:
    """Return how to run a command as the owner of the nearest place on `path` that can be looked
    at; '' if this user owns it already, or the owner has no account here."""
    for place in (path.absolute(), *path.absolute().parents):
        try:
            owner = place.stat().st_uid
        except OSError:
            continue
        if owner == os.geteuid():
            return ""
        try:
            return f"run it as: sudo -u {pwd.getpwuid(owner).pw_name} {program} …"
        except KeyError:
            return ""
    return ""


def user() -> str:
    """Return the name of the account that runs this process."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"
