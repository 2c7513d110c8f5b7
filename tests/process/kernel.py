"""What the kernel tells of a process."""

import os
from pathlib import Path


def cpu_s(pid: int) -> float:
    """User and system time since its start, over every exec; 10 ms exact."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int, name: str) -> float:
    """`VmRSS`, `VmHWM`, `RssAnon` and so on."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) / 1024
    raise AssertionError(f"the kernel knows no {name}")
