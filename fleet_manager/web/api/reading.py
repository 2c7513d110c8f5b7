"""Read what is asked, strictly: unknown, repeated and unreadable parameters are refused by name.

Every text from outside is checked here for what a database refuses (NUL) and what is no Unicode.
"""

import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

import msgspec

from fleet_manager.web.api.problem import BadRequest

MAX_QUERY_CHARS = 8_000
MAX_BODY_BYTES = 256 << 10
_KEY = re.compile(r"[!-~]{1,64}")
_Kind = TypeVar("_Kind", bound=msgspec.Struct)


def read_query(text: bytes, kind: type[_Kind]) -> _Kind:
    """Return the parameters of an address. Raises BadRequest."""
    if len(text) > MAX_QUERY_CHARS:
        raise BadRequest(f"cannot read a query of more than {MAX_QUERY_CHARS} characters")
    values: dict[str, str] = {}
    for pair in filter(None, text.split(b"&")):
        name, _, value = (_text(part.replace(b"+", b" ")) for part in pair.partition(b"="))
        if name in values:
            raise BadRequest(f"cannot take the parameter {name[:40]!r} twice")
        values[name] = value
    return _converted(values, kind, "parameter")


def read_path(values: Mapping[str, str], kind: type[_Kind]) -> _Kind:
    """Return the names in a path. Raises BadRequest."""
    if any("\0" in value for value in values.values()):
        raise BadRequest("cannot read the path: it holds NUL")
    return _converted(dict(values), kind, "path")


def read_body(data: bytes, media: str, kind: type[_Kind]) -> _Kind:
    """Return the JSON of a body. Raises BadRequest."""
    if media.partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("cannot read the body: it must be application/json", status=415)
    if b"\\u0000" in data:
        raise BadRequest("cannot read the body: it holds NUL")
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise BadRequest(f"cannot use the body: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"cannot read the body: {error}") from None


def read_key(text: str | None) -> str:
    """Return an Idempotency-Key, '' for none. Raises BadRequest."""
    if text is None:
        return ""
    if _KEY.fullmatch(text) is None:
        raise BadRequest(
            "cannot use the Idempotency-Key: must be 1 to 64 printable ASCII characters"
        )
    return text


def _text(part: bytes) -> str:
    try:
        text = unquote_to_bytes(part).decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("cannot read the query: it is not UTF-8") from None
    if "\0" in text:
        raise BadRequest("cannot read the query: it holds NUL")
    return text


def _converted(values: dict[str, Any], kind: type[_Kind], what: str) -> _Kind:
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequest(f"cannot use the {what}: {error}") from None
