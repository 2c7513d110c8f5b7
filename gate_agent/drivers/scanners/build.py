"""The driver for each kind of scanner. Each is loaded only where it is used: a gate has 40 MiB."""

from gate_agent.config.settings import ScannerSettings
from gate_agent.ports import Scanner


def scanner_of(lane: int, settings: ScannerSettings) -> Scanner:
    """Return the driver for the scanner's kind, not started."""
    if settings.kind == "keys":
        from gate_agent.drivers.scanners.key_scanner import KeyScanner

        return KeyScanner(lane, settings)
    if settings.kind.startswith("gm65"):
        from gate_agent.drivers.scanners.gm65_scanner import Gm65Scanner

        return Gm65Scanner(lane, settings)
    from gate_agent.drivers.scanners.serial_scanner import SerialScanner

    return SerialScanner(lane, settings)
