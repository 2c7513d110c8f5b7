"""Staff at a simulated gate: they type codes, override refusals, type printed numbers, close and
free their gate; and some who may not try it too. They use the reader of the local page."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from gate_agent.config import staff_codes
from gate_agent.config.staff_codes import StaffLogin, StaffMember, StaffRole, person_of
from gate_agent.events import Event
from gate_agent.page.acts import read_act
from gate_agent.validator.errors import WireError
from gate_agent.validator.passage import PassageKind, decode
from gate_agent.validator.reasons import Reason
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.oracle.staff_act import (
    GUESSED,
    NAMES,
    REVOKED,
    STEWARD,
    SUPERVISOR,
    StaffAct,
)

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

_RIGHTS = {SUPERVISOR: StaffRole.SUPERVISOR, STEWARD: StaffRole.STEWARD}
TRIES = 5
"""So many wrong codes, and nobody may try for half a minute."""
LOCKED_MS = 30_000.0
MISCOUNTS = 0.3
"""Share of the overrides in which staff ask for more than there are."""
_OF_NUMBERS = (Reason.TYPED, Reason.MISTYPED)

_hash_once = lru_cache(staff_codes.hash_pin)


@contextmanager
def remembered_pins() -> Iterator[None]:
    """Let the slow hash of each PIN be made once in this process."""
    names = vars(staff_codes)
    real = names["hash_pin"]
    names["hash_pin"] = _hash_once
    try:
        yield
    finally:
        names["hash_pin"] = real


class GateStaff:
    """Types codes at one gate; what was asked for is noted in the park."""

    def __init__(self, park: "Park", gate: SimGate) -> None:
        self._park = park
        self._gate = gate
        self._rng = park.world.stream(f"staff {gate.name}")
        self._login = StaffLogin(_people(), lambda: park.world.now_ms / 1000)
        self._wrong = 0
        self._locked_until_ms = 0.0

    def override(self, lane: int, record: int, persons: int, reason: Reason) -> None:
        """Let so many in against a refusal, by one of the codes that people have, or would like to
        have."""
        codes = (SUPERVISOR, STEWARD, REVOKED, GUESSED)
        weights = (2, 8, 1, 1) if reason in _OF_NUMBERS else (8, 2, 1, 1)
        code = self._rng.choices(codes, weights)[0]
        if self._rng.random() < MISCOUNTS:
            persons += self._rng.randint(1, 3)
        act = StaffAct(self._gate.name, len(self._gate.cards) - 1, lane, record, persons, code)
        self._park.staff_acts[self._gate.name].append(act)
        due = act.may(reason.value) and self._is_due(lane) and not self._started_since(record)
        before = self._head()
        self._act(code, act="override", lane=lane, record=record, persons=persons, why="checked")
        if due and self._gate.alive and self._locked_until_ms <= self._park.world.now_ms:
            granted = self._head() > before or self._gate.agent is None
            if not granted and not self._gate.disk.fails:
                text = f"{self._gate.name}: {act.who} was not obeyed at record {record}"
                self._park.world.violated("staff", text)

    def type_number(self, lane: int, number: str) -> None:
        """Type a printed number."""
        self._act(None, act="typed", lane=lane, code=number)

    def set_mode(self, mode: str) -> None:
        """Close or free the gate, or give it back."""
        self._act(SUPERVISOR, act="mode", lane=1, mode=mode)

    def guess(self) -> None:
        """Try wrong codes until nobody may try."""
        for _ in range(TRIES):
            self._person(GUESSED)

    def _is_due(self, lane: int) -> bool:
        """Whether an act is obeyed at once: the gate runs, writes, and nobody is in the lane."""
        gate = self._gate
        if gate.agent is None or gate.disk.fails or gate.disk.cut_in is not None:
            return False
        if gate.queue.slow_ms or gate.queue.busy or gate.agent.outage.lasts:
            return False
        doing = {number: (mode, phase) for number, mode, phase in gate.agent.lanes()}
        mode, phase = doing[lane]
        return mode in ("controlled", "closed") and phase == "idle"

    def _started_since(self, record: int) -> bool:
        """Return whether the process has started since it made a record: it knows of no refusal
        from before."""
        rows = self._gate.disk.db.execute("SELECT record FROM passages WHERE seq > ?", (record,))
        return any(decode(row).kind is PassageKind.BOOT for (row,) in rows)

    def _head(self) -> int:
        return 0 if self._gate.journal is None else self._gate.journal.head

    def _act(self, staff_code: str | None, **fields: object) -> None:
        if staff_code is not None:
            fields["staff_code"] = staff_code
        try:
            act = read_act(json.dumps(fields).encode())
        except WireError as error:
            self._park.world.violated("staff", f"the page does not take {fields}: {error}")
            return
        event: Event = act.event
        if act.staff_code is not None:
            person = self._person(act.staff_code)
            if person is None:
                return
            event = act.by(person.name, supervisor=person.right is StaffRole.SUPERVISOR)
        self._park.world.note("staff", self._gate.name, type(event).__name__)
        self._gate.deliver(event)

    def _person(self, code: str) -> StaffMember | None:
        """Return whose code it is, and check that it is who works here, or nobody; and nobody while
        wrong codes were tried."""
        now_ms = self._park.world.now_ms
        locked = now_ms < self._locked_until_ms
        person = self._login.person(code)
        right = code in _RIGHTS and not locked
        if (person is not None) != right or (person and person.name != NAMES[code]):
            self._park.world.violated("staff", f"{self._gate.name}: code {code} is {person}")
        if not locked:
            self._wrong = 0 if right else self._wrong + 1
            if self._wrong >= TRIES:
                self._locked_until_ms = now_ms + LOCKED_MS * 2 ** (self._wrong - TRIES)
        return person


@lru_cache
def _everybody() -> dict[int, StaffMember]:
    return {
        int(code[:3]): person_of(int(code[:3]), NAMES[code], right, code[3:], bytes(16))
        for code, right in _RIGHTS.items()
    }


def _people() -> dict[int, StaffMember]:
    """Return those who work here; the code of who does no more was taken back."""
    return dict(_everybody())


def send_staff(park: "Park", start_ms: float, end_ms: float) -> None:
    """Put staff at every gate; let them close or free it now and then, and somebody try codes."""
    rng = park.world.stream("staff")
    staff_of = {gate.name: GateStaff(park, gate) for gate in park.gates}
    for lane in park.lanes:
        lane.staff = staff_of[lane.gate.name]
    for staff in staff_of.values():
        at_ms = rng.uniform(start_ms, end_ms)
        park.world.at(at_ms, partial(staff.set_mode, rng.choice(("closed", "free"))))
        back_ms = at_ms + rng.uniform(5000.0, 40_000.0)
        park.world.at(back_ms, partial(staff.set_mode, "controlled"))
    guessed = rng.choice(list(staff_of.values()))
    park.world.at(rng.uniform(start_ms, end_ms), guessed.guess)
