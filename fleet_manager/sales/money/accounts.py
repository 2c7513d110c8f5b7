"""PURE. The one table of accounts: which kinds there are, and which side each stands on."""

from dataclasses import dataclass
from enum import StrEnum


class AccountKind(StrEnum):
    """What an account holds. Its value is the first part of an account's name."""

    DRAWER = "drawer"
    SAFE = "safe"
    CLEARING = "clearing"
    BANK = "bank"
    FEES = "fees"
    PETTY = "petty"
    DEPOSIT = "deposit"
    LIABILITY = "liability"
    REVENUE = "revenue"
    PAYABLE = "payable"
    BREAKAGE = "breakage"
    REFUNDS = "refunds"
    REFUND_FEES = "refund_fees"
    OVER_SHORT = "over_short"
    SUSPENSE = "suspense"


@dataclass(frozen=True, slots=True)
class AccountRule:
    """`owner`: whose account it is, '' where there is one for the park. `is_debit`: whether it
    grows by debits, as what the park has and spends does. `never_below`: it may not turn over."""

    owner: str
    is_debit: bool
    never_below: bool = False


RULES: dict[AccountKind, AccountRule] = {
    AccountKind.DRAWER: AccountRule("shift", is_debit=True, never_below=True),
    AccountKind.SAFE: AccountRule("station", is_debit=True),
    AccountKind.CLEARING: AccountRule("provider", is_debit=True),
    AccountKind.BANK: AccountRule("", is_debit=True),
    AccountKind.FEES: AccountRule("provider", is_debit=True),
    AccountKind.PETTY: AccountRule("station", is_debit=True),
    AccountKind.DEPOSIT: AccountRule("agency", is_debit=False),
    AccountKind.LIABILITY: AccountRule("", is_debit=False, never_below=True),
    AccountKind.REVENUE: AccountRule("product", is_debit=False),
    AccountKind.PAYABLE: AccountRule("merchant", is_debit=False),
    AccountKind.BREAKAGE: AccountRule("", is_debit=False),
    AccountKind.REFUNDS: AccountRule("", is_debit=False, never_below=True),
    AccountKind.REFUND_FEES: AccountRule("", is_debit=False),
    AccountKind.OVER_SHORT: AccountRule("", is_debit=False),
    AccountKind.SUSPENSE: AccountRule("", is_debit=False),
}
"""LIABILITY: paid for and not used yet. CLEARING: with a payment provider, before its bill.
REFUNDS: agreed to and not paid back yet. BREAKAGE: of tickets that nobody used. OVER_SHORT: what
was counted above (credit) or below (debit) what must have been in a drawer."""


def name_of(kind: AccountKind, owner: str = "") -> str:
    """Return an account's name: `drawer:north-1/7`, `liability`."""
    assert bool(owner) == bool(RULES[kind].owner), kind
    return f"{kind.value}:{owner}" if owner else kind.value


def parts_of(name: str) -> tuple[AccountKind, str]:
    """Return kind and owner of an account's name. Raises ValueError for none of ours."""
    kind, _, owner = name.partition(":")
    return AccountKind(kind), owner
