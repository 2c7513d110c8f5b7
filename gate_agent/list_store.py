"""The ticket list on disk: one file, replaced in one step, believed only after every check."""

import os
from pathlib import Path

from gate_agent.errors import JournalError
from gate_agent.validator.errors import WireError
from gate_agent.validator.keys import KeyRing
from gate_agent.validator.ticket_list import (
    MAX_BODY_BYTES,
    MAX_MANIFEST_BYTES,
    TicketList,
    open_body,
    open_manifest,
)

_MAGIC = b"SGL1"


class ListStore:
    """`path`: the file. It holds the magic, u16 length of the manifest, manifest, body."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, ring: KeyRing) -> TicketList | None:
        """The list in the file, None if there is no file.

        Raises WireError if the file is torn or nobody trusted signed it.
        """
        try:
            with self._path.open("rb") as file:
                data = file.read(len(_MAGIC) + 2 + MAX_MANIFEST_BYTES + MAX_BODY_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise WireError(f"cannot read {self._path}: {error.strerror}") from None
        start = len(_MAGIC) + 2
        end = start + int.from_bytes(data[len(_MAGIC) : start], "big")
        if data[: len(_MAGIC)] != _MAGIC:
            raise WireError(f"{self._path} is not a ticket list")
        return open_body(open_manifest(data[start:end], ring), data[end:])

    def save(self, sealed: bytes, body: bytes) -> None:
        """Puts a list in the place of the old one; a power cut leaves one of the two, whole.

        Raises JournalError if it cannot be made durable.
        """
        fresh = self._path.with_suffix(".new")
        try:
            with fresh.open("wb") as file:
                file.write(_MAGIC + len(sealed).to_bytes(2, "big") + sealed + body)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise JournalError(f"cannot write {self._path}: {error.strerror}") from error
