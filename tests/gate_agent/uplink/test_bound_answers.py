"""Answers that somebody kept fit no question of another time."""

from pathlib import Path

from gate_agent.uplink.news import WRITE_EVERY_MS
from gate_agent.validator.messages.link_secret import code_of
from gate_agent.validator.messages.notes import ClaimReply, News, NewsRequest
from gate_agent.validator.reasons import Reason
from tests.gate_agent.uplink.test_station import Talk, claim


def test_an_answer_of_an_earlier_boot_makes_nobody_forget_what_was_heard(tmp_path: Path) -> None:
    """The broker kept the answer "you have nothing" and cuts the link until the same moment after
    a boot."""
    talk = Talk(tmp_path / "db")
    talk.station.link_up()
    (asked,) = talk.later(0)
    assert isinstance(asked, NewsRequest)
    kept = talk.answer(News(nonce=asked.nonce, after=0, upto=0, head=0, entries=()))
    talk.hear_bytes(*kept)
    talk.short(1)
    talk.later(WRITE_EVERY_MS)
    talk.db.close()
    again = Talk(tmp_path / "db", seed=2)
    again.station.link_up()
    again.station.tick()
    again.hear_bytes(*kept)
    assert (again.entered(), again.news.number) == (1, 1)
    assert again.health.counters["note refused"] == 1


def test_a_verdict_of_an_earlier_card_refuses_nobody() -> None:
    """On a new card numbers begin at 1 again."""
    talk = Talk().up()
    talk.station.send_claim(claim())
    kept = talk.answer(ClaimReply(257, 0, Reason.USED.value, False))
    assert talk.hear_bytes(*kept) is not None
    again = Talk(seed=2).up()
    again.station.send_claim(claim())
    assert again.hear_bytes(*kept) is None
    assert again.hear(ClaimReply(257, 1, 0, False)) is not None


def test_the_same_question_is_never_asked_twice() -> None:
    talk = Talk().up()
    codes = set()
    for _ in range(20):
        talk.station.send_claim(claim())
        codes.add(code_of(talk.link.sent.pop()[1]))
    assert len(codes) == 20
