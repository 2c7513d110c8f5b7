"""What the centre does with messages from gates, without a network: bytes in, bytes out.

One call of `process` is one transaction. Its answers may be sent only when it has returned.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection

from fleet_manager import fleet, incidents, journals, lists, schema, store
from fleet_manager.bulletins import Bulletins
from fleet_manager.incidents import Incident, Sighting
from fleet_manager.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.store import Store
from fleet_manager.vault import Vault
from gate_agent.validator import messages
from gate_agent.validator.errors import WireError
from gate_agent.validator.keys import PublicKey, Use
from gate_agent.validator.messages import (
    Ack,
    Address,
    Batch,
    Birth,
    ListOffer,
    Message,
    State,
    Want,
    read_topic,
    topic_of,
)

Packet = tuple[str, bytes]
"""Topic and payload."""


class Collector:
    """Answers gates of one park. Used by one thread."""

    def __init__(self, store: Store, vault: Vault, park: str, calendar: Calendar) -> None:
        self._store = store
        self._vault = vault
        self._park = park
        self._calendar = calendar
        self._gates: dict[str, PublicKey] = {}
        self._list: lists.Published | None = None
        self._bulletins = Bulletins(store, vault)
        self.stored = 0

    @property
    def list_version(self) -> int:
        """Version of the list that gates should have, 0 before the first."""
        return 0 if self._list is None else self._list.version

    def refresh(self, now_ms: int) -> list[Packet]:
        """Once a second: learn of new gates, make what is due. Gives what gates must hear."""
        with self._store.read() as connection:
            known, self._gates = self._gates, fleet.public_keys(connection)
            due = lists.is_due(connection, now_ms)
            newest = lists.newest(connection) if not due else None
        if due:
            with self._store.write() as connection:
                newest = lists.make(connection, self._vault.list, now_ms)
        assert newest is not None
        news = self._bulletins.refresh(now_ms)
        sent = [
            self._packet(gate, message)
            for gate in self._gates
            # A gate that connected before we knew of it has greeted in vain.
            for message in (news if gate in known else self._bulletins.every())
        ]
        if self._list is not None and self._list.version == newest.version:
            return sent + [self._offer(gate, newest) for gate in self._gates if gate not in known]
        self._list = newest
        return sent + self.offers()

    def offers(self) -> list[Packet]:
        """Today's list, offered to every gate."""
        if self._list is None:
            return []
        return [self._offer(gate, self._list) for gate in self._gates]

    def _offer(self, gate: str, newest: lists.Published) -> Packet:
        return self._packet(gate, ListOffer(newest.manifest))

    def process(self, packets: Sequence[Packet], dropped: int, now_ms: int) -> list[Packet]:
        """Take in what arrived; `dropped` messages were lost before. Gives the answers.

        Bytes that are no message of an enrolled gate are counted and answered with nothing.
        """
        seen: Counter[Sighting] = Counter()
        if dropped:
            seen[Incident.DROPPED, "", "the queue was full"] += dropped
        batches: list[tuple[str, Batch]] = []
        answers: list[tuple[str, Message]] = []
        with self._store.write() as connection:
            for topic, payload in packets:
                try:
                    address = read_topic(topic)
                    message = self._decode(address, topic, payload)
                except WireError as error:
                    gate = topic.split("/")[2] if topic.count("/") > 2 else ""
                    seen[Incident.REFUSED, gate[:20], str(error)] += 1
                    continue
                if isinstance(message, Batch):
                    batches.append((address.gate, message))
                else:
                    answers += self._answer(connection, address.gate, message, seen, now_ms)
            acks = ingest(connection, batches, self._calendar, now_ms)
            incidents.record(connection, seen, now_ms)
        self.stored += sum(len(batch.records) for _gate, batch in batches)
        return [self._packet(gate, message) for gate, message in [*acks, *answers]]

    def _decode(self, address: Address, topic: str, payload: bytes) -> Message:
        if address.park != self._park:
            raise WireError("a message of another park")
        if address.gate not in self._gates:
            raise WireError("a message of a gate that is not enrolled")
        return messages.decode(topic, payload, self._find_key)

    def _find_key(self, use: Use, key_id: bytes, gate: str) -> PublicKey | None:
        key = self._gates.get(gate)
        return key if key is not None and use is Use.GATE and key.id == key_id else None

    def _answer(
        self,
        connection: Connection,
        gate: str,
        message: Message,
        seen: Counter[Sighting],
        now_ms: int,
    ) -> list[tuple[str, Message]]:
        match message:
            case Birth():
                return self._greet(connection, gate, message, seen, now_ms)
            case State():
                _keep_state(connection, gate, message, now_ms)
                answers = [(gate, one) for one in self._bulletins.missing(message)]
                # The offer may have been lost on the way; a gate tells its version every minute.
                if self._list is not None and message.list_version < self._list.version:
                    answers.append((gate, ListOffer(self._list.manifest)))
                return answers
            case Want():
                piece = lists.chunk(connection, message)
                if piece is not None:
                    return [(gate, piece)]
                if self._list is not None:  # it asks for a list that is gone: offer today's
                    return [(gate, ListOffer(self._list.manifest))]
            case _:
                seen[Incident.REFUSED, gate, "a message that only the centre sends"] += 1
        return []

    def _greet(
        self,
        connection: Connection,
        gate: str,
        birth: Birth,
        seen: Counter[Sighting],
        now_ms: int,
    ) -> list[tuple[str, Message]]:
        """A gate has connected: say what we hold of its journal, and offer a newer list."""
        values: dict[str, object] = {
            "gate": gate,
            "seen_ms": now_ms,
            "software": "".join(c for c in birth.software[:64] if c.isprintable()),
            "list_version": birth.list_version,
            "state": "",
        }
        store.put_row(connection, schema.report, values, keep=["state"])
        answers: list[tuple[str, Message]] = []
        journal = journals.find(connection, birth.journal_id)
        if journal is None:
            answers.append((gate, Ack(birth.journal_id, 0)))
        elif journal.gate != gate:
            seen[Incident.TAKEN, gate, f"journal {journal.id.hex()} of {journal.gate}"] += 1
        elif birth.head < journal.mark:
            # Its disk was put back to an older state: what it writes next would be a fork.
            detail = f"journal {journal.id.hex()} ends at {birth.head}, we hold {journal.mark}"
            seen[Incident.ROLLBACK, gate, detail] += 1
        elif not journal.forked:
            answers.append((gate, Ack(journal.id, journal.mark)))
        newest = self._list
        if newest is not None and (
            birth.list_series != newest.series or birth.list_version < newest.version
        ):
            answers.append((gate, ListOffer(newest.manifest)))
        return answers + [(gate, one) for one in self._bulletins.missing(birth)]

    def _packet(self, gate: str, message: Message) -> Packet:
        topic = topic_of(self._park, gate, type(message))
        signer = self._vault.centre
        return topic, messages.encode(topic, message, signer.id, signer.sign)


def _keep_state(connection: Connection, gate: str, state: State, now_ms: int) -> None:
    values: dict[str, object] = {
        "gate": gate,
        "seen_ms": now_ms,
        "software": "",
        "list_version": state.list_version,
        "state": json.dumps(asdict(state)),
    }
    store.put_row(connection, schema.report, values, keep=["software"])
