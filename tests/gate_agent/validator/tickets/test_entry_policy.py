"""The entry policies and their byte."""

import pytest

from gate_agent.validator.tickets.entry_policy import ONCE, POLICIES, EntryPolicy, EntryRule


def test_there_are_31() -> None:
    assert len(POLICIES) == 31
    assert len(set(POLICIES.values())) == 31


@pytest.mark.parametrize("byte", POLICIES)
def test_the_byte_names_the_policy(byte: int) -> None:
    policy = POLICIES[byte]
    assert policy.to_byte() == byte
    assert policy.rule == byte & 3
    assert policy.exit_required == bool(byte & 4)
    assert policy.entries == byte >> 4
    assert (policy.rule is EntryRule.COUNTED) == (policy.entries >= 2)
    assert policy.entries != 1


def test_the_default_is_once() -> None:
    assert EntryPolicy() == ONCE == POLICIES[0]
    assert not ONCE.exit_required
