"""Handle notes of gates: reply to claims and news requests, send news. No network.

Like every answer, a reply may be sent only when the transaction is committed.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from fleet_manager.keys.vault import Vault
from fleet_manager.park_time import Calendar
from fleet_manager.station import claims, news
from fleet_manager.station.news import NumberedNews
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.link_secret import code_of
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
REMEMBERED_CLAIMS = 64
"""Of each gate, so that none of them is answered twice. Of older ones the records have arrived."""
Packet = tuple[str, bytes]
"""Topic and payload."""


class NoteHandler:
    """Handles the notes of one park. Used by one thread."""

    def __init__(self, vault: Vault, park: str, calendar: Calendar) -> None:
        self._vault = vault
        self._park = park
        self._calendar = calendar
        self._keys: dict[str, PublicKey] = {}
        self._secrets: dict[str, bytes] = {}
        self._gates: dict[str, list[str]] = {}
        self._sent: dict[str, int] = {}
        self._claimed: dict[str, deque[bytes]] = {}
        self._housekeeping_ms = 0

    def update_keys(self, keys: dict[str, PublicKey]) -> None:
        """Set the enrolled gates and their keys in force."""
        if keys != self._keys:
            self._keys = keys
            self._secrets = {
                gate: self._vault.link_secret(gate, key.public) for gate, key in keys.items()
            }

    def is_housekeeping_due(self, now_ms: int) -> bool:
        """Return whether HOUSEKEEPING_MS have passed since the last `delete_expired`."""
        return not 0 <= now_ms - self._housekeeping_ms < HOUSEKEEPING_MS

    def delete_expired(self, connection: Connection, now_ms: int) -> None:
        """Delete claims that have expired and news that are old."""
        self._housekeeping_ms = now_ms
        claims.forget_expired(connection, now_ms)
        news.forget_old(connection, now_ms)

    def poll(self, connection: Connection) -> list[Packet]:
        """Return the news that another process has numbered, such as exemptions by staff.

        It is called several times a second.
        """
        self._gates = news.gates_by_station(connection)
        packets: list[Packet] = []
        for station, head in news.heads(connection).items():
            sent = self._sent.setdefault(station, head)
            if sent < head:
                for gate in self._gates.get(station, ()):
                    unsent = news.since(connection, gate, NewsRequest(1, sent))
                    if not unsent.head:  # numbered anew: it asks at once, and is told to begin anew
                        unsent = replace(unsent, after=head, upto=head, head=head)
                    packets.append(self._note(gate, replace(unsent, nonce=0)))
                self._sent[station] = head
        return packets

    def handle(
        self, connection: Connection, topic: str, payload: bytes, now_ms: int
    ) -> list[Packet]:
        """Handle a note of a gate and return the reply.

        Raises WireError for bytes that are no note of an enrolled gate to the centre.
        """
        park, gate, _end = read_note_topic(topic)
        if park != self._park:
            raise WireError("a note of another park")
        note = read_note(topic, payload, self._secret(gate))
        reply: Note | None = None
        if isinstance(note, Claim):
            if self._is_repeated(gate, code_of(payload)):
                return []
            day = self._calendar.day(now_ms)
            reply = claims.decide_claim(connection, gate, len(self._secrets), note, day, now_ms)
        elif isinstance(note, NewsRequest):
            reply = news.since(connection, gate, note)
        else:
            raise WireError("a note that only the centre writes")
        return [] if reply is None else [self._note(gate, reply, code_of(payload))]

    def _is_repeated(self, gate: str, code: bytes) -> bool:
        """Return whether a claim came before, byte by byte: no gate sends one twice, and whoever
        does would keep its promise alive."""
        claimed = self._claimed.setdefault(gate, deque(maxlen=REMEMBERED_CLAIMS))
        if code in claimed:
            return True
        claimed.append(code)
        return False

    def publish(self, numbered: Sequence[NumberedNews], now_ms: int) -> list[Packet]:
        """Return the notes with these news for the gates of each station.

        Call it after the commit.
        """
        packets: list[Packet] = []
        for part in numbered:
            self._sent[part.station] = part.after + len(part.items)
            gates = self._gates.get(part.station, [])
            if len(gates) < 2:
                continue  # there is no other gate
            for gate, note in news.to_notes(part, gates, now_ms):
                packets.append(
                    self._short_note(gate, note)
                    if isinstance(note, ShortNews)
                    else self._note(gate, note)
                )
        return packets

    def _secret(self, gate: str) -> bytes:
        secret = self._secrets.get(gate)
        if secret is None:
            raise WireError("a note of a gate that is not enrolled")
        return secret

    def _note(self, gate: str, note: Note, question: bytes = b"") -> Packet:
        topic = note_topic(self._park, gate, note.topic_end)
        return topic, write_note(topic, note, self._secret(gate), question)

    def _short_note(self, gate: str, note: ShortNews) -> Packet:
        topic = note_topic(self._park, gate, SHORT_END)
        return topic, write_short(topic, note, self._secret(gate))
