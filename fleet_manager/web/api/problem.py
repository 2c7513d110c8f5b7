"""What every refusal looks like: one JSON object, RFC 9457 with a hint."""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from fleet_manager.errors import CentreError

MEDIA = "application/problem+json"


class Problem(msgspec.Struct, forbid_unknown_fields=True):
    """`title`: of the status. `detail`: what happened, to which thing, what is allowed. `hint`:
    what to do, '' where that is plain."""

    status: int
    title: str
    detail: str
    hint: str = ""

    @classmethod
    def of(cls, status: int, detail: str, hint: str = "") -> "Problem":
        """Return the problem of a status."""
        return cls(status, HTTPStatus(status).phrase, detail, hint)


class NotThere(CentreError):
    """What an address names does not exist. Status 404."""


class BadRequest(CentreError):
    """A request is not what its operation takes. Status 422, or another one. `headers`: of the
    answer."""

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        status: int = 422,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.status = status
        self.headers = headers or {}
