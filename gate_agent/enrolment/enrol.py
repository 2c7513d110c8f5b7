"""Enrol this board: draw its key here, prove it to the centre, and write the files of its identity.

Journal before effect: the key is on the disk before the centre hears of it, so an answer that was
lost is asked for again with the same key. `key.pem` gets its name last: with it the board is
enrolled, without it nothing is.
"""

import hmac
import os
import time
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate_agent.enrolment import door
from gate_agent.errors import ConfigError, GateError
from gate_agent.folder import DiskFolder
from gate_agent.trust import identity
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.enrolment import (
    GATE_FILE,
    Enrolled,
    EnrolmentToken,
    EnrolRequest,
    proof_text,
    read_token,
    site_json,
)

DRAWN = "key.pem.drawn"
MAX_KEY_BYTES = 4096
"""The key between its drawing and the centre's answer."""


def enrol(text: str, folder: Path, ask: door.Ask = door.ask) -> EnrolmentToken:
    """Enrol this board with the token in `text`; return it. `folder`: the identity's.

    Raises GateError: a token that is none or has expired, a board that is enrolled already, a
    centre that cannot be asked or that refuses.
    """
    try:
        token = read_token(text)
    except WireError as error:
        raise ConfigError(str(error), "copy the whole of it, or scan its picture") from None
    if (folder / identity.KEY).exists():
        name = identity.common_name(folder / identity.CERTIFICATE) or "another gate"
        raise ConfigError(
            f"this board is enrolled already, as {name} ({folder / identity.KEY})",
            f"to enrol it anew, move {folder} away first",
        )
    if token.expires_s < time.time() and _clock_is_set():
        raise ConfigError(
            f"the token has expired {_age(time.time() - token.expires_s)} ago",
            f"ask for another: fleet-manager gate invite {token.gate}",
        )
    files = _open(folder)
    key = _draw(files)
    reply = ask(token, request_of(token, key))
    if (reply.park, reply.gate) != (token.park, token.gate):
        raise GateError(f"the centre has answered for {reply.park}/{reply.gate}")
    _write(folder, files, reply)
    return token


def request_of(token: EnrolmentToken, key: Ed25519PrivateKey) -> EnrolRequest:
    """Return what a board with this key asks."""
    public = key.public_key().public_bytes_raw()
    text = proof_text(token.park, token.gate, token.id, public)
    return EnrolRequest(
        park=token.park,
        gate=token.gate,
        token_id=token.id,
        public=public,
        proof=key.sign(text),
        code=hmac.digest(token.secret, text, sha256),
    )


def _open(folder: Path) -> DiskFolder:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make {folder}: {error.strerror}", "run it as root") from None
    return DiskFolder(folder, mode=0o600)


def _draw(files: DiskFolder) -> Ed25519PrivateKey:
    """Return the key that an earlier try has drawn, or a new one that is on the disk."""
    data = files.read(DRAWN, MAX_KEY_BYTES)
    if data is not None:
        key = serialization.load_pem_private_key(data, None)
        if isinstance(key, Ed25519PrivateKey):
            return key
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    files.replace(DRAWN, [pem])
    return key


def _write(folder: Path, files: DiskFolder, reply: Enrolled) -> None:
    facts = site_json(reply.park, reply.gate, reply.host, reply.port, reply.time_zone)
    texts = {
        identity.CERTIFICATE: reply.certificate,
        identity.AUTHORITY: reply.authority,
        identity.RING: reply.ring,
        identity.PEPPER: reply.pepper,
        identity.LINK: reply.link,
        GATE_FILE: facts.decode(),
    }
    for name, text in texts.items():
        files.replace(name, [text.encode()])
    files.rename(DRAWN, identity.KEY)
    owner = folder.stat()
    for path in folder.iterdir():
        if os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid)


def _clock_is_set() -> bool:
    """Return whether the clock can be right: a board without a battery begins in the past."""
    return time.time() > 1_760_000_000


def _age(seconds: float) -> str:
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
