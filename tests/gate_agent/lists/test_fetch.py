"""The fetching of lists, as dialogues."""

from dataclasses import replace

import pytest

from gate_agent.lists import fetch
from gate_agent.lists.fetch import (
    FIRST_WAIT_MS,
    LONGEST_WAIT_MS,
    NEWEST,
    FetchEffect,
    FetchState,
    Result,
    SendMessage,
    StoreChunk,
)
from gate_agent.validator.lists.manifest import ListKind, Manifest
from gate_agent.validator.messages.envelopes import Chunk, ListRequest

BODY = bytes(range(40))
SNAPSHOT = Manifest(
    series="main",
    kind=ListKind.SERIALS,
    version=5,
    as_of_ms=0,
    base=0,
    first=0,
    count=0,
    body_bytes=len(BODY),
    body=bytes(32),
    result=bytes(32),
)
DELTA = replace(SNAPSHOT, base=4)
OTTER = replace(SNAPSHOT, series="otter", kind=ListKind.CODES, version=1)
ASKED = SendMessage(ListRequest("main", 5, 0, 0))


class Talk:
    """A gate's bodies, spoken to in order."""

    def __init__(self, *, linked: bool = True) -> None:
        self.state = FetchState()
        self.now_ms = 0
        if linked:
            self.link_up()

    def _took(self, result: Result) -> list[FetchEffect]:
        self.state, effects = result
        return list(effects)

    def link_up(self) -> list[FetchEffect]:
        return self._took(fetch.link_up(self.state, self.now_ms))

    def link_down(self) -> None:
        self.state = fetch.link_down(self.state)

    def offer(
        self, manifest: Manifest = SNAPSHOT, instead: int = 0, have: int = 0
    ) -> list[FetchEffect]:
        return self._took(
            fetch.offered(self.state, manifest, b"sealed", instead, have, self.now_ms)
        )

    def chunk(
        self, offset: int, data: bytes, series: str = "main", version: int = 5, base: int = 0
    ) -> list[FetchEffect]:
        chunk = Chunk(series=series, version=version, base=base, offset=offset, data=data)
        return self._took(fetch.chunk_arrived(self.state, chunk, self.now_ms))

    def later(self, ms: int) -> list[FetchEffect]:
        """Time passes; what is due at its end is done."""
        self.now_ms += ms
        return self._took(fetch.time_passed(self.state, self.now_ms))


def test_a_list_is_asked_for_piece_by_piece() -> None:
    talk = Talk()
    assert talk.offer() == [ASKED]
    assert talk.chunk(0, BODY[:30]) == [
        StoreChunk("main", 0, BODY[:30], whole=False),
        SendMessage(ListRequest("main", 5, 0, 30)),
    ]
    assert talk.chunk(30, BODY[30:]) == [StoreChunk("main", 30, BODY[30:], whole=True)]
    assert not talk.state.bodies


def test_series_are_fetched_side_by_side() -> None:
    talk = Talk()
    talk.offer()
    assert talk.offer(OTTER) == [SendMessage(ListRequest("otter", 1, 0, 0))]
    talk.chunk(0, BODY[:9], "otter", 1)
    assert talk.chunk(0, BODY) == [StoreChunk("main", 0, BODY, whole=True)]
    assert talk.state.bodies["otter"].got == 9


def test_the_same_offer_again_does_not_begin_again() -> None:
    talk = Talk()
    talk.offer()
    before = talk.state
    assert talk.offer() == []
    assert talk.offer(replace(SNAPSHOT, version=4)) == []
    assert talk.state == before


def test_a_newer_offer_takes_over_before_the_first_byte() -> None:
    talk = Talk()
    talk.offer()
    assert talk.offer(replace(SNAPSHOT, version=6)) == [SendMessage(ListRequest("main", 6, 0, 0))]
    assert talk.chunk(0, BODY) == []


def test_a_storm_of_newer_offers_does_not_stop_what_has_begun() -> None:
    talk = Talk()
    talk.offer()
    talk.chunk(0, BODY[:30])
    before = talk.state
    for version in range(6, 90):
        assert talk.offer(replace(SNAPSHOT, version=version)) == []
    assert talk.state == before


def test_a_body_that_is_gone_is_given_up_for_what_is_there() -> None:
    talk = Talk()
    talk.offer()
    talk.chunk(0, BODY[:30])
    newer = replace(SNAPSHOT, version=6)
    assert talk.offer(newer, instead=4) == []
    assert talk.offer(newer, instead=5) == [SendMessage(ListRequest("main", 6, 0, 0))]


@pytest.mark.parametrize("have", [0, 3, 5])
def test_wrong_base_a_delta_that_does_not_fit_is_not_fetched_another_is_asked_for(
    have: int,
) -> None:
    talk = Talk()
    asked = SendMessage(ListRequest("main", 5, have, 0))
    assert talk.offer(DELTA, have=have) == [asked]
    assert not talk.state.bodies
    for _ in range(9):
        assert talk.offer(DELTA, have=have) == []  # not more often than this
    talk.now_ms += FIRST_WAIT_MS
    assert talk.offer(DELTA, have=have) == [asked]
    talk.link_down()
    talk.now_ms += FIRST_WAIT_MS
    assert talk.offer(DELTA, have=have) == []


def test_a_delta_that_fits_is_fetched() -> None:
    talk = Talk()
    assert talk.offer(DELTA, have=4) == [SendMessage(ListRequest("main", 5, 4, 0))]
    assert talk.chunk(0, BODY, base=0) == []
    assert talk.chunk(0, BODY, base=4) == [StoreChunk("main", 0, BODY, whole=True)]


@pytest.mark.parametrize(
    ("offset", "data", "series", "version", "base"),
    [
        (10, b"\x0a", "other", 5, 0),
        (10, b"\x0a", "main", 4, 0),
        (10, b"\x0a", "main", 6, 0),
        (10, b"\x0a", "main", 5, 4),
        (9, b"\x09", "main", 5, 0),
        (11, b"\x0b", "main", 5, 0),
        (10, b"", "main", 5, 0),
        (10, bytes(31), "main", 5, 0),
    ],
    ids=["series", "older", "newer", "base", "again", "ahead", "empty", "endless data"],
)
def test_a_chunk_that_does_not_fit_changes_nothing(
    offset: int, data: bytes, series: str, version: int, base: int
) -> None:
    talk = Talk()
    talk.offer()
    talk.chunk(0, BODY[:10])
    before = talk.state
    assert talk.chunk(offset, data, series, version, base) == []
    assert talk.state == before


def test_a_chunk_nobody_asked_for_changes_nothing() -> None:
    talk = Talk()
    before = talk.state
    assert talk.chunk(0, BODY) == []
    assert talk.state == before


def test_an_offer_without_a_link_waits_for_it() -> None:
    talk = Talk(linked=False)
    assert talk.offer() == []
    assert talk.later(1_000_000) == []
    assert fetch.deadline_ms(talk.state) is None
    assert talk.link_up() == [ASKED]


@pytest.mark.parametrize("cut", range(len(BODY)))
def test_a_pull_survives_a_cut_at_any_byte(cut: int) -> None:
    talk = Talk()
    talk.offer()
    if cut:
        talk.chunk(0, BODY[:cut])
    talk.link_down()
    assert talk.link_up() == [SendMessage(ListRequest("main", 5, 0, cut))]
    assert talk.chunk(cut, BODY[cut:]) == [StoreChunk("main", cut, BODY[cut:], whole=True)]


@pytest.mark.parametrize("got", range(len(BODY) + 3))
def test_a_pull_survives_a_restart_at_any_byte(got: int) -> None:
    talk = Talk(linked=False)
    talk.state = fetch.resumed(talk.state, SNAPSHOT, b"sealed", got)
    at = min(got, len(BODY) - 1)
    assert talk.link_up() == [SendMessage(ListRequest("main", 5, 0, at))]
    assert talk.chunk(at, BODY[at:]) == [StoreChunk("main", at, BODY[at:], whole=True)]


def test_what_cannot_be_kept_is_given_up_until_the_next_offer() -> None:
    talk = Talk()
    talk.offer()
    talk.offer(OTTER)
    talk.state = fetch.given_up(talk.state, "main")
    assert set(talk.state.bodies) == {"otter"}
    assert talk.offer() == [ASKED]


def test_a_request_is_repeated_more_and_more_slowly() -> None:
    talk = Talk()
    talk.offer()
    waits = []
    for _ in range(7):
        due = fetch.deadline_ms(talk.state)
        assert due is not None
        waits.append(due - talk.now_ms)
        assert talk.later(waits[-1] - 1) == []
        assert talk.later(1) == [ASKED]
    assert waits == [2000, 4000, 8000, 16_000, 30_000, LONGEST_WAIT_MS, LONGEST_WAIT_MS]
    talk.chunk(0, BODY[:3])
    assert fetch.deadline_ms(talk.state) == talk.now_ms + FIRST_WAIT_MS


def test_a_change_that_fits_nothing_here_makes_it_ask_for_the_whole() -> None:
    talk = Talk()
    talk.offer(DELTA, have=4)
    whole = SendMessage(ListRequest("main", NEWEST, 0, 0))
    assert talk._took(fetch.spoilt(talk.state, DELTA, talk.now_ms)) == [whole]
    assert not talk.state.bodies
    assert talk.offer(instead=NEWEST, have=4) == [ASKED]


def test_it_does_not_ask_for_the_whole_all_the_time_nor_when_that_was_spoilt() -> None:
    talk = Talk()
    assert talk._took(fetch.spoilt(talk.state, SNAPSHOT, talk.now_ms)) == []
    assert len(talk._took(fetch.spoilt(talk.state, DELTA, talk.now_ms))) == 1
    assert talk._took(fetch.spoilt(talk.state, DELTA, talk.now_ms + FIRST_WAIT_MS - 1)) == []
    assert len(talk._took(fetch.spoilt(talk.state, DELTA, talk.now_ms + FIRST_WAIT_MS))) == 1
