"""What the two packages are: their names, what they need, and where each file goes.

A package holds a release folder for one kind of processor, and what the system must know before
`install.pyz` of that folder has run: units, users, folders, rules for devices. All of it lies below
/usr, where nobody edits it; whoever wants something else puts a file of the same name below /etc.
"""

from dataclasses import dataclass

UNITS = "usr/lib/systemd/system"
FIRMWARE = "packages/gate_agent/firmware_config"
"""Where a release folder has the files for boards and centres."""
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""Debian's names of our machines."""
COMMON_DEPENDS = ("python3-venv", "systemd (>= 252)")


@dataclass(frozen=True, slots=True)
class Layout:
    """A package. `role`: as the installer names it. `summary` and `text`: its description. `files`:
    path in firmware_config to path on the machine. `programs`: the same for files that run; they
    go to the package's own folder, whatever folder their unit names."""

    name: str
    other: str
    role: str
    command: str
    summary: str
    text: str
    depends: tuple[str, ...]
    recommends: tuple[str, ...]
    suggests: tuple[str, ...]
    files: dict[str, str]
    programs: dict[str, str]

    @property
    def folder(self) -> str:
        """Return the folder for what is the package's alone."""
        return f"usr/lib/{self.name}"

    @property
    def release(self) -> str:
        """Return where the release folder lies."""
        return f"{self.folder}/release"


def _units(*names: str) -> dict[str, str]:
    return {name: f"{UNITS}/{name.rpartition('/')[2]}" for name in names}


BOARD = Layout(
    name="scenic-gate",
    other="scenic-gate-centre",
    role="board",
    command="gate-agent",
    summary="gate of a scenic park: checks signed tickets offline",
    text=(
        "The daemon that runs on the board of a turnstile or of a handheld. It reads codes, "
        "checks signed tickets without a network, releases the arm, and records who has passed. "
        "This package holds a whole release with its libraries: installing it needs no internet."
    ),
    depends=("libzbar0t64 | libzbar0", "python3-systemd", "udev"),
    recommends=("ca-certificates", "python3-lgpio", "systemd-timesyncd | time-daemon"),
    suggests=("cage", "chromium", "fonts-wqy-microhei", "prometheus-node-exporter"),
    files={
        "70-scenic-gate.rules": "usr/lib/udev/rules.d/70-scenic-gate.rules",
        "systemd/journald.conf": "usr/lib/systemd/journald.conf.d/60-scenic-gate.conf",
        "systemd/sysusers.conf": "usr/lib/sysusers.d/scenic-gate.conf",
        "systemd/tmpfiles.conf": "usr/lib/tmpfiles.d/scenic-gate.conf",
        "systemd/watchdog.conf": "usr/lib/systemd/system.conf.d/60-scenic-gate.conf",
        **_units(
            "gate-agent.service",
            "gate-restart.service",
            "gate-update.service",
            "gate-update.timer",
            "scenic-gate-kiosk.service",
            "scenic-gate-metrics.service",
            "scenic-gate-metrics.timer",
            "systemd/var-log.mount",
        ),
    },
    programs={
        "gate-page-kiosk.sh": "gate-page-kiosk.sh",
        "gate_metrics.py": "scenic-gate-metrics",
    },
)
CENTRE = Layout(
    name="scenic-gate-centre",
    other="scenic-gate",
    role="centre",
    command="fleet-manager",
    summary="management centre of a scenic park: tickets, lists, counts",
    text=(
        "The service that sells tickets, tells gates which ones are good, and counts visitors, "
        "and the door by which boards enrol themselves. Gates reach it through an MQTT broker. "
        "This package holds a whole release with its libraries: installing it needs no internet."
    ),
    depends=(),
    recommends=("ca-certificates", "mosquitto"),
    suggests=("chrony", "postgresql-client"),
    files={
        "mosquitto.acl": "usr/share/scenic-gate-centre/mosquitto.acl",
        "mosquitto.conf": "usr/share/scenic-gate-centre/mosquitto.conf",
        "systemd/sysusers-centre.conf": "usr/lib/sysusers.d/scenic-gate-centre.conf",
        "systemd/tmpfiles-centre.conf": "usr/lib/tmpfiles.d/scenic-gate-centre.conf",
        **_units(
            "fleet-manager.service",
            "fleet-manager-door.service",
            "fleet-manager-web.service",
            "fleet-manager-backup.service",
            "fleet-manager-backup.timer",
        ),
    },
    programs={"centre_backup.py": "scenic-gate-backup"},
)
LAYOUTS = {layout.role: layout for layout in (BOARD, CENTRE)}
