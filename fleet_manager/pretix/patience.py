"""PURE. How long to wait before a pretix is asked again, and when to give up for now."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_WAIT_S = 10.0
"""In sum over the tries of one request. A server that wants more is asked next time."""
MAX_RETRY_AFTER_S = 86_400.0


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a server asks to wait, None if it does not say, or says nonsense.

    RFC 9110, 10.2.3: a number of seconds, or a date; the date is compared with the server's own
    `Date`, because its clock may differ from `now` (UTC).
    """
    text = (headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), MAX_RETRY_AFTER_S)
    at = _date(text)
    if at is None:
        return None
    seconds = (at - (_date(headers.get("Date") or "") or now)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def _date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


class RetryBudget:
    """Of one request. `pause_s`: before the second try, doubled before each other."""

    def __init__(self, pause_s: float, tries: int) -> None:
        self._pause_s = pause_s
        self._left = tries - 1
        self._budget_s = MAX_WAIT_S

    def next_wait_s(self, asked_s: float | None) -> float | None:
        """Return how long to wait before the next try; None to give up. `asked_s`: what the
        server asks for, None if it does not."""
        wait_s = max(self._pause_s, asked_s or 0.0)
        if self._left <= 0 or wait_s > self._budget_s:
            return None
        self._left -= 1
        self._budget_s -= wait_s
        self._pause_s *= 2
        return wait_s
