"""Deny reasons: exactly one for each refusal, with what the visitor and the technician read.

The codes are on the wire and in the centre's database for years: a code is never used again.
"""

from dataclasses import dataclass
from enum import IntEnum


class Reason(IntEnum):
    """Why a ticket, or another code, was refused."""

    ALIEN = 1
    TORN = 2
    UNKNOWN_KEY = 3
    FORGED = 4
    NO_LIST = 5
    LIST_TOO_OLD = 6
    UNLISTED = 7
    VOID = 8
    SUSPENDED = 9
    SUPERSEDED = 10
    EXPIRED = 11
    NOT_YET = 12
    WRONG_ZONE = 13
    USED = 14
    PASSING = 15
    INSIDE = 16
    PASSBACK = 17
    HOLDER_TIMEOUT = 18
    HOLDER_MISMATCH = 19
    CLOSED = 20
    BUSY = 21
    SHARES = 22
    TYPED = 23
    MISTYPED = 24

    @property
    def key(self) -> str:
        """Return the name that reports and texts use: `wrong_zone`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class ReasonText:
    """Two texts for the visitor, Chinese `zh` and English `en`, and a `hint` for the technician."""

    zh: str
    en: str
    hint: str


TEXTS: dict[Reason, ReasonText] = {
    Reason.ALIEN: ReasonText(
        "不是本景区门票", "Not a ticket of this park", "the code is not a ticket code at all"
    ),
    Reason.TORN: ReasonText(
        "请重新扫码", "Please scan again", "the code begins like a ticket but is damaged"
    ),
    Reason.UNKNOWN_KEY: ReasonText(
        "门票无法识别",
        "Ticket not recognised",
        "signed with a key this gate does not know: is its key ring up to date?",
    ),
    Reason.FORGED: ReasonText(
        "门票无效", "Ticket not valid", "the signature does not fit: somebody made this code"
    ),
    Reason.NO_LIST: ReasonText(
        "请联系工作人员",
        "Please ask our staff",
        "this gate has no ticket list yet: let it reach the centre once",
    ),
    Reason.LIST_TOO_OLD: ReasonText(
        "请联系工作人员",
        "Please ask our staff",
        "the ticket list is older than the policy allows: check the network",
    ),
    Reason.UNLISTED: ReasonText(
        "门票未登记", "Ticket not on the list", "well signed, but the list says it was not sold"
    ),
    Reason.VOID: ReasonText(
        "门票已退", "Ticket was cancelled", "refunded or cancelled at the centre"
    ),
    Reason.SUSPENDED: ReasonText(
        "门票已冻结", "Ticket is suspended", "suspended at the centre; staff may restore it"
    ),
    Reason.SUPERSEDED: ReasonText(
        "请使用补打的新票", "Please use the reprinted ticket", "a newer print of it exists"
    ),
    Reason.EXPIRED: ReasonText("门票已过期", "Ticket has expired", "its window has ended"),
    Reason.NOT_YET: ReasonText("未到入园时间", "Ticket not valid yet", "its window has not begun"),
    Reason.WRONG_ZONE: ReasonText(
        "请到其他入口", "Please use another entrance", "the ticket does not open this zone"
    ),
    Reason.USED: ReasonText("门票已使用", "Ticket already used", "no admission is left"),
    Reason.PASSING: ReasonText(
        "请通行", "Please walk through", "this ticket is being used right now"
    ),
    Reason.INSIDE: ReasonText(
        "该票已在园内", "Already inside", "must be scanned at an exit before it enters again"
    ),
    Reason.PASSBACK: ReasonText(
        "请稍后再试", "Please try again later", "entered a moment ago: anti-passback"
    ),
    Reason.HOLDER_TIMEOUT: ReasonText(
        "未核验证件", "ID was not checked", "no identity document was read in time"
    ),
    Reason.HOLDER_MISMATCH: ReasonText(
        "人票不符", "ID does not match the ticket", "the document is not the holder's"
    ),
    Reason.CLOSED: ReasonText("通道关闭", "This lane is closed", "the lane is in mode CLOSED"),
    Reason.BUSY: ReasonText(
        "请稍候", "One at a time, please", "another visitor's passage is still open"
    ),
    Reason.SHARES: ReasonText(
        "请到其他入口",
        "Please use another entrance",
        "the rest of this team ticket is kept for the other gates, which may be cut off",
    ),
    Reason.TYPED: ReasonText(
        "请工作人员核验",
        "Our staff will check this ticket",
        "its number was typed and is good, but its signature was not seen: staff may let it in",
    ),
    Reason.MISTYPED: ReasonText(
        "票号有误，请核对", "Wrong number, please compare", "the check digits do not fit the number"
    ),
}
