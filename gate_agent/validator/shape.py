"""A frozen dataclass as a CBOR array of its fields, and back: the shape is its type hints."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

import cbor2

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError

_Kind = TypeVar("_Kind")


def write(value: Any) -> bytes:
    """The array of the fields. Raises UnicodeEncodeError for a text that is not Unicode."""
    return cbor2.dumps([getattr(value, name) for name in _names(cast(Any, type(value)))])


def read(what: str, kind: type[_Kind], data: bytes) -> _Kind:
    """The value in `data`, if it is written the one way. `what` names it in errors: "a message".

    Fields are whole numbers of 63 bits, texts, bytes, and tuples of them. Raises WireError.
    """
    values = cbor.read(data)
    hints = _hints(cast(Any, kind))
    if type(values) is not list or len(values) != len(hints):
        raise WireError(f"{what} with another number of fields")
    make: Callable[..., _Kind] = kind
    made = make(*(_read(what, value, hint) for value, hint in zip(values, hints, strict=True)))
    if write(made) != data:
        raise WireError(f"{what} that is not written the one way")
    return made


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _hints(kind: Any) -> tuple[object, ...]:
    hints = get_type_hints(kind)
    return tuple(hints[field.name] for field in fields(kind))


def _read(what: str, value: object, hint: object) -> object:
    """`value` as the type a field is declared with: int, str, bytes or a tuple of them."""
    if get_origin(hint) is tuple:
        if type(value) is not list:
            raise WireError(f"{what} with a field of another type")
        inner = get_args(hint)
        if inner == (bytes, ...) and set(map(type, value)) <= {bytes}:
            return tuple(value)  # a batch's records, the one long field
        if inner[-1] is Ellipsis:
            return tuple(_read(what, item, inner[0]) for item in value)
        if len(inner) != len(value):
            raise WireError(f"{what} with a field of another length")
        return tuple(_read(what, item, of) for item, of in zip(value, inner, strict=True))
    if type(value) is not hint or (type(value) is int and not 0 <= value < 1 << 63):
        raise WireError(f"{what} with a field of another type")
    return value
