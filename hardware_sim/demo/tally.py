"""The closing table: what visitors did, what arms turned, what gates recorded, what the centre
counts. They agree, or the table says where they do not."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from gate_agent.validator.passage import Passage, PassageKind
from gate_agent.validator.reasons import Reason

COLUMNS = ("taken", "not_taken", "forced", "unresolved", "denied")


@dataclass(frozen=True, slots=True)
class TallyLine:
    """One gate. `turns`: of its arm, None without one; `unseen`: turns while it was dead."""

    gate: str
    expected: Counter[str]
    turns: int | None
    unseen: int
    journal: Counter[str]
    centre: Counter[str]

    def cell(self, name: str) -> str:
        """Return one number if visitors, journal and centre agree, else all three."""
        values = self.expected[name], self.journal[name], self.centre[name]
        return str(values[0]) if len(set(values)) == 1 else "/".join(map(str, values))

    def quarrels(self) -> list[str]:
        """Return one sentence for each figure in which the four do not agree."""
        quarrels = []
        for name in sorted(set(self.expected) | set(self.journal) | set(self.centre)):
            values = self.expected[name], self.journal[name], self.centre[name]
            if len(set(values)) > 1:
                quarrels.append(
                    f"{self.gate}: {name}: visitors {values[0]}, journal {values[1]}, "
                    f"centre {values[2]}"
                )
        if self.turns is not None:
            seen = self.journal["taken"] + self.journal["forced"] + self.journal["free"]
            if self.turns != seen + self.unseen:
                quarrels.append(
                    f"{self.gate}: the arm turned {self.turns} times, the journal has {seen}, "
                    f"{self.unseen} happened while the gate was dead"
                )
        return quarrels


def of_journal(rows: list[Passage]) -> Counter[str]:
    """Count what a gate recorded, by the names that the centre uses."""
    sums: Counter[str] = Counter()
    for row in rows:
        if row.kind is PassageKind.DENIED:
            sums["denied"] += 1
            sums[Reason(row.reason).key] += 1
        elif row.kind in (PassageKind.FORCED, PassageKind.FREE):
            sums[row.kind.key] += 1
        elif row.kind in (PassageKind.TAKEN, PassageKind.NOT_TAKEN, PassageKind.UNRESOLVED):
            sums[row.kind.key] += row.persons
    return +sums


def of_centre(totals: dict[str, Any]) -> Counter[str]:
    """Count one line of `fleet-manager counts --json` by the same names."""
    sums = Counter(
        {
            "taken": totals["entries"],
            "not_taken": totals["not_taken"],
            "forced": totals["forced"],
            "free": totals["free"],
            "unresolved": totals["unresolved"],
            "denied": totals["denied"],
        }
    )
    sums.update(totals["denied_by_reason"])
    return +sums


def of_visitors(expected: Counter[str]) -> Counter[str]:
    """Count what visitors were to meet with by the same names."""
    reasons = {reason.key for reason in Reason}
    sums = Counter({name: n for name, n in expected.items() if name != "unseen"})
    sums["denied"] = sum(n for name, n in sums.items() if name in reasons)
    return +sums
