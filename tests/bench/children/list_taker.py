"""A gate's lists in a process of their own, to be measured: commands on standard input, answers in
JSON.

take NAME       the body NAME with NAME.manifest, chunk by chunk
look COUNT      how long it takes to find codes, of COUNT that are listed
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gate_agent.folder import DiskFolder
from gate_agent.health import Health
from gate_agent.lists.downloads import ListDownloads
from gate_agent.lists.in_force import ListsInForce
from gate_agent.lists.list_files import ListFiles
from gate_agent.time_bound import TimeBound
from gate_agent.trust.documents import TrustDocuments
from gate_agent.trust.in_force import Trust
from gate_agent.validator.messages.envelopes import (
    MAX_CHUNK_BYTES,
    Chunk,
    ListOffer,
    ListRequest,
    Message,
)
from gate_agent.validator.moment import Moment
from tests.bench import samples
from tests.process.kernel import memory_mib

LOOKS = 50_000


class _Clock:
    doubt = ""
    bound = TimeBound()

    def now(self) -> Moment:
        return samples.MOMENT

    def raise_lower_bound(self, _passed_ms: int) -> None: ...
    def take_beacon_time(self, _time_ms: int) -> None: ...
    def reset_lower_bound(self, _passed_ms: int) -> None: ...
    def take_issue_time(self, _issued_ms: int, _ticket: bytes) -> None: ...


def _written() -> int:
    for line in Path("/proc/self/io").read_text("ascii").splitlines():
        if line.startswith("write_bytes"):
            return int(line.split()[1])
    raise AssertionError("the kernel does not count")


class Taker:
    """`folder`: where bodies are, and where the gate stores its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said: list[Message] = []
        health, clock = Health(), _Clock()
        trust = Trust(samples.RING, TrustDocuments.on_disk(folder), clock, health)
        files = ListFiles(DiskFolder(folder / "lists"))
        self.lists = ListsInForce(trust, files, clock, health)
        self.downloads = ListDownloads(trust, self.lists, files, clock, health, self._said.append)
        self.lists.load()
        self.downloads.resume()
        self.downloads.link_up()

    def take(self, name: str) -> dict[str, float]:
        """As the centre would send it."""
        sealed = (self._folder / f"{name}.manifest").read_bytes()
        idle_mib, written = memory_mib(os.getpid(), "VmRSS"), _written()
        wall, cpu = time.perf_counter(), time.process_time()
        chunks, longest = 0, 0.0
        self.downloads.receive_offer(ListOffer(sealed, 0))
        with (self._folder / name).open("rb") as body:
            while self._said:
                want = self._said.pop()
                assert isinstance(want, ListRequest)
                body.seek(want.offset)
                data = body.read(MAX_CHUNK_BYTES)
                start = time.perf_counter()
                self.downloads.receive_chunk(
                    Chunk(
                        series=want.series,
                        version=want.version,
                        base=want.base,
                        offset=want.offset,
                        data=data,
                    )
                )
                longest = max(longest, time.perf_counter() - start)
                chunks += 1
        assert self.lists.version("otter") > 0
        return {
            "cpu_s": time.process_time() - cpu,
            "wall_s": time.perf_counter() - wall,
            "longest_ms": longest * 1000,
            "chunks": chunks,
            "idle_mib": idle_mib,
            "peak_mib": memory_mib(os.getpid(), "VmHWM"),
            "written": _written() - written,
        }

    def look(self, count: int) -> dict[str, float]:
        """Codes in any order, as visitors come."""
        rng = random.Random(2)
        listed = [b"%022x" % rng.randrange(count) for _ in range(LOOKS)]
        others = [b"x%021x" % rng.randrange(count) for _ in range(LOOKS)]

        def us(codes: list[bytes], find: Callable[[bytes], object]) -> float:
            start = time.process_time()
            for code in codes:
                find(code)
            return (time.process_time() - start) / len(codes) * 1e6

        found = sum(self.lists.find_ticket(code) is not None for code in listed[:100])
        assert found == 100
        return {
            "listed_us": us(listed, self.lists.find_ticket),
            "unlisted_us": us(others, self.lists.find_ticket),
        }


def main(folder: Path) -> None:
    """Until the end of standard input."""
    taker = Taker(folder)
    for line in sys.stdin:
        what, argument = line.split()
        result = taker.take(argument) if what == "take" else taker.look(int(argument))
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
