"""What the demo's visitors hold: tickets of every kind, and codes that only look like them."""

from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate_agent.validator.tickets.ticket import encode, parse, sign
from gate_agent.validator.trust.keys import key_id
from hardware_sim.demo.site import PARK, DemoSite
from hardware_sim.visitors import Code, Label


def stock(site: DemoSite, singles: int) -> list[Code]:
    """Return tickets of every kind from the centre, and codes that only look like tickets."""
    site.manage("product", "add", "day", "--name-zh", "一日票", "--name-en", "Day ticket")
    site.manage("product", "add", "cable-car", "--zone", "1", "--name-zh", "索道票")
    site.open_box_office()
    rows: list[tuple[Label, dict[str, Any], int]] = []

    def add(label: Label, admits: int, *arguments: str) -> list[int]:
        issued = site.issue("--product", "day", *arguments)
        rows.extend((label, row, admits) for row in issued)
        return [row["serial"] for row in issued]

    rows.extend((Label.SINGLE, row, 1) for row in site.sell(f"day={singles}"))
    teams = [admits for admits in (3, 5, 8) for _ in range(3)]
    sold = site.sell("--together", *(f"day={admits}" for admits in teams))
    rows.extend((Label.TEAM, row, admits) for row, admits in zip(sold, teams, strict=True))
    add(Label.GROUP, 1, "--count", str(max(10, singles // 8)), "--group")
    add(Label.EXPIRED, 1, "--count", "8", "--from", "2020-05-01")
    add(Label.NOT_YET, 1, "--count", "4", "--from", "2035-05-01")
    void = add(Label.VOID, 1, "--count", "8")
    cable = site.sell("cable-car=4")
    rows.extend((Label.WRONG_ZONE, row, 1) for row in cable)
    site.manage("ticket", "void", "--yes", *map(str, void))
    codes = [Code(label, row["code"].encode(), admits) for label, row, admits in rows]
    forger = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = forger.public_key().public_bytes_raw()
    for code in codes[:8]:
        signed = parse(code.text)
        other = bytes((signed.signature[0] ^ 1,)) + signed.signature[1:]
        codes.append(Code(Label.FORGED, encode(replace(signed, signature=other)).encode()))
        own = replace(signed.ticket, key_id=key_id(public))
        codes.append(Code(Label.UNKNOWN_KEY, sign(own, PARK, public, forger.sign).encode()))
    return codes
