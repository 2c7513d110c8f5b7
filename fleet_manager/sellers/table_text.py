"""The bytes of a table as lines of text: their encoding, where the text ends, how long a line is.

Accepted are UTF-8, UTF-16 and UTF-32 with their marks, UTF-8 and UTF-16 without, and GB18030 (which
contains GBK). GB18030 is assumed only for what is not UTF-8.
"""

import codecs
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import BinaryIO, cast

MAX_TABLE_BYTES = 1 << 29
MAX_LINE_CHARS = 1 << 16
_CHUNK_BYTES = 1 << 20
_SPOOL_BYTES = 16 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as that of UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GB18030 = "gb18030"
_END = "\x1a"
"""Ctrl-Z, with which DOS and some tills end a text."""


class TableError(Exception):
    """A table that cannot be read on. `line`: from 1. `text`: what is wrong, and the cure."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


@contextmanager
def seekable(file: BinaryIO) -> Iterator[BinaryIO]:
    """Yield the file itself, or, for a pipe, a temporary copy. Raises TableError if it is longer
    than MAX_TABLE_BYTES."""
    if file.seekable():
        if file.seek(0, 2) > MAX_TABLE_BYTES:
            raise _too_large()
        file.seek(0)
        yield file
        return
    with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as copy:
        size = 0
        while chunk := file.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > MAX_TABLE_BYTES:
                raise _too_large()
            copy.write(chunk)
        copy.seek(0)
        yield cast(BinaryIO, copy)


def _too_large() -> TableError:
    return TableError(1, f"is too large: at most {MAX_TABLE_BYTES >> 20} MiB; cut the table in two")


def encoding_of(file: BinaryIO) -> str:
    """Return the name of the encoding of a seekable file. Raises TableError if it has none."""
    head = file.read(4)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return _checked(file, name)
    if len(head) == 4 and b"\0" in head:
        if head[1] == head[3] == 0:
            return _checked(file, "utf-16-le")
        if head[0] == head[2] == 0:
            return _checked(file, "utf-16-be")
    line = _first_bad_line(file, "utf-8")
    if not line:
        return "utf-8"
    if not _first_bad_line(file, GB18030):
        return GB18030
    raise TableError(line, "is neither UTF-8 nor GBK: save the table as CSV UTF-8")


def _checked(file: BinaryIO, encoding: str) -> str:
    line = _first_bad_line(file, encoding)
    if line:
        name = "UTF-8" if encoding == "utf-8-sig" else encoding.upper()
        raise TableError(line, f"is not {name}, as the file begins: save the table as CSV UTF-8")
    return encoding


def _first_bad_line(file: BinaryIO, encoding: str) -> int:
    """Return the number of the first line that is not in the encoding, 0 if all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    line = 1
    while True:
        chunk = file.read(_CHUNK_BYTES)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(encoding, "ignore")
            return line + good.count("\n")
        if not chunk:
            return 0
        line += text.count("\n")


def lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield the lines of a seekable file, each with its end: LF, CR LF, or CR alone.

    Raises TableError for a line of more than MAX_LINE_CHARS, and for text behind a Ctrl-Z: a table
    that goes on there would otherwise be cut off without a word.
    """
    file.seek(0)
    text = TextIOWrapper(file, encoding, newline="")
    number = 0
    ended = False
    try:
        while line := text.readline(MAX_LINE_CHARS + 1):
            number += 1
            if len(line) > MAX_LINE_CHARS:
                raise TableError(number, f"is longer than {MAX_LINE_CHARS} characters")
            if ended or _END in line:
                line, _, rest = ("", "", line) if ended else line.partition(_END)
                ended = True
                if rest.strip(f"{_END}\r\n\t ,;"):
                    raise TableError(number, "has text behind a Ctrl-Z, which ends a table")
            if line:
                yield line
    finally:
        text.detach()
