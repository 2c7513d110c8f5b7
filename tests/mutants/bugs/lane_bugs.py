"""Bugs of the lane, of the actor that performs it, and of its arm."""

from tests.mutants.mutant import Kind, Mutant, Sees

AGENT = "gate_agent/actor/agent.py"
ACTIONS = "gate_agent/lane/movement.py"
CONTACTS = "gate_agent/drivers/arms/passage_sensor.py"
ENTRY = "gate_agent/lane/entry.py"
OUTAGE = "gate_agent/actor/outage.py"

LANE_BUGS = (
    Mutant(
        "the arm is released before the commit",
        Kind.DURABLE,
        Sees.RECORD,
        AGENT,
        "        if step.rows:\n            try:\n                self._journal.commit(step.rows)",
        "        for effect in step.effects:\n            self._perform(unit, effect)\n"
        "        if step.rows:\n            try:\n                self._journal.commit(step.rows)",
    ),
    Mutant(
        "the timer of a team is stale",
        Kind.STALE,
        Sees.PERSON,
        ACTIONS,
        "    until = context.now.mono_ms + TURN_MS + lane.release_ms\n"
        "    grant = replace(grant, left=grant.left - 1, until_ms=until)",
        "    until = grant.until_ms\n"
        "    grant = replace(grant, left=grant.left - 1, until_ms=until)",
    ),
    Mutant(
        "off by one in N of M",
        Kind.BOUND,
        Sees.PERSON,
        ACTIONS,
        "    if grant.left == 1:\n",
        "    if grant.left <= 2:\n",
    ),
    Mutant(
        "one passage uses two admissions",
        Kind.SUM,
        Sees.PERSON,
        ACTIONS,
        "    taken = grant_row(lane, grant, context, PassageKind.TAKEN, 1)",
        "    taken = grant_row(lane, grant, context, PassageKind.TAKEN, min(2, grant.left))",
    ),
    Mutant(
        "a grant is cut short by half",
        Kind.BOUND,
        Sees.PERSON,
        ENTRY,
        "        until_ms=context.now.mono_ms + lane.release_ms,\n",
        "        until_ms=context.now.mono_ms + lane.release_ms // 2,\n",
    ),
    Mutant(
        "an arm in mid-turn gets no time",
        Kind.CHECK,
        Sees.PERSON,
        ACTIONS,
        "    if not state.moving:\n"
        "        return _close(lane, state, context, PassageKind.NOT_TAKEN)",
        "    if True:\n        return _close(lane, state, context, PassageKind.NOT_TAKEN)",
        seeds=30,
    ),
    Mutant(
        "a busy lane judges the next code",
        Kind.ORDER,
        Sees.PERSON,
        ACTIONS,
        "    again = replace(go(grant), sign=Sign.PLEASE_PASS)\n    if grant.chosen is not None",
        "    from gate_agent.lane.entry import act_on_decision\n\n"
        "    return act_on_decision(lane, state, event, context)\n"
        "    again = replace(go(grant), sign=Sign.PLEASE_PASS)\n    if grant.chosen is not None",
    ),
    Mutant(
        "a power cut at the turnstile is a visitor",
        Kind.CHECK,
        Sees.COUNT,
        CONTACTS,
        "        if not self._dark and not move.closed and self._power_failed(move):",
        "        if False and not move.closed and self._power_failed(move):",
    ),
    Mutant(
        "a forced turn is not recorded",
        Kind.SUM,
        Sees.RECORD,
        ACTIONS,
        "    return Step(replace(state, moving=False), (row,), (Show(Sign.ALARM),))",
        "    return Step(replace(state, moving=False), (), (Show(Sign.ALARM),))",
    ),
    Mutant(
        "a turn in free mode is not recorded",
        Kind.SUM,
        Sees.COUNT,
        ACTIONS,
        "    rest = _rest(lane, state, context)\n"
        "    return Step(rest.state, (row,), rest.effects)\n\n\n"
        "def ready_again",
        "    rest = _rest(lane, state, context)\n"
        "    return Step(rest.state, (), rest.effects)\n\n\n"
        "def ready_again",
        seeds=60,
    ),
    Mutant(
        "who set out in free mode counts as an intruder",
        Kind.STALE,
        Sees.RECORD,
        ACTIONS,
        "    if context.now.mono_ms < state.free_until_ms:\n",
        "    if False:\n",
        seeds=300,
    ),
    Mutant(
        "a handheld records one person for a team",
        Kind.SUM,
        Sees.COUNT,
        ENTRY,
        "        taken = grant_row(lane, grant, after, PassageKind.TAKEN, grant.left)",
        "        taken = grant_row(lane, grant, after, PassageKind.TAKEN, 1)",
    ),
    Mutant(
        "a mode change ends an open grant",
        Kind.ORDER,
        Sees.PERSON,
        ACTIONS,
        "    return Step(replace(state, mode=event.mode), (row,))",
        "    after = replace(context, seq=context.seq + 1)\n"
        "    closed = _close(lane, replace(state, mode=event.mode), after, PassageKind.NOT_TAKEN)\n"
        "    return Step(closed.state, (row, *closed.rows), closed.effects)",
        seeds=200,
    ),
    Mutant(
        "an open grant is forgotten at a restart",
        Kind.DURABLE,
        Sees.RECORD,
        "gate_agent/lane/boot.py",
        "    for grant, persons in open_grants:",
        "    for grant, persons in open_grants[:0]:",
    ),
    Mutant(
        "turns are forgotten while the disk is full",
        Kind.DURABLE,
        Sees.COUNT,
        "gate_agent/actor/outage.py",
        "        if len(self._late) < MAX_LATE:",
        "        if len(self._late) < 0:",
        seeds=60,
    ),
    Mutant(
        "the arm is released although nothing could be recorded",
        Kind.DURABLE,
        Sees.RECORD,
        AGENT,
        "                self._out_of_order(error)\n"
        "                return False\n"
        "        unit.state",
        "                self._out_of_order(error)\n        unit.state",
    ),
    Mutant(
        "the lane takes every answer for a yes",
        Kind.CHECK,
        Sees.PERSON,
        ENTRY,
        "    if event.persons:\n",
        "    if True:\n",
        seeds=40,
    ),
    Mutant(
        "what an arm did is dated when its turn in the queue comes",
        Kind.EVIDENCE,
        Sees.RECORD,
        AGENT,
        "                self._lane(self._units[n], event, waited_ms)\n",
        "                self._lane(self._units[n], event)\n",
        seeds=30,
    ),
    Mutant(
        "a slow write is taken off a visitor's time",
        Kind.ORDER,
        Sees.PERSON,
        AGENT,
        "        unit.state = postponed(unit.state, before, late_ms)\n",
        "",
        seeds=60,
    ),
    Mutant(
        "who waits for the centre's word is not judged by a new list",
        Kind.WAITING,
        Sees.PERSON,
        AGENT,
        "            if (decision := unit.judged_again()) is not None:\n"
        "                self._lane(unit, JudgedAgain(decision))\n",
        "            unit.judged_again()\n",
        seeds=40,
    ),
    Mutant(
        "the probe of a full disk writes nothing",
        Kind.DURABLE,
        Sees.PERSON,
        OUTAGE,
        "        self._journal.probe()\n",
        "        self._journal.commit(())\n",
    ),
)
