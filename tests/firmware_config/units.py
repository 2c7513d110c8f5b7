"""Read the systemd units that are put on a board or at the centre."""

import configparser
from pathlib import Path

FIRMWARE = Path(__file__).parents[2] / "firmware_config"
GATE, KIOSK = "gate-agent.service", "scenic-gate-kiosk.service"
CENTRE, DOOR = "fleet-manager.service", "fleet-manager-door.service"
WEB = "fleet-manager-web.service"
SERVICES = (GATE, KIOSK, CENTRE, DOOR, WEB)


def read_unit(name: str) -> configparser.RawConfigParser:
    """Return a unit's sections."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(FIRMWARE / name, "utf-8")
    return parser


def words_of(name: str, key: str) -> list[str]:
    """Return all words of all lines `key=…` of a unit, in their order."""
    lines = (FIRMWARE / name).read_text("utf-8").splitlines()
    return [
        word
        for line in lines
        if line.startswith(f"{key}=")
        for word in line[len(key) + 1 :].split()
    ]
