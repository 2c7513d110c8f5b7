"""Enrol gates at stations, and list them with their last reports."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from fleet_manager.database import tables
from fleet_manager.errors import CentreError
from fleet_manager.files import whole_file
from fleet_manager.keys import certificates
from fleet_manager.keys.vault import Vault, to_pem, write_secrets
from gate_agent.validator.messages.enrolment import GATE_FILE
from gate_agent.validator.messages.envelopes import is_name
from gate_agent.validator.trust.keys import KeyMode, KeyRing, KeyUse, PublicKey

MAX_LABEL_CHARS = 40
_NAME_RULE = "must be 1 to 20 of a-z, 0-9 and -, beginning with a letter or digit"


@dataclass(frozen=True, slots=True)
class Station:
    """A group of gates and windows on one LAN."""

    id: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class EnrolledGate:
    """An enrolled gate. `public`: its key in force, 32 bytes. `seen_ms`: time of the newest beacon
    that it has sent back, None for never: so far it can prove that it was there. `lists`: series to
    version in force. `state`: its last GateState as JSON, or ''. `label`: what people call it, or
    ''. `retired_ms`: since when nothing is taken from it, None while it is in use.
    `disowned_ms`: since when its key is refused, None if it is not. `accepted_config`: the digest
    of its board's configuration that somebody has accepted, '' for none."""

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
    disowned_ms: int | None = None
    accepted_config: str = ""

    @property
    def config(self) -> str:
        """Return the digest of its board's configuration as it last said, '' for none."""
        return str(reported(self.state).get("config", ""))

    @property
    def waiting(self) -> int:
        """Return how many records it had not delivered yet when it last spoke."""
        return int(reported(self.state).get("waiting", 0))

    @property
    def config_drifts(self) -> bool:
        """Return whether the board's configuration is another than the accepted one."""
        return bool(self.config and self.accepted_config) and self.config != self.accepted_config


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of a new gate's board. The private key is not stored at the centre: staff carry
    the bundle to the board and delete this copy. `site`: park, id and host, for the board's first
    gate.toml; without it they are typed there."""

    gate: str
    public: bytes
    key: bytes
    certificate: bytes
    authority: bytes
    ring: str
    pepper: bytes
    link: bytes
    site: bytes = b""

    def write(self, folder: Path) -> list[Path]:
        """Write the files, all or none, and return their paths. Raises CentreError if one exists
        already, or the folder cannot be written."""
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
        if self.site:
            files[GATE_FILE] = self.site
        return write_secrets({folder / name: data for name, data in files.items()})


def first_trust(ring: KeyRing) -> KeyRing:
    """Return the keys that a new board trusts before it has a key set: those that are valid
    without a condition."""
    return KeyRing(key for key in ring if key.mode is KeyMode.SIG)


def draw_bundle(
    vault: Vault, park: str, gate: str, authority: bytes, now: datetime, *, site: bytes = b""
) -> Bundle:
    """Draw a key for a gate and return its bundle. `authority`: the authority's certificate, PEM.
    `site`: of `site_json`.

    The key serves TLS and messages: each signs only bytes that begin with a fixed context of its
    own.
    """
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
        site=site,
    )


def add_station(connection: Connection, station: Station) -> None:
    """Add a station. Raises CentreError if its id exists, or is no name."""
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
    """Raise CentreError if no gate of that id can be added at that station."""
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
    """Add a gate with its public key, 32 bytes. Raises CentreError if it cannot be added."""
    check_new(connection, gate, station)
    values = {"id": gate, "station": station, "public": public, "added_ms": now_ms}
    connection.execute(insert(tables.gate).values(values))


def no_gate(gate: str) -> CentreError:
    """Return the error to raise for a gate that does not exist."""
    return CentreError(f"cannot find gate {gate!r}", "see `fleet-manager gate list`")


def stations(connection: Connection) -> list[Station]:
    """Return all stations, by id."""
    rows = connection.execute(select(tables.station).order_by(tables.station.c.id))
    return [Station(row.id, row.name_zh, row.name_en) for row in rows]


def every(connection: Connection, *, retired: bool = False) -> list[EnrolledGate]:
    """Return all gates, by station and id; with `retired`, also those out of use."""
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
            seen_ms=row.seen_ms or None,
            software=row.software or "",
            lists=json.loads(row.lists or "{}"),
            state=row.state or "",
            label=row.label,
            retired_ms=row.retired_ms,
            disowned_ms=row.disowned_ms,
            accepted_config=row.config,
        )
        for row in connection.execute(query)
    ]


def find(connection: Connection, gate: str) -> EnrolledGate:
    """Return a gate, also a retired one. Raises CentreError if it does not exist."""
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


def accept_config(connection: Connection, gate: str) -> tuple[str, str]:
    """Accept the configuration that a gate's board has reported; return the digests that were
    accepted before and are now. Raises CentreError for a gate that has reported none."""
    enrolled = find_in_use(connection, gate)
    if not enrolled.config:
        raise CentreError(
            f"cannot accept the configuration of gate {gate}: it has reported none",
            "wait until `gate list` shows that it was seen; older software reports none",
        )
    connection.execute(
        update(tables.gate).where(tables.gate.c.id == gate).values(config=enrolled.config)
    )
    return enrolled.accepted_config, enrolled.config


def retire(connection: Connection, gate: str, now_ms: int) -> None:
    """Take nothing from a gate any more, for ever. Raises CentreError if it is retired."""
    find_in_use(connection, gate)
    connection.execute(
        update(tables.gate).where(tables.gate.c.id == gate).values(retired_ms=now_ms)
    )


@lru_cache(4096)
def reported(state: str) -> Mapping[str, Any]:
    """Return a report as it is stored, read once however many ask; empty for none."""
    return MappingProxyType(json.loads(state) if state else {})


@lru_cache(4096)
def public_key(public: bytes, gate: str) -> PublicKey:
    """Return a gate's key. It is cached: the centre polls for new gates several times a second."""
    return PublicKey.of(public, KeyUse.GATE, gate)
