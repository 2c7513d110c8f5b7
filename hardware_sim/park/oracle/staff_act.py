"""PURE. Who works at the gates, by which code; what they asked for, and what they may."""

from dataclasses import dataclass

from gate_agent.validator.reasons import Reason

SUPERVISOR, STEWARD, REVOKED, GUESSED = "0014821", "0023917", "0035510", "0019999"
"""Codes: of two who work here, of one whose code was taken back, and one that somebody guesses."""
NAMES = {SUPERVISOR: "Li Na", STEWARD: "Wang Wei", REVOKED: "Zhao Lei"}


@dataclass(frozen=True, slots=True)
class StaffAct:
    """An override that was asked for. `code`: which was typed. `card`, `record`: of the refusal."""

    gate: str
    card: int
    lane: int
    record: int
    persons: int
    code: str

    @property
    def who(self) -> str:
        """Return whose code it was."""
        return NAMES.get(self.code, "")

    def may(self, reason: int) -> bool:
        """Return whether this person may override that reason: a supervisor each, a steward a
        number that was typed."""
        by_steward = self.code == STEWARD and reason == Reason.TYPED.value
        return self.code == SUPERVISOR or by_steward
