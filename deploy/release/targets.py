"""The machines that a release can be made for: a role, a Python and a processor."""

import platform
import sys
from dataclasses import dataclass

ROLES = {"board": ("board", ("gate_agent",)), "centre": ("centre", ("gate_agent", "fleet_manager"))}
"""Role to its lock in locks/ and its packages of ours."""
DISTRIBUTION = ("lgpio", "spidev", "systemd-python")
"""Packages that Debian brings (python3-lgpio, python3-systemd): no wheel fits every Python here."""
OLDEST_GLIBC, NEWEST_GLIBC = 17, 36
"""Minor versions of glibc 2: from manylinux2014 to Debian 12's."""
SUITES = {"311": "Debian 12", "313": "Debian 13"}
MACHINES = ("x86_64", "aarch64")


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of machine. `python`: as `311`. `machine`: as `aarch64`, see `platform.machine`."""

    role: str
    python: str
    machine: str

    def __str__(self) -> str:
        return f"{self.role}-{self.python}-{self.machine}"

    @property
    def platforms(self) -> tuple[str, ...]:
        """Return the platform tags of wheels that run there, the newest first (PEP 600)."""
        tags = [f"manylinux_2_{minor}" for minor in range(NEWEST_GLIBC, OLDEST_GLIBC - 1, -1)]
        return tuple(f"{tag}_{self.machine}" for tag in (*tags, "manylinux2014"))


def every_target() -> list[Target]:
    """Return all kinds of machines that we support."""
    return [
        Target(role, python, machine) for role in ROLES for python in SUITES for machine in MACHINES
    ]


def this_machine(role: str) -> Target:
    """Return the target of a role on the machine that runs this."""
    return Target(role, f"{sys.version_info[0]}{sys.version_info[1]}", platform.machine())


def read_target(text: str) -> Target:
    """Return the target of a text as `board-311-aarch64`. Raises ValueError."""
    for target in [*every_target(), *map(this_machine, ROLES)]:
        if str(target) == text:
            return target
    allowed = ", ".join(map(str, every_target()))
    raise ValueError(f"no target {text!r}; there are {allowed}")
