"""The one table of the console's addresses: what each needs, and who answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fleet_manager.access.rights import Act, View
from fleet_manager.errors import CentreError
from fleet_manager.web.ask import Answer, Ask

Handler = Callable[[Ask], Answer]
Again = Callable[[Ask, CentreError], Answer]
Method = Literal["GET", "POST"]


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An address and what it needs: a view, an act, somebody who is signed in, or nobody.

    `acts`: one of them is enough to be let in; the service checks the right for what is done.
    """

    method: Method
    path: str
    handler: Handler
    view: View | None = None
    acts: tuple[Act, ...] = ()
    public: bool = False


ADDRESSES: dict[tuple[str, str], WebAddress] = {}


def _add(address: WebAddress) -> Handler:
    key = address.method, address.path
    assert key not in ADDRESSES, f"two pages at {key}"
    ADDRESSES[key] = address
    return address.handler


def page(path: str, view: View | None) -> Callable[[Handler], Handler]:
    """Register a page. `view`: what it shows; None for a page of everybody who is signed in."""

    def add(handler: Handler) -> Handler:
        return _add(WebAddress("GET", path, handler, view))

    return add


def act(path: str, *acts: Act, again: Again | None = None) -> Callable[[Handler], Handler]:
    """Register what a form does. `acts`: what it may come to; none for one's own account. `again`:
    shows the form once more with what refused it; a page of its own says so without."""

    def add(handler: Handler) -> Handler:
        answer = handler if again is None else _or_again(handler, again)
        _add(WebAddress("POST", path, answer, acts=acts))
        return handler

    return add


def _or_again(handler: Handler, again: Again) -> Handler:
    def answer(ask: Ask) -> Answer:
        try:
            return handler(ask)
        except CentreError as error:
            return again(ask, error)

    return answer


def open_to_all(method: Method, path: str) -> Callable[[Handler], Handler]:
    """Register what needs nobody to be signed in."""

    def add(handler: Handler) -> Handler:
        return _add(WebAddress(method, path, handler, public=True))

    return add
