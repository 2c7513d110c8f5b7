"""The second factor: a code of six digits that changes every 30 s (RFC 6238), once each; and ten
recovery codes for a lost phone, once each."""

import hmac
import secrets
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, func, insert, select

from fleet_manager.database.tables_people import account, recovery_code
from fleet_manager.errors import CentreConfigError

STEP_S = 30
DRIFT_STEPS = 1
"""A phone's clock may be off by so many steps."""
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10
_NONCE_BYTES = 12
KeyOf = Callable[[int], bytes]
"""Returns the key under which the secret of a user's second factor is sealed, 32 bytes."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A new secret, to be put into a phone. `uri`: what the QR code says."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


def new_secret() -> str:
    """Return a new secret, base32."""
    return pyotp.random_base32()


def offer_of(secret: str, name: str, park: str) -> Offer:
    """Return how a secret is shown to the user `name`."""
    return Offer(
        secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=f"scenic-gate {park}")
    )


def seal(key: bytes, number: int, secret: str) -> bytes:
    """Return a secret of user `number` as it is stored, of use to nobody without the key."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret.encode(), _bound_to(number))


def unseal(key: bytes, number: int, sealed: bytes) -> str:
    """Return a stored secret. Raises CentreConfigError if the key is another."""
    try:
        text = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(number))
    except InvalidTag:
        raise CentreConfigError(
            "cannot read the second factor: it was sealed under other keys than this park's",
            "an administrator takes it away: `fleet-manager user reset NAME --second-factor`",
        ) from None
    return text.decode()


def step_of(secret: str, code: str, now_ms: int) -> int | None:
    """Return the time step of which `code` is the code, None if it is of none that counts."""
    now = now_ms // 1000 // STEP_S
    if len(code) != 6 or not code.isascii() or not code.isdecimal():
        return None
    totp = pyotp.TOTP(secret)
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.at(step * STEP_S), code):
            return step
    return None


def use_step(connection: Connection, number: int, step: int) -> bool:
    """Note that a user's code of a step is used; return False if it or a later one was before."""
    column = account.c
    query = account.update().where(column.id == number, column.step < step).values(step=step)
    return connection.execute(query).rowcount == 1


def draw_recovery_codes(connection: Connection, number: int) -> tuple[str, ...]:
    """Replace a user's recovery codes by new ones; return them to be shown this once."""
    drop_recovery_codes(connection, number)
    codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
    rows = [{"account": number, "hash": _hash(code)} for code in codes]
    connection.execute(insert(recovery_code), rows)
    return codes


def drop_recovery_codes(connection: Connection, number: int) -> None:
    """Delete a user's recovery codes."""
    connection.execute(delete(recovery_code).where(recovery_code.c.account == number))


def use_recovery_code(connection: Connection, number: int, code: str) -> bool:
    """Delete a recovery code of a user; return False if it is none of theirs, or used."""
    column = recovery_code.c
    query = delete(recovery_code).where(column.account == number, column.hash == _hash(code))
    return connection.execute(query).rowcount == 1


def count_recovery_codes(connection: Connection, number: int) -> int:
    """Return how many recovery codes a user has left."""
    query = select(func.count()).where(recovery_code.c.account == number)
    return connection.scalar(query) or 0


def _recovery_code() -> str:
    text = b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _hash(code: str) -> bytes:
    kept = "".join(char for char in code.lower() if char.isalnum())
    return sha256(b"scenic-gate recovery\0" + kept.encode("utf-8", "surrogatepass")).digest()


def _bound_to(number: int) -> bytes:
    return b"scenic-gate second factor\0" + str(number).encode()
