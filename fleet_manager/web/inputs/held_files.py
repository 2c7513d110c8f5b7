"""Hold uploaded files between a preview and the act that follows it, in memory and for a while."""

import secrets
import time
from collections import OrderedDict
from threading import Lock

from fleet_manager.web.ask import Upload

MOST_FILES, MOST_BYTES, HELD_S = 16, 64 << 20, 1800.0


class HeldFiles:
    """Files by a secret name; each belongs to one user. The oldest go when there is no room."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._files: OrderedDict[str, tuple[str, float, Upload]] = OrderedDict()

    def put(self, user: str, file: Upload) -> str:
        """Hold a file; return its name."""
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._files[key] = (user, time.monotonic(), file)
            while len(self._files) > MOST_FILES or self._bytes() > MOST_BYTES:
                self._files.popitem(last=False)
        return key

    def get(self, user: str, key: str) -> Upload | None:
        """Return a file of a user, None if it is not held any more."""
        with self._lock:
            owner, since_s, file = self._files.get(key, ("", 0.0, Upload("", b"")))
            if owner != user or time.monotonic() - since_s > HELD_S:
                return None
            return file

    def _bytes(self) -> int:
        return sum(len(file.data) for _, _, file in self._files.values())
