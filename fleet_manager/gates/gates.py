"""Stations and gates: who they are, how a gate is enrolled, and what it last said."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from fleet_manager import whole_file
from fleet_manager.database import tables
from fleet_manager.errors import CentreError
from fleet_manager.keys import certificates
from fleet_manager.keys.vault import Vault, to_pem, write_secrets
from gate_agent.validator.messages.messages import is_name
from gate_agent.validator.trust.keys import KeyMode, KeyRing, KeyUse, PublicKey

MAX_LABEL_CHARS = 40
_NAME_RULE = "must be 1 to 20 of a-z, 0-9 and -, beginning with a letter or digit"


@dataclass(frozen=True, slots=True)
class Station:
    """Gates and windows on one LAN."""

    id: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class EnrolledGate:
    """A board. `public`: its own key. `seen_ms`: when it last sent something, None for never.
    `lists`: series to version in force. `state`: JSON or ''. `label`: what people call it, ''
    for nothing. `retired_ms`: since when nothing is taken from it, None while it is."""

    id: str
    station: str
    public: bytes
    added_ms: int
    seen_ms: int | None
    software: str
    lists: dict[str, int]
    state: str
    label: str = ""
    retired_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is put on the board. The key is drawn here and kept nowhere at the centre: the board's
    owner carries it over and deletes this copy."""

    gate: str
    public: bytes
    key: bytes
    certificate: bytes
    authority: bytes
    ring: str
    pepper: bytes
    link: bytes

    def write(self, folder: Path) -> list[Path]:
        """Write the files of the bundle, new, all or none, and return them. Raises CentreError if
        one is there already, or the folder cannot be written."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise whole_file.refused(folder, error) from None
        files = {
            "key.pem": self.key,
            "cert.pem": self.certificate,
            "ca.crt": self.authority,
            "ring.json": self.ring.encode(),
            "pepper": self.pepper.hex().encode() + b"\n",
            "link": self.link.hex().encode() + b"\n",
        }
        return write_secrets({folder / name: data for name, data in files.items()})


def first_trust(ring: KeyRing) -> KeyRing:
    """What a new board is told to trust before it has a key set: keys that are good without any
    condition, and the roots."""
    return KeyRing(key for key in ring if key.mode is KeyMode.SIG)


def draw_bundle(vault: Vault, park: str, gate: str, authority: bytes, now: datetime) -> Bundle:
    """A new key and what goes with it. The one key serves TLS and messages; both sign only
    what begins with a fixed context of their own."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    return Bundle(
        gate=gate,
        public=public,
        key=to_pem(key),
        certificate=certificates.client(vault, park, gate, public, now),
        authority=authority,
        ring=first_trust(vault.ring).to_json(),
        pepper=vault.pepper,
        link=vault.link_secret(gate, public),
    )


def add_station(connection: Connection, station: Station) -> None:
    """Raises CentreError for an id that is taken or no name."""
    if not is_name(station.id):
        raise CentreError(f"cannot add station {station.id!r}: {_NAME_RULE}")
    values = {"id": station.id, "name_zh": station.name_zh, "name_en": station.name_en}
    try:
        connection.execute(insert(tables.station).values(values))
    except IntegrityError:
        raise CentreError(
            f"cannot add station {station.id}: it exists",
            f"for other names: `fleet-manager station set {station.id}`",
        ) from None


def check_new(connection: Connection, gate: str, station: str) -> None:
    """Raises CentreError if no gate of that id can be added at that station."""
    if not is_name(gate) or gate == certificates.CENTRE_NAME:
        raise CentreError(f"cannot add gate {gate!r}: {_NAME_RULE}, and not `centre`")
    if connection.scalar(select(tables.station.c.id).where(tables.station.c.id == station)) is None:
        raise CentreError(
            f"cannot add gate {gate}: no station {station!r}",
            "make it with `fleet-manager station add`",
        )
    row = connection.execute(
        select(tables.gate.c.retired_ms).where(tables.gate.c.id == gate)
    ).one_or_none()
    if row is not None and row.retired_ms is not None:
        raise CentreError(
            f"cannot add gate {gate}: a gate of this id is retired, and its records stay",
            "take another id",
        )
    if row is not None:
        raise CentreError(
            f"cannot add gate {gate}: it exists",
            f"for another board in its place: `fleet-manager gate replace {gate}`",
        )


def add_gate(connection: Connection, gate: str, station: str, public: bytes, now_ms: int) -> None:
    """Raises CentreError if it cannot be added."""
    check_new(connection, gate, station)
    values = {"id": gate, "station": station, "public": public, "added_ms": now_ms}
    connection.execute(insert(tables.gate).values(values))


def no_gate(gate: str) -> CentreError:
    """What to raise for a gate that is not there."""
    return CentreError(f"cannot find gate {gate!r}", "see `fleet-manager gate list`")


def stations(connection: Connection) -> list[Station]:
    """All stations by id."""
    rows = connection.execute(select(tables.station).order_by(tables.station.c.id))
    return [Station(row.id, row.name_zh, row.name_en) for row in rows]


def every(connection: Connection, *, retired: bool = False) -> list[EnrolledGate]:
    """All gates by station and id; with `retired`, those too from which nothing is taken."""
    gate, report = tables.gate, tables.report
    query = (
        select(gate, report.c.seen_ms, report.c.software, report.c.lists, report.c.state)
        .outerjoin(report, report.c.gate == gate.c.id)
        .order_by(gate.c.station, gate.c.id)
    )
    if not retired:
        query = query.where(gate.c.retired_ms.is_(None))
    return [
        EnrolledGate(
            id=row.id,
            station=row.station,
            public=row.public,
            added_ms=row.added_ms,
            seen_ms=row.seen_ms,
            software=row.software or "",
            lists=json.loads(row.lists or "{}"),
            state=row.state or "",
            label=row.label,
            retired_ms=row.retired_ms,
        )
        for row in connection.execute(query)
    ]


def find(connection: Connection, gate: str) -> EnrolledGate:
    """Return a gate, also a retired one. Raises CentreError if there is none of that id."""
    for enrolled in every(connection, retired=True):
        if enrolled.id == gate:
            return enrolled
    raise no_gate(gate)


def find_in_use(connection: Connection, gate: str) -> EnrolledGate:
    """Return a gate. Raises CentreError if there is none of that id, or it is retired."""
    enrolled = find(connection, gate)
    if enrolled.retired_ms is not None:
        raise CentreError(
            f"cannot use gate {gate}: it is retired", "enrol its board anew, under another id"
        )
    return enrolled


def set_label(connection: Connection, gate: str, label: str) -> None:
    """Say what people call a gate, '' for nothing. Raises CentreError."""
    find(connection, gate)
    if len(label) > MAX_LABEL_CHARS or not label.isprintable():
        raise CentreError(f"cannot call a gate so: must be up to {MAX_LABEL_CHARS} characters")
    connection.execute(update(tables.gate).where(tables.gate.c.id == gate).values(label=label))


def retire(connection: Connection, gate: str, now_ms: int) -> None:
    """Take nothing from a gate any more, for ever. Raises CentreError if it is retired."""
    find_in_use(connection, gate)
    connection.execute(
        update(tables.gate).where(tables.gate.c.id == gate).values(retired_ms=now_ms)
    )


@lru_cache(4096)
def public_key(public: bytes, gate: str) -> PublicKey:
    """Kept: the centre looks for new gates every second."""
    return PublicKey.of(public, KeyUse.GATE, gate)
