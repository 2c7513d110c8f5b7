"""What may be given as the host of a broker: a name or an address alone."""

import ipaddress
import re

ALLOWED = (
    "a host name or an address alone, such as centre.example, 192.168.1.10 or fd00::10: "
    "no scheme, port, brackets or blanks"
)
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_MAX_CHARS = 253


def is_host(text: str) -> bool:
    """Return whether a certificate can hold this host and a program can look it up.

    A name follows RFC 1123, with `_` besides; one whose last part is a number would be read as an
    address. An address is IPv4 in four parts or IPv6 without a zone.
    """
    try:
        ipaddress.ip_address(text)
    except ValueError:
        pass
    else:
        return "%" not in text
    labels = text.removesuffix(".").split(".")
    return (
        len(text) <= _MAX_CHARS
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def mistake(text: str) -> str:
    """Return what is wrong with a host that `is_host` refuses, as something to do; '' if that
    cannot be told."""
    if "://" in text:
        return f"leave {text.partition('://')[0]}:// out"
    if text != text.strip() or any(char.isspace() for char in text):
        return "leave the blanks out"
    if text.startswith("["):
        return "write an IPv6 address without [ ]"
    if re.search(r":\d+$", text) and text.count(":") == 1:
        return "leave the port out: it has a setting of its own"
    if "/" in text:
        return "leave the path out"
    if not text.isascii():
        return "write the name as DNS has it (xn--…)"
    return ""
