"""The crowd: the same from the same seed, and its expectations follow from the rules."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.reasons import Reason
from hardware_sim.visitors import Behaviour, Code, Doorway, Habits, Label, Visit, VisitorKind, crowd

DOORS = [
    Doorway("east", 1),
    Doorway("west", 1),
    Doorway("west", 2),
    Doorway("handheld", 1, has_arm=False),
]
GOOD = {Label.SINGLE, Label.TEAM, Label.GROUP}


def _codes(labels: list[Label]) -> list[Code]:
    return [
        Code(label, b"SG1:%s %d" % (label.value.upper().encode(), i), 4 if label == "team" else 1)
        for i, label in enumerate(labels)
    ]


def _check(codes: list[Code], visits: list[Visit]) -> None:
    """Against a model in ten lines: who enters is what the tickets admit and nothing more."""
    left = {code.text: code.admits for code in codes if code.label in GOOD}
    where: dict[bytes, Doorway] = {}
    for visit in visits:
        expected = visit.expected
        if visit.kind is VisitorKind.FORCING:
            assert visit.door.has_arm
            assert (visit.code, visit.behaviour, expected.forced) == (None, Behaviour.FORCE, 1)
            continue
        assert visit.code is not None
        assert not {10, 13} & set(visit.code)
        if visit.kind not in (VisitorKind.TORN, VisitorKind.ALIEN):
            assert where.setdefault(visit.code, visit.door) == visit.door
        room = left.get(visit.code, 0)
        if expected.denied is None:
            assert expected.taken + expected.not_taken == room > 0
            assert expected.taken == visit.persons == expected.turns
            left[visit.code] = room - expected.taken
        else:
            assert room == 0
            assert expected.turns == 0
            assert (expected.denied is Reason.USED) == (visit.kind is VisitorKind.USED_COPY)


@given(
    st.integers(0, 2**32),
    st.lists(st.sampled_from(sorted(Label)), max_size=60),
    st.floats(0, 1),
)
def test_every_crowd_keeps_the_rules(seed: int, labels: list[Label], share: float) -> None:
    codes = _codes(labels)
    habits = Habits(
        wiggle=share,
        no_show=share,
        come_back=share,
        incomplete=share,
        copy=share,
        torn=share,
        alien=share,
        force=share,
    )
    visits = crowd(random.Random(seed), codes, DOORS, habits)
    _check(codes, visits)
    assert [visit.number for visit in visits] == list(range(1, len(visits) + 1))
    assert {code.text for code in codes} <= {visit.code for visit in visits}
    assert visits == crowd(random.Random(seed), codes, DOORS, habits)


def test_a_day_has_everything() -> None:
    codes = _codes([*sorted(Label), *[Label.SINGLE] * 200, *[Label.TEAM] * 30])
    visits = crowd(random.Random(4), codes, DOORS)
    kinds = Counter(visit.kind for visit in visits)
    assert set(kinds) == set(VisitorKind)
    assert {visit.behaviour for visit in visits} == set(Behaviour)
    assert {visit.door for visit in visits} == set(DOORS)
    assert Counter(visit.expected.denied for visit in visits).keys() == {
        None, Reason.EXPIRED, Reason.NOT_YET, Reason.VOID, Reason.WRONG_ZONE, Reason.FORGED,
        Reason.UNKNOWN_KEY, Reason.USED, Reason.TORN, Reason.ALIEN,
    }  # fmt: skip


def test_who_comes_back_enters_and_their_copy_does_not() -> None:
    habits = Habits(no_show=1.0, come_back=1.0, copy=1.0, torn=0, alien=0, force=0)
    visits = crowd(random.Random(6), _codes([Label.SINGLE]), DOORS[:1], habits)
    assert [(visit.kind, visit.expected.turns) for visit in visits] == [
        (VisitorKind.SINGLE, 0),
        (VisitorKind.RETURNING, 1),
        (VisitorKind.USED_COPY, 0),
    ]


def test_torn_codes_still_look_like_tickets() -> None:
    codes = _codes([Label.SINGLE] * 50)
    visits = crowd(random.Random(5), codes, DOORS, Habits(torn=1.0, alien=1.0))
    torn = [visit.code for visit in visits if visit.kind is VisitorKind.TORN]
    alien = [visit.code for visit in visits if visit.kind is VisitorKind.ALIEN]
    assert len(torn) == len(alien) == 50
    assert all(code is not None and code.startswith(b"SG1:") for code in torn)
    assert not any(code is None or code.startswith(b"SG1:") for code in alien)
