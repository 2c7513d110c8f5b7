"""One lane of the demo: its visitors come one after another and do what visitors do."""

import random
import time
from collections import Counter
from collections.abc import Callable
from threading import Condition, Thread

from gate_agent.validator.passage import Passage, PassageKind
from gate_agent.validator.reasons import Reason
from hardware_sim.demo.site import DemoGate
from hardware_sim.devices.phone import easy_look, empty_scene, picture
from hardware_sim.devices.turnstile_state import Push
from hardware_sim.visitors import Behaviour, Visit

AGAIN_S = 10.0
"""A code is shown again after this: only if its reader was away, for then no record ever comes."""

LONGEST_S = 120.0
AWAY_S = 1.8
LOOK_S = 0.02
PACE_S = 0.25
"""Between two visitors: a reader takes more than five codes a second for noise."""

TRIES = 3
"""So often a visitor shows a code for which the arm does not open."""


class Walk:
    """Lets visits happen at one gate, in a thread. `tell` hears what each one came to.

    `outcomes` counts what the visitors' own eyes saw; `expected` what should have come of it.
    """

    def __init__(
        self, gate: DemoGate, visits: list[Visit], seed: int, tell: Callable[[str], None]
    ) -> None:
        self.gate = gate
        self.done = 0
        self.expected: Counter[str] = Counter()
        self.problem = ""
        self.before: dict[int, Callable[[], None]] = {}
        self.granted: dict[int, Callable[[], None]] = {}
        self._visits = list(visits)
        self._rng = random.Random(f"{seed}/{gate.plan.name}/walk")
        self._tell = tell
        self._seq = 0
        self._changed = Condition()
        self._shown_s = 0.0
        self._thread = Thread(target=self._run, name=f"visitors of {gate.plan.name}", daemon=True)

    @property
    def visits(self) -> list[Visit]:
        """Everybody who comes, in order."""
        return list(self._visits)

    @property
    def total(self) -> int:
        """How many visits there are, walk-ups included."""
        return len(self._visits)

    def add(self, visits: list[Visit]) -> None:
        """Append visitors, who come next."""
        with self._changed:
            self._visits[self.done + 1 : self.done + 1] = visits

    def start(self) -> None:
        """Let the first visitor come."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait a while for the last visitor."""
        self._thread.join(timeout_s)

    @property
    def finished(self) -> bool:
        """Whether everybody has come."""
        return not self._thread.is_alive()

    def _run(self) -> None:
        rows = self.gate.rows_after(0)
        self._seq = rows[-1].seq if rows else 0
        while self.done < len(self._visits):
            visit = self._visits[self.done]
            self.before.pop(self.done, lambda: None)()
            try:
                self._visit(visit)
            except TimeoutError as error:
                self.problem = f"visit {visit.number} ({visit.kind.value}): {error}"
                return
            self.done += 1

    def _visit(self, visit: Visit) -> None:
        expected = visit.expected
        self.expected["taken"] += expected.taken
        self.expected["not_taken"] += expected.not_taken
        self.expected["forced"] += expected.forced
        if expected.denied is not None:
            self.expected[expected.denied.key] += 1
        if visit.code is None:
            assert self.gate.arm is not None
            self.gate.arm.push(Push(force=True))
            self._wait_for((PassageKind.FORCED,))
            self._tell(f"{visit.kind.value}: broke through 强行通过")
            return
        first = self._present(visit.code)
        if first.kind is PassageKind.DENIED:
            self._tell(f"{visit.kind.value}: refused, {Reason(first.reason).key}")
        elif self.gate.arm is None:
            self._wait_for((PassageKind.TAKEN,))
            self._tell(f"{visit.kind.value}: {first.persons} let in by staff 工作人员放行")
        else:
            self._walk_through(visit, first)

    def _present(self, code: bytes) -> Passage:
        """Show a code until an open gate has recorded an answer."""
        end = time.monotonic() + LONGEST_S
        while time.monotonic() < end:
            self._show(code)
            row = self._next_row((PassageKind.GRANTED, PassageKind.DENIED), AGAIN_S)
            self._hide()
            if row is not None and row.reason != Reason.CLOSED:
                return row
            if row is not None:
                # A gate that starts again while its arm is not home opens a moment later.
                self.expected[Reason.CLOSED.key] += 1
            # A reader takes the same code for a new presentation only after a while without it.
            time.sleep(AWAY_S)
        raise TimeoutError("nobody answered")

    def _show(self, code: bytes) -> None:
        time.sleep(max(0.0, self._shown_s + PACE_S - time.monotonic()))
        self._shown_s = time.monotonic()
        if self.gate.scanner is not None:
            self.gate.scanner.present(code)
        elif self.gate.scene is not None:
            self.gate.scene.show(picture(code, easy_look(self._rng), self._rng))

    def _hide(self) -> None:
        if self.gate.scene is not None:
            self.gate.scene.show(empty_scene(easy_look(self._rng), self._rng))
            self.gate.scene.wait_sent(AGAIN_S)

    def _walk_through(self, visit: Visit, granted: Passage) -> None:
        killed = self.granted.pop(self.done, None)
        walked, left, tries = 0, granted.persons, 1
        while walked < visit.persons:
            if self._open():
                if killed is not None:
                    self._pass_the_dead(visit, killed)
                    return
                self._push(visit)
                ended = self._wait_for((PassageKind.TAKEN, PassageKind.NOT_TAKEN))
                if ended.kind is PassageKind.TAKEN:
                    walked, left = walked + 1, left - 1
                    continue
            # Nobody could pass, or was too slow: the grant went back, and the code is shown again.
            self.expected["not_taken"] += left
            if tries == TRIES:
                raise TimeoutError(f"the arm let nobody through, {tries} grants long")
            assert visit.code is not None
            granted, tries = self._present(visit.code), tries + 1
            if granted.kind is PassageKind.DENIED:
                raise TimeoutError(f"refused, {Reason(granted.reason).key}, after a grant")
            left = granted.persons
        if left:
            self._wait_for((PassageKind.NOT_TAKEN,))
            self._tell(f"{visit.kind.value}: {left} did not come 未通过")
        else:
            self._tell(f"{visit.kind.value}: {visit.persons} in 已入园")

    def _open(self) -> bool:
        """Wait for the arm to open; False if the gate takes its grant back before it does."""
        arm = self.gate.arm
        assert arm is not None
        end = time.monotonic() + LONGEST_S
        while not arm.wait(lambda state: state.unlocked and not state.legs, LOOK_S):
            if self._look((PassageKind.NOT_TAKEN,)) is not None:
                return False
            if time.monotonic() > end:
                raise TimeoutError("the arm did not open")
        return True

    def _push(self, visit: Visit) -> None:
        assert self.gate.arm is not None
        wiggle_deg = 20.0 if visit.behaviour is Behaviour.WIGGLE else 0.0
        self.gate.arm.push(Push(wiggle_deg=wiggle_deg))

    def _pass_the_dead(self, visit: Visit, killed: Callable[[], None]) -> None:
        """Walk through a gate that is killed at this moment: nobody sees it."""
        arm = self.gate.arm
        assert arm is not None
        turns = arm.state.turns
        killed()
        self._push(visit)
        if not arm.wait(lambda state: state.turns > turns, LONGEST_S):
            raise TimeoutError("the arm did not turn")
        self.expected["taken"] -= 1
        self.expected["unresolved"] += 1
        self.expected["unseen"] += 1
        self._wait_for((PassageKind.UNRESOLVED,))
        self._tell("walked through a gate that had just been killed")

    def _wait_for(self, kinds: tuple[PassageKind, ...]) -> Passage:
        """Return the next record of one of `kinds`. Raises TimeoutError."""
        row = self._next_row(kinds, LONGEST_S)
        if row is None:
            names = " or ".join(kind.key for kind in kinds)
            raise TimeoutError(f"no {names} record appeared")
        return row

    def _next_row(self, kinds: tuple[PassageKind, ...], timeout_s: float) -> Passage | None:
        """Return the next record of one of `kinds`, and pass over others in between; None after the
        time-out."""
        end = time.monotonic() + timeout_s
        while (row := self._look(kinds)) is None and time.monotonic() < end:
            time.sleep(LOOK_S)
        return row

    def _look(self, kinds: tuple[PassageKind, ...]) -> Passage | None:
        for row in self.gate.rows_after(self._seq):
            self._seq = row.seq
            if row.kind in kinds:
                return row
        return None
