"""Wire one gate without its devices: what it knows, how it decides, how it talks to the centre.

Each part gets its neighbours when it is made, and none afterwards. The daemon, the simulated park
and the tests build a gate in this one way.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from gate_agent.actor.agent import Agent
from gate_agent.actor.judge import Judge
from gate_agent.actor.unit import LaneUnit
from gate_agent.health import Health
from gate_agent.journal.journal import Journal
from gate_agent.journal.remote_history import RemoteHistory
from gate_agent.journal.station_history import StationHistory
from gate_agent.lists.downloads import ListDownloads
from gate_agent.lists.in_force import ListsInForce
from gate_agent.lists.list_files import ListFiles
from gate_agent.ports import Clock, Link
from gate_agent.trust.documents import TrustDocuments
from gate_agent.trust.in_force import Trust
from gate_agent.trust.key_renewal import KeyRenewal
from gate_agent.uplink.claims import CLAIM_MS, ClaimSender
from gate_agent.uplink.news import NewsReceiver
from gate_agent.uplink.nonce import Draw
from gate_agent.uplink.note_channel import NoteChannel
from gate_agent.uplink.sender import MessageSender
from gate_agent.uplink.session import Uplink
from gate_agent.uplink.station import StationLink


@dataclass(frozen=True, slots=True)
class GateCore:
    """The parts of one gate. `trust`, `lists` and the journal are all that an offline decision
    needs; `downloads` and `uplink` keep them up to date."""

    own: KeyRenewal
    trust: Trust
    lists: ListsInForce
    downloads: ListDownloads
    uplink: Uplink
    agent: Agent
    history: StationHistory
    journal: Journal
    health: Health

    def start(self) -> None:
        """Put what is on disk in force, as far as it is whole, then start the agent.

        A journal that was made just now, beside lists or documents of trust, is a fault: this gate
        has let people in before, and knows nothing of it any more. Raises JournalError if the start
        cannot be recorded.
        """
        self.trust.load()
        self.lists.load()
        self.downloads.resume()
        if self.journal.is_new and (self.lists.held() or self.trust.has_documents()):
            self.health.fault("new journal", _BEGUN_ANEW, level=logging.ERROR)
        self.agent.start()


_BEGUN_ANEW = (
    "the journal was begun anew, though this gate has worked before: without the centre it lets in "
    "again what it has let in; is the old journal.db lost, or on another card? "
    "fleet-manager incidents"
)


def _claimed(units: Sequence[LaneUnit], ticket: bytes) -> int:
    """Return how many persons of a ticket wait at the lanes for the centre's answer."""
    return sum(unit.claimed(ticket) for unit in units)


def build_core(
    park: str,
    gate: str,
    units: Sequence[LaneUnit],
    *,
    own: KeyRenewal,
    journal: Journal,
    documents: TrustDocuments,
    list_files: ListFiles,
    clock: Clock,
    link: Link,
    health: Health,
    draw: Draw,
    claim_ms: int = CLAIM_MS,
) -> GateCore:
    """Return the gate `gate` of `park` with the lanes `units`, not yet started.

    `own`: its key, and the ring and pepper that it was enrolled with. `documents`, `list_files`:
    where it stores whom it trusts, and its lists. `draw` gives random bytes, so that no two
    questions to the centre are alike. `claim_ms`: how long a visitor may wait for the answer.
    Raises JournalError if the journal's file cannot be read.
    """
    identity = own.identity
    trust = Trust(identity.ring, documents, clock, health)
    remote = RemoteHistory(journal.db, journal.zone)
    history = StationHistory(journal, remote, lambda: own.identity.link is not None)
    lists = ListsInForce(trust, list_files, clock, health)
    claimed = partial(_claimed, units)
    judge = Judge(trust, lists, history, clock, health, pepper=identity.pepper, claimed=claimed)
    sender = MessageSender(park, gate, own, link, health)
    downloads = ListDownloads(trust, lists, list_files, clock, health, sender.send)
    channel = NoteChannel(park, gate, identity.link, link, draw)
    claims = ClaimSender(channel, journal.journal_id, clock, health, claim_ms)
    station = StationLink(channel, claims, NewsReceiver(channel, remote, clock, health), health)
    uplink = Uplink(
        park,
        gate,
        own=own,
        journal=journal,
        trust=trust,
        lists=lists,
        downloads=downloads,
        station=station,
        sender=sender,
        clock=clock,
        link=link,
        health=health,
        draw=draw,
    )
    return GateCore(
        own=own,
        trust=trust,
        lists=lists,
        downloads=downloads,
        uplink=uplink,
        agent=Agent(units, judge, journal, uplink, clock, health),
        history=history,
        journal=journal,
        health=health,
    )
