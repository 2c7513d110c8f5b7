"""PURE. How long an HTTP server asks to wait before it is asked again."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

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
