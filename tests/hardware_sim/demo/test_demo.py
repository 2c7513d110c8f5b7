"""The demo from end to end with real processes, and its closing table's judgement."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.reasons import Reason
from hardware_sim.demo import walk
from hardware_sim.demo.evidence import of_gate
from hardware_sim.demo.tally import TallyLine, of_centre, of_journal, of_visitors
from hardware_sim.visitors import Behaviour, Doorway, Outcome, Visit
from hardware_sim.visitors import VisitorKind as Why


def test_a_small_park_from_opening_to_closing(tmp_path: Path) -> None:
    picture = tmp_path / "demo.svg"
    command = [sys.executable, "-m", "hardware_sim", "demo", "--visitors", "20"]
    command += ["--dir", str(tmp_path / "park"), "--picture", str(picture)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "everything agrees" in done.stdout
    assert "is cut" in done.stdout
    assert "killed (-9)" in done.stdout
    assert picture.read_text("utf-8").startswith("<svg")


def _row(kind: PassageKind, persons: int = 1, reason: int = 0) -> Passage:
    return Passage(
        seq=1,
        kind=kind,
        lane=1,
        direction=Direction.IN,
        wall_ms=0,
        mono_ms=0,
        boot=0,
        clock=ClockState.TRUSTED,
        persons=persons,
        reason=reason,
    )


def _line(**changes: Counter[str] | int | None) -> TallyLine:
    same = Counter({"taken": 3, "denied": 1, "used": 1})
    values = {"turns": 3, "unseen": 0, "expected": same, "journal": same, "centre": same}
    return TallyLine("north-1", **{**values, **changes})  # type: ignore[arg-type]


def test_a_line_that_agrees_has_no_quarrels() -> None:
    line = _line()
    assert line.quarrels() == []
    assert line.cell("taken") == "3"


def test_a_line_that_does_not_agree_says_where() -> None:
    line = _line(centre=Counter({"taken": 2, "denied": 1, "used": 1}))
    assert line.quarrels() == ["north-1: taken: visitors 3, journal 3, centre 2"]
    assert line.cell("taken") == "3/3/2"


def test_turns_that_no_journal_has_are_a_quarrel() -> None:
    assert "the arm turned 4 times, the journal has 3" in _line(turns=4).quarrels()[0]
    assert _line(turns=4, unseen=1).quarrels() == []
    assert _line(turns=None).quarrels() == []


def test_the_three_books_speak_of_the_same_things() -> None:
    rows = [
        _row(PassageKind.BOOT, 0),
        _row(PassageKind.GRANTED, 2),
        _row(PassageKind.TAKEN, 2),
        _row(PassageKind.NOT_TAKEN),
        _row(PassageKind.FORCED),
        _row(PassageKind.UNRESOLVED),
        _row(PassageKind.DENIED, 0, Reason.USED.value),
    ]
    totals = {
        "entries": 2,
        "not_taken": 1,
        "forced": 1,
        "free": 0,
        "unresolved": 1,
        "denied": 1,
        "denied_by_reason": {"used": 1},
    }
    seen = Counter({"taken": 2, "not_taken": 1, "forced": 1, "unresolved": 1, "used": 1})
    seen["unseen"] = 1
    assert of_journal(rows) == of_centre(totals) == of_visitors(seen)


def test_who_comes_while_the_lane_is_closed_shows_his_code_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(walk, "AWAY_S", 0.0)
    answers = [
        [_row(PassageKind.DENIED, reason=Reason.CLOSED)],
        [_row(PassageKind.GRANTED), _row(PassageKind.TAKEN)],
    ]
    rows: list[Passage] = []

    def present(_code: bytes) -> None:
        rows.extend(row._replace(seq=len(rows) + n) for n, row in enumerate(answers.pop(0), 1))

    gate: Any = SimpleNamespace(
        plan=SimpleNamespace(name="north-1"),
        arm=None,
        scene=None,
        scanner=SimpleNamespace(present=present),
        rows_after=lambda seq: [row for row in rows if row.seq > seq],
    )
    door = Doorway("north-1", 1, has_arm=False)
    visit = Visit(
        1, Why.SINGLE, door, b"SG1:", Behaviour.PASS, persons=1, expected=Outcome(taken=1)
    )
    walked = walk.Walk(gate, [visit], 1, lambda _text: None)
    walked.start()
    walked.join(30.0)
    assert (walked.problem, walked.done) == ("", 1)
    assert of_visitors(walked.expected) == of_journal(rows)


class Bench:
    """One visitor of two persons at a turnstile that opens for every grant but the first."""

    def __init__(self, opens: int) -> None:
        self.rows: list[Passage] = []
        self.opens = opens
        self.grants = 0
        self.arm = SimpleNamespace(
            state=SimpleNamespace(turns=0),
            wait=lambda _ready, _timeout_s: self._unlocked,
            push=lambda _push: self._add(PassageKind.TAKEN),
        )

    @property
    def _unlocked(self) -> bool:
        return 0 < self.opens <= self.grants

    def present(self, _code: bytes) -> None:
        self.grants += 1
        self._add(PassageKind.GRANTED, 2)
        if not self._unlocked:
            self._add(PassageKind.NOT_TAKEN, 2)

    def _add(self, kind: PassageKind, persons: int = 1) -> None:
        self.rows.append(_row(kind, persons)._replace(seq=len(self.rows) + 1))

    def walk(self) -> walk.Walk:
        gate: Any = SimpleNamespace(
            plan=SimpleNamespace(name="north-1"),
            arm=self.arm,
            scene=None,
            scanner=self,
            rows_after=lambda seq: [row for row in self.rows if row.seq > seq],
        )
        door = Doorway("north-1", 1)
        visit = Visit(
            7, Why.TEAM, door, b"SG1:", Behaviour.PASS, persons=2, expected=Outcome(taken=2)
        )
        walked = walk.Walk(gate, [visit], 1, lambda _text: None)
        walked.start()
        walked.join(30.0)
        return walked


def test_who_is_granted_and_finds_the_arm_shut_shows_his_code_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(walk, "AWAY_S", 0.0)
    bench = Bench(opens=2)
    walked = bench.walk()
    assert (walked.problem, walked.done) == ("", 1)
    assert of_visitors(walked.expected) == of_journal(bench.rows) == {"taken": 2, "not_taken": 2}


def test_an_arm_that_never_opens_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "AWAY_S", 0.0)
    walked = Bench(opens=0).walk()
    assert walked.problem == "visit 7 (team): the arm let nobody through, 3 grants long"


def test_a_visit_that_fails_is_explained_by_what_its_gate_says() -> None:
    gate: Any = SimpleNamespace(
        plan=SimpleNamespace(name="north-1"),
        status=lambda: {"faults": {"arm 1": "the relay guard does not answer"}},
        log_lines=lambda: ["lane 1 is closed: arm 1: the relay guard does not answer"],
        rows_after=lambda _seq: [_row(PassageKind.MODE, 0)._replace(detail="closed")],
    )
    assert of_gate(gate) == [
        "north-1 has a fault: arm 1: the relay guard does not answer",
        "north-1 says: lane 1 is closed: arm 1: the relay guard does not answer",
        "north-1 recorded: 1 mode, 0 persons closed",
    ]
