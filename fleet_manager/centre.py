"""A data folder, opened: its settings, its database and, for who needs them, its keys."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fleet_manager import config
from fleet_manager.config import CentreConfig
from fleet_manager.database.store import Store
from fleet_manager.errors import CentreConfigError
from fleet_manager.files import ownership
from fleet_manager.keys import vault
from fleet_manager.keys.vault import Vault
from fleet_manager.park_time import Calendar
from fleet_manager.tickets.sell import Issuer
from fleet_manager.trust import key_sets


def now_ms() -> int:
    """Return the computer's time, UTC ms since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Centre:
    """One park's centre. `clock`: UTC ms since 1970."""

    config: CentreConfig
    store: Store
    calendar: Calendar
    clock: Callable[[], int] = now_ms

    def unlock(self) -> Vault:
        """Open the keys. Raises CentreConfigError if they are missing or not those of this park."""
        with self.store.read() as connection:
            published = key_sets.newest(connection)
        keys = None if published is None else published.keys
        return vault.unlock(self.config.keys, self.config.park, keys)

    def issuer(self) -> Issuer:
        """Return who sells tickets, with the keys open. Raises as `unlock` does."""
        return Issuer(self.unlock(), self.config.park, self.calendar)

    def authority(self) -> bytes:
        """Read the park's own certificate authority, PEM. Raises CentreConfigError if it cannot."""
        try:
            return self.config.broker.ca.read_bytes()
        except OSError as error:
            raise CentreConfigError(
                f"cannot open {self.config.broker.ca}: {error.strerror or error}"
            ) from None


@contextmanager
def opened(folder: Path) -> Iterator[Centre]:
    """Open a data folder. Raises CentreConfigError, also for one that this user may not write to:
    SQLite writes beside its file even for somebody who only reads."""
    settings = config.load(folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CentreConfigError(
            f"cannot use {folder}: {ownership.user()} may not write there",
            ownership.advice(folder),
        )
    store = Store.open(settings.database)
    try:
        yield Centre(settings, store, Calendar(settings.time_zone))
    finally:
        store.close()
