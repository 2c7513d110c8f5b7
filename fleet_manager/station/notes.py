"""Notes of gates: claims are answered, news passed on. Bytes in, bytes out, without a network.

What is answered here is sent when the transaction is committed, like every answer.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from fleet_manager.keys.vault import Vault
from fleet_manager.park_time import Calendar
from fleet_manager.station import claims, news
from fleet_manager.station.news import Written
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.notes import (
    Claim,
    NewsRequest,
    Note,
    note_topic,
    read_note,
    read_note_topic,
    write_note,
)
from gate_agent.validator.messages.short_news import SHORT_END, ShortNews, write_short
from gate_agent.validator.trust.keys import PublicKey

HOUSEKEEPING_MS = 10_000
Packet = tuple[str, bytes]


class NoteHandler:
    """Between the gates of one park. Used by one thread."""

    def __init__(self, vault: Vault, park: str, calendar: Calendar) -> None:
        self._vault = vault
        self._park = park
        self._calendar = calendar
        self._keys: dict[str, PublicKey] = {}
        self._secrets: dict[str, bytes] = {}
        self._gates: dict[str, list[str]] = {}
        self._told: dict[str, int] = {}
        self._kept_house_ms = 0

    def learn(self, keys: dict[str, PublicKey]) -> None:
        """Of gates that are new, or have another key."""
        if keys != self._keys:
            self._keys = keys
            self._secrets = {
                gate: self._vault.link_secret(gate, key.public) for gate, key in keys.items()
            }

    def is_housekeeping_due(self, now_ms: int) -> bool:
        """Return whether what is over should be forgotten: every HOUSEKEEPING_MS."""
        return not 0 <= now_ms - self._kept_house_ms < HOUSEKEEPING_MS

    def keep_house(self, connection: Connection, now_ms: int) -> None:
        """Forget claims that have expired and news that are old."""
        self._kept_house_ms = now_ms
        claims.forget_expired(connection, now_ms)
        news.forget_old(connection, now_ms)

    def missed(self, connection: Connection) -> list[Packet]:
        """Several times a second: what another process has written, as what staff forgave at the
        centre."""
        self._gates = news.gates_by_station(connection)
        packets: list[Packet] = []
        for station, head in news.heads(connection).items():
            told = self._told.setdefault(station, head)
            if told < head:
                for gate in self._gates.get(station, ()):
                    missed = news.since(connection, gate, NewsRequest(1, told))
                    packets.append(self._note(gate, replace(missed, nonce=0)))
                self._told[station] = head
        return packets

    def take(self, connection: Connection, topic: str, payload: bytes, now_ms: int) -> list[Packet]:
        """Answer a note of a gate that `refresh` knows. Raises WireError for one that is not what
        that gate would write."""
        park, gate, _end = read_note_topic(topic)
        if park != self._park:
            raise WireError("a note of another park")
        note = read_note(topic, payload, self._secret(gate))
        answer: Note | None = None
        if isinstance(note, Claim):
            day = self._calendar.day(now_ms)
            answer = claims.judge(connection, gate, len(self._secrets), note, day, now_ms)
        elif isinstance(note, NewsRequest):
            answer = news.since(connection, gate, note)
        else:
            raise WireError("a note that only the centre writes")
        return [] if answer is None else [self._note(gate, answer)]

    def tell(self, written: Sequence[Written], now_ms: int) -> list[Packet]:
        """Pass on what was numbered, to the gates of each station. After the commit."""
        packets: list[Packet] = []
        for one in written:
            self._told[one.station] = one.after + len(one.items)
            gates = self._gates.get(one.station, [])
            if len(gates) < 2:
                continue  # it would tell a gate of itself
            for gate, what in news.tell(one, gates, now_ms):
                packets.append(
                    self._short(gate, what)
                    if isinstance(what, ShortNews)
                    else self._note(gate, what)
                )
        return packets

    def _secret(self, gate: str) -> bytes:
        secret = self._secrets.get(gate)
        if secret is None:
            raise WireError("a note of a gate that is not enrolled")
        return secret

    def _note(self, gate: str, note: Note) -> Packet:
        topic = note_topic(self._park, gate, note.topic_end)
        return topic, write_note(topic, note, self._secret(gate))

    def _short(self, gate: str, what: ShortNews) -> Packet:
        topic = note_topic(self._park, gate, SHORT_END)
        return topic, write_short(topic, what, self._secret(gate))
