"""The one table of the API's operations: what each needs, takes and gives."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, Literal, TypeVar, get_type_hints

import msgspec

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act, NotAllowed, View
from fleet_manager.centre import Centre

ApiMethod = Literal["GET", "POST", "PATCH", "DELETE"]
_Handler = TypeVar("_Handler", bound=Callable[..., Any])
_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Call:
    """A request, read: who asks, and the key under which a program may repeat it, '' for none."""

    centre: Centre
    who: Actor
    key: str = ""

    def station(self, wanted: str | msgspec.UnsetType) -> str | None:
        """Return the station to which an answer is limited, None for the whole park. Raises
        NotAllowed for another station than that of who asks."""
        asked = None if wanted is msgspec.UNSET else wanted
        if not self.who.station or asked == self.who.station:
            return asked
        if asked is None:
            return self.who.station
        raise NotAllowed(
            f"cannot show station {asked}: {self.who.name} is of station {self.who.station}",
            "leave the station out, or ask with an account for the whole park",
        )


@dataclass(frozen=True, kw_only=True)
class Operation:
    """`path`: below /api/v1, with names in braces. `view`, `act`: what it needs. `status`: of
    success. `keyed`: takes the header Idempotency-Key."""

    method: ApiMethod
    path: str
    handler: Callable[..., Any]
    view: View | None = None
    act: Act | None = None
    status: int = HTTPStatus.OK
    keyed: bool = False

    @cached_property
    def types(self) -> dict[str, Any]:
        """Return the types of path, query, body and of what is given (`return`)."""
        return {name: kind for name, kind in get_type_hints(self.handler).items() if name != "call"}

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return what the path must match, with a group for each of its names."""
        return re.compile(_PART.sub(r"(?P<\1>[^/]+)", self.path))

    @property
    def names(self) -> list[str]:
        """Return the names in the path."""
        return _PART.findall(self.path)

    @property
    def title(self) -> str:
        """Return what it does, in a sentence: the first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().splitlines()[0]


OPERATIONS: list[Operation] = []


def operation(
    method: ApiMethod,
    path: str,
    *,
    view: View | None = None,
    act: Act | None = None,
    status: int = HTTPStatus.OK,
    keyed: bool = False,
) -> Callable[[_Handler], _Handler]:
    """Register the function that answers. Its parameters are `call` and, where it takes them,
    `path`, `query` and `body`, each a Struct; it returns a Struct, or None with status 204."""

    def add(handler: _Handler) -> _Handler:
        added = Operation(
            method=method,
            path=path,
            handler=handler,
            view=view,
            act=act,
            status=status,
            keyed=keyed,
        )
        same = [other for other in OPERATIONS if (other.method, other.path) == (method, path)]
        assert not same, f"two operations at {method} {path}"
        OPERATIONS.append(added)
        return handler

    return add


class Given(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What somebody sends: a name that the type has not is refused."""


class Sent(msgspec.Struct, frozen=True):
    """What we send."""
