"""Attacks on updates, by the names of The Update Framework (TUF) and by document."""

import re
from copy import copy
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from gate_agent.validator.messages.trust_messages import KeysOffer
from tests.gate_agent.attacks.documents import (
    GOOD,
    NEXT,
    NUMBER,
    Document,
    Name,
    at_work,
    withdrawal,
)
from tests.gate_agent.attacks.held_back import HEALED, HELD_BACK, NAMES, NOT_THERE, in_force
from tests.gate_agent.attacks.on_key_sets import KEY_SETS
from tests.gate_agent.attacks.on_sealed import SEALED
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.lists.pulls import pull
from tests.gate_agent.samples import LIST_KEY, NOW_S, sealed_list
from tests.gate_agent.trust.key_sets import NEW_LIST

DOCS = Path(__file__).parents[3] / "docs"
REFUSED = SEALED | KEY_SETS
DURABLE = (Document.LIST, Document.RULES, Document.KEYS)


def spelt(name: Name) -> str:
    return "-".join(part for part in name if part)


def beliefs(gate: Gate) -> dict[Document, object]:
    return {document: copy(in_force(gate, document)) for document in Document}


@pytest.fixture
def working(make_gate: MakeGate) -> Gate:
    """A gate with version 5 of everything."""
    gate = make_gate().start(sealed_list(NUMBER))
    at_work(gate)
    assert gate.trust.keys_version == gate.trust.rules.version == NUMBER
    assert gate.lists.version() == NUMBER
    assert gate.trust.vouching.newest("main") == NUMBER
    assert gate.health.faults == {}
    return gate


@pytest.mark.parametrize("name", REFUSED, ids=spelt)
def test_what_is_in_force_stays_and_the_gate_says_why(
    working: Gate, make_gate: MakeGate, caplog: pytest.LogCaptureFixture, name: Name
) -> None:
    attack = REFUSED[name]
    attack.prepare(working)
    assert working.health.counters["message refused"] == 0
    before = beliefs(working)
    attack.act(working)
    assert beliefs(working) == before
    assert working.health.counters["message refused"] == 1
    said = [text for text in caplog.messages if text.startswith("message refused")]
    assert [attack.line in text for text in said] == [True], said
    assert "\n" not in said[0]
    again = make_gate().start()
    assert {of: in_force(again, of) for of in DURABLE} == {of: before[of] for of in DURABLE}


@pytest.mark.parametrize("document", GOOD, ids=str)
def test_what_the_attacks_differ_from_is_taken(working: Gate, document: Document) -> None:
    """Without this an attack could be refused for another reason than its name."""
    before = copy(in_force(working, document))
    if document is Document.LIST:
        pull(working, NEXT)
    else:
        working.hear(GOOD[document])
    assert working.health.counters["message refused"] == 0
    assert in_force(working, document) != before


@pytest.mark.parametrize("name", HELD_BACK, ids=spelt)
def test_what_is_kept_back_is_shown(working: Gate, name: Name) -> None:
    """Nothing older comes in force; the gate says that it is behind, or stops believing."""
    attack, document = HELD_BACK[name], name[1]
    before = copy(in_force(working, document))
    attack.act(working)
    assert in_force(working, document) == before
    assert working.health.counters["message refused"] == 0
    assert [*working.health.faults.values(), *working.denied()] == [attack.line]


@pytest.mark.parametrize("name", HEALED, ids=spelt)
def test_what_a_thief_has_pushed_to_its_end_is_healed_by_two_roots(
    working: Gate, name: Name
) -> None:
    pushed, honest = HEALED[name]
    document = name[1]
    pushed(working)
    assert working.health.counters["message refused"] == 0
    stuck = copy(in_force(working, document))
    honest(LIST_KEY)(working)
    assert working.health.counters["message refused"] == 1
    assert in_force(working, document) == stuck
    working.hear(KeysOffer(withdrawal()))
    assert working.clock.resets == [NOW_S * 1000]
    honest(NEW_LIST)(working)
    assert in_force(working, document) != stuck
    assert working.health.counters["message refused"] == 1


def test_every_attack_is_tried_on_every_document_or_says_why_not() -> None:
    tried = {(name, document) for name, document, _ in (*REFUSED, *HELD_BACK, *HEALED)}
    assert tried & NOT_THERE.keys() == set()
    assert tried | NOT_THERE.keys() == set(product(NAMES, Document))


@pytest.mark.parametrize(
    ("page", "refused", "shown", "healed"),
    [
        ("attacks.md", "refused", "shown", "ends with the key"),
        ("zh/attacks.md", "拒绝", "提示", "换钥后消除"),
    ],
)
def test_the_page_says_what_happens_in_every_cell(
    page: str, refused: str, shown: str, healed: str
) -> None:
    documents = [of for of in Document if of is not Document.RELEASE]
    words = {name[:2]: refused for name in REFUSED}
    words |= {name[:2]: shown for name in HELD_BACK} | {name[:2]: healed for name in HEALED}
    text = (DOCS / page).read_text("utf-8")
    rows = {
        row[0]: row[1].split(" | ")
        for row in re.findall(r"^\| `(.+?)` \| .+? \| (.+) \|$", text, re.M)
    }
    assert rows == {name: [words.get((name, of), "—") for of in documents] for name in NAMES}


def test_endless_data_behind_a_list_is_not_stored(working: Gate) -> None:
    """A body longer than its manifest says is dropped, piece by piece, without a line: the line
    would be the attacker's to repeat."""
    working.offer(NEXT)
    longer = replace(NEXT, body=NEXT.body + bytes(1000))
    working.send_chunk(longer, 0, len(longer.body))
    assert working.lists.version() == NUMBER
    assert not (working.folder / "lists" / "main.part").exists()
