"""The entry policy: how often one admission lets its person in, as one byte of the ticket."""

from dataclasses import dataclass
from enum import IntEnum


class EntryRule(IntEnum):
    """How often one admission lets its person in."""

    ONCE = 0
    COUNTED = 1
    DAILY = 2


@dataclass(frozen=True, slots=True)
class EntryPolicy:
    """How often one admission lets its person in. `entries`: per admission (COUNTED: 2 to 15, else
    0). `exit_required`: an exit must come before the next entry."""

    rule: EntryRule = EntryRule.ONCE
    entries: int = 0
    exit_required: bool = False

    def to_byte(self) -> int:
        """Return the policy as a byte: low two bits the rule, bit 2 exit required, high four bits
        the entries."""
        return self.rule | self.exit_required << 2 | self.entries << 4


def _policies() -> dict[int, EntryPolicy]:
    """Return every policy by its byte."""
    policies = [EntryPolicy()]
    for exit_required in (False, True):
        policies.append(EntryPolicy(EntryRule.DAILY, 0, exit_required))
        policies += [EntryPolicy(EntryRule.COUNTED, n, exit_required) for n in range(2, 16)]
    return {policy.to_byte(): policy for policy in policies}


POLICIES = _policies()
"""Every policy there is, by its byte."""

ONCE = POLICIES[0]
