"""Lists of codes as the centre sends them."""

from dataclasses import replace
from hashlib import sha256

from gate_agent.validator.lists.code_changes import pack_delta
from gate_agent.validator.lists.code_head import CodeHead, CodeKind, digest_of, pack_rest
from gate_agent.validator.lists.code_list import pack_table
from gate_agent.validator.lists.manifest import ListKind, Manifest, seal, signed_part
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.entry_policy import ONCE
from tests.gate_agent.samples import LIST_KEY, NOW_S, Key, SealedList, ticket

SALT = bytes(range(16))
DAY = CodeKind(
    product=7,
    not_before=ticket().not_before,
    expires_at=ticket().expires_at,
    admits=1,
    zones=1,
    entry_policy=ONCE,
)
TEAM = replace(DAY, admits=5)
YESTERDAY = replace(DAY, not_before=DAY.not_before - 86_400, expires_at=DAY.expires_at - 86_400)
HEAD = CodeHead(SALT, tagged=False, kinds=(DAY, TEAM, YESTERDAY))
TAGGED = replace(HEAD, tagged=True)

Codes = dict[bytes, tuple[TicketStatus, int]]


def records(codes: Codes, head: CodeHead = HEAD, tag: bytes | None = None) -> dict[bytes, bytes]:
    """Digests and what stands behind them."""
    return {
        digest_of(head.salt, code): pack_rest(head, int(status), kind, tag)
        for code, (status, kind) in codes.items()
    }


def valid(count: int, mark: str = "a") -> Codes:
    """Day tickets that are good."""
    return {
        b"%s%021x" % (mark.encode(), number): (TicketStatus.VALID, 0) for number in range(count)
    }


def code_list(
    version: int,
    codes: Codes,
    changes: Codes | None = None,
    *,
    base: int = 0,
    series: str = "otter",
    head: CodeHead = HEAD,
    tag: bytes | None = None,
    as_of_ms: int = NOW_S * 1000,
    signer: Key = LIST_KEY,
) -> SealedList:
    """The list of `codes`; with a `base`, as what changed since it."""
    listed = {code: of for code, of in codes.items() if of[0] is not TicketStatus.UNKNOWN}
    table = pack_table(head, records(listed, head, tag))
    body = table if not base else pack_delta(head, records(changes or {}, head, tag))
    manifest = Manifest(
        series=series,
        kind=ListKind.CODES,
        version=version,
        as_of_ms=as_of_ms,
        base=base,
        first=0,
        count=len(listed),
        body_bytes=len(body),
        body=sha256(body).digest(),
        result=sha256(table).digest(),
    )
    sealed = seal(manifest, signer.id, signer.private.sign(signed_part(manifest)))
    return SealedList(manifest, sealed, body, None)
