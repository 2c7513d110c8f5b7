"""A frozen dataclass as a CBOR array of its fields, and back. The type hints are the schema."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache, partial
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError

_Kind = TypeVar("_Kind")
_Reader = Callable[[str, object], object]
"""Called with the name of the message, for errors, and a value; returns the field."""


def write(value: Any) -> bytes:
    """Return the array of the fields. Raise UnicodeEncodeError for a text that is not Unicode."""
    return cbor.write([getattr(value, name) for name in _names(cast(Any, type(value)))])


def read(what: str, kind: type[_Kind], data: bytes) -> _Kind:
    """Return the `kind` in `data`. `what` names it in errors: "a message".

    Fields are whole numbers of 63 bits, texts, byte strings, and tuples of them. Raise WireError
    unless `data` is exactly what `write` makes.
    """
    values = cbor.read(data)
    readers = _readers(cast(Any, kind))
    if type(values) is not list or len(values) != len(readers):
        raise WireError(f"{what} with another number of fields")
    message = kind(
        **{name: reader(what, value) for (name, reader), value in zip(readers, values, strict=True)}
    )
    if write(message) != data:
        raise WireError(f"{what} that is not written the one way")
    return message


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _readers(kind: Any) -> tuple[tuple[str, _Reader], ...]:
    """Return (name, reader) of each field. Cached: to resolve type hints is slow."""
    hints = get_type_hints(kind)
    return tuple((name, _reader(hints[name])) for name in _names(kind))


def _reader(hint: Any) -> _Reader:
    """Return the reader for a type hint: int, str, bytes or a tuple of them."""
    if get_origin(hint) is not tuple:
        return _number if hint is int else partial(_plain, hint)
    inner = get_args(hint)
    if inner == (bytes, ...):
        return _strings
    if inner[-1] is Ellipsis:
        return partial(_row, _reader(inner[0]))
    return partial(_tuple, tuple(map(_reader, inner)))


def _number(what: str, value: object) -> object:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise _another_type(what)
    return value


def _plain(of: type, what: str, value: object) -> object:
    if type(value) is not of:
        raise _another_type(what)
    return value


def _strings(what: str, value: object) -> object:
    """Return a tuple of byte strings: the records of a batch, the one long field."""
    if type(value) is not list or not set(map(type, value)) <= {bytes}:
        raise _another_type(what)
    return tuple(value)


def _row(reader: _Reader, what: str, value: object) -> object:
    if type(value) is not list:
        raise _another_type(what)
    return tuple([reader(what, item) for item in value])


def _tuple(readers: Sequence[_Reader], what: str, value: object) -> object:
    if type(value) is not list:
        raise _another_type(what)
    if len(readers) != len(value):
        raise WireError(f"{what} with a field of another length")
    return tuple([reader(what, item) for reader, item in zip(readers, value, strict=True)])


def _another_type(what: str) -> WireError:
    return WireError(f"{what} with a field of another type")
