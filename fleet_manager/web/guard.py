"""Who may reach an address: which host, from which page, with which right."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hmac import compare_digest

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import may, may_see
from fleet_manager.web.registry import WebAddress

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'self'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True, slots=True)
class Proxies:
    """Addresses of reverse proxies whose word about the browser's address counts."""

    trusted: Collection[str] = ()

    def client_of(self, peer: str, forwarded: str) -> str:
        """Return the browser's address: the rightmost of `X-Forwarded-For` that is no proxy of
        ours, and only if a proxy of ours says so."""
        if peer not in self.trusted:
            return peer
        for address in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
            if address not in self.trusted:
                return address[:45]
        return peer


def host_is_ours(host: str, ours: Collection[str]) -> bool:
    """Return whether the header `Host` names this console. `ours`: names and addresses."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return name.strip("[]").lower() in ours


def comes_from_us(headers: Mapping[str, str], origin: str) -> bool:
    """Return whether a page of ours, or the person, sent a form: by `Sec-Fetch-Site` where the
    browser says it, else by `Origin`; a program that says neither has no cookie of anybody."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    said = headers.get("origin")
    return said is None or said == origin


def carries_token(given: str, expected: str) -> bool:
    """Return whether a form carries the token of its session."""
    return compare_digest(given.encode(), expected.encode())


def admits(address: WebAddress, who: Actor) -> bool:
    """Return whether somebody who is signed in may reach an address."""
    if address.view is not None:
        return may_see(who, address.view)
    return not address.acts or any(may(who, act) for act in address.acts)


def safe_target(target: str) -> str:
    """Return where to go after signing in: a path of ours, `/` for anything else."""
    plain = target.isascii() and target.isprintable() and "\\" not in target
    return target if plain and target.startswith("/") and target[1:2] != "/" else "/"
