"""Lists: what they cost on the wire, in a gate's time and memory, and on its card; and how soon a
refund reaches a gate.

The lists of codes are taken by a process of their own (`list_taker`), which does with each chunk
what a gate does: real shelf, real files, the disk under build/.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from fleet_manager.tickets.status import set_status
from gate_agent.validator.lists.code_changes import pack_delta
from gate_agent.validator.lists.code_head import CodeHead, CodeKind, digest_of, pack_rest
from gate_agent.validator.lists.code_list import pack_table
from gate_agent.validator.lists.listing import listing_of
from gate_agent.validator.lists.manifest import ListKind, Manifest, seal, signed_part
from gate_agent.validator.lists.ticket_list import (
    Changes,
    TicketList,
    TicketStatus,
    apply,
    open_body,
    result_of,
)
from gate_agent.validator.tickets.entry_policy import ONCE
from tests.bench import samples
from tests.bench.figures import Figure, cpu_us, measure
from tests.process.live_park import LivePark

MILLION = 1_000_000
NEW = 1_000
VOIDS = 60
LOOK_S = 0.001


def _sealed(manifest: Manifest) -> bytes:
    return seal(manifest, samples.KEY_ID, samples.PRIVATE.sign(signed_part(manifest)))


def _serials(changes: Changes, base: TicketList | None) -> tuple[Manifest, bytes]:
    body = changes.pack()
    result = result_of(*apply(base, changes, 1, MILLION))
    version = 1 if base is None else base.manifest.version + 1
    manifest = Manifest(
        series="main",
        kind=ListKind.SERIALS,
        version=version,
        as_of_ms=samples.NOW_S * 1000,
        base=version - 1,
        first=1,
        count=MILLION,
        body_bytes=len(body),
        body=sha256(body).digest(),
        result=result,
    )
    return manifest, body


@measure("list_1m_snapshot_bytes", "list_1m_apply_cpu_s", "list_1k_voids_bytes", "list_lookup_us")
def serials() -> dict[str, Figure]:
    """A million serials, 1 % of them void at random; then a thousand more."""
    rng = random.Random(1)
    void = sorted(rng.sample(range(MILLION), MILLION // 100))
    manifest, body = _serials(Changes({TicketStatus.VOID: void}), None)
    start = time.process_time()
    listed = open_body(manifest, body, None)
    cpu_s = time.process_time() - start
    more = sorted(rng.sample(sorted(set(range(MILLION)) - set(void)), NEW))
    delta, delta_body = _serials(Changes({TicketStatus.VOID: more}), listed)
    assert open_body(delta, delta_body, listed).status(more[0] + 1) is TicketStatus.VOID
    wanted = iter(rng.choices(range(1, MILLION), k=100_000))
    lookup_us = cpu_us(lambda: listing_of(listed, next(wanted)), 100_000)
    status_us = cpu_us(lambda: listed.status(77_777), 100_000)
    least = 10_100  # log2 of (1,000,000 over 10,000) is 80,785 bits
    return {
        "list_1m_snapshot_bytes": Figure(
            len(_sealed(manifest)) + len(body), "bytes", least,
            "with its manifest; floor: what 1 % at random must cost", "<= 25000",
        ),
        "list_1m_apply_cpu_s": Figure(
            round(cpu_s, 3), "CPU s", None, "checked whole, in force", "<= 0.1"
        ),
        "list_1k_voids_bytes": Figure(
            len(_sealed(delta)) + len(delta_body), "bytes", 1_427,
            "what changed, with its manifest; floor: what 1,000 at random must cost", "<= 3000",
        ),
        "list_lookup_us": Figure(
            round(status_us, 3), "µs", None,
            f"{lookup_us:.2f} with all that the list says of a ticket", "<= 1",
        ),
    }  # fmt: skip


# --- codes -------------------------------------------------------------------------------------


HEAD = CodeHead(
    bytes(range(16)),
    tagged=False,
    kinds=tuple(
        CodeKind(
            product=product,
            not_before=samples.NOW_S,
            expires_at=samples.NOW_S + 86_400 * day,
            admits=1,
            zones=1,
            entry_policy=ONCE,
        )
        for product in (1, 2, 3)
        for day in range(1, 31)
    ),
)


def _records(first: int, count: int, rng: random.Random) -> dict[bytes, bytes]:
    return {
        digest_of(HEAD.salt, b"%022x" % number): pack_rest(
            HEAD, int(TicketStatus.VALID), rng.randrange(len(HEAD.kinds)), None
        )
        for number in range(first, first + count)
    }


@contextmanager
def _taker(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    words = [sys.executable, "-m", "tests.bench.children.list_taker", str(folder)]
    environment = os.environ | {"MALLOC_ARENA_MAX": "1"}
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield process


def _ask(process: "subprocess.Popen[str]", *words: str) -> dict[str, float]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(" ".join(words) + "\n")
    process.stdin.flush()
    found: dict[str, float] = json.loads(process.stdout.readline())
    return found


def _write_lists(folder: Path) -> None:
    """Write a list of a million codes, and a second of what a thousand more change."""
    rng = random.Random(1)
    records = _records(0, MILLION, rng)
    table = pack_table(HEAD, records)
    first = Manifest(
        series="otter",
        kind=ListKind.CODES,
        version=1,
        as_of_ms=samples.NOW_S * 1000,
        base=0,
        first=0,
        count=MILLION,
        body_bytes=len(table),
        body=sha256(table).digest(),
        result=sha256(table).digest(),
    )
    new = _records(MILLION, NEW, rng)
    whole = pack_table(HEAD, {**records, **new})
    body = pack_delta(HEAD, new)
    second = replace(
        first,
        version=2,
        base=1,
        count=MILLION + NEW,
        body_bytes=len(body),
        body=sha256(body).digest(),
        result=sha256(whole).digest(),
    )
    for name, manifest, data in (("first", first, table), ("second", second, body)):
        (folder / name).write_bytes(data)
        (folder / f"{name}.manifest").write_bytes(_sealed(manifest))


@measure(
    "codes_1m_bytes",
    "codes_1m_apply_cpu_s",
    "codes_1m_apply_mib",
    "codes_lookup_us",
    "codes_1k_new_bytes",
    "codes_1k_new_flash_bytes",
)
def codes() -> dict[str, Figure]:
    """A million codes of 22 hexadecimal digits, of 90 kinds; then a thousand more."""
    build = Path("build")
    build.mkdir(exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=build)))
        _write_lists(folder)
        taker = stack.enter_context(_taker(folder))
        taken = _ask(taker, "take", "first")
        looked = _ask(taker, "look", str(MILLION))
        added = _ask(taker, "take", "second")
        assert taker.stdin is not None
        taker.stdin.close()
        sizes = {
            name: (folder / name).stat().st_size + (folder / f"{name}.manifest").stat().st_size
            for name in ("first", "second")
        }
    apply_note = (
        f"{taken['wall_s']:.2f} s by the clock, in {taken['chunks']:.0f} pieces; the longest "
        f"{taken['longest_ms']:.0f} ms"
    )
    return {
        "codes_1m_bytes": Figure(
            sizes["first"], "bytes", 10 * MILLION, "floor: 80 bits of digest alone", "<= 12000000"
        ),
        "codes_1m_apply_cpu_s": Figure(
            round(taken["cpu_s"], 2), "CPU s", None, apply_note, "<= 3"
        ),
        "codes_1m_apply_mib": Figure(
            round(taken["peak_mib"] - taken["idle_mib"], 1), "MiB", None,
            f"peak above {taken['idle_mib']:.1f} MiB idle, in a process of its own", "<= 20",
        ),
        "codes_lookup_us": Figure(
            round(looked["listed_us"], 1), "µs", None,
            f"code to ticket; {looked['unlisted_us']:.1f} for one that is not listed", "<= 15",
        ),
        "codes_1k_new_bytes": Figure(
            sizes["second"], "bytes", 10 * NEW, "what changed, with its manifest", "<= 20000"
        ),
        "codes_1k_new_flash_bytes": Figure(
            added["written"], "bytes", None,
            f"as the kernel counts them; {added['cpu_s']:.2f} CPU s", "<= 1000000",
        ),
    }  # fmt: skip


# --- how soon ----------------------------------------------------------------------------------


@measure("void_reaches_gate_ms")
def void_reaches_gate() -> dict[str, Figure]:
    """From the commit of a refund to the list that is in force on the gate's disk: real centre,
    broker with TLS and gate as processes."""
    rng = random.Random(1)
    waits_ms = []
    with LivePark("north-1", tickets=1000, void=1) as park:
        gate = next(iter(park.gates.values()))
        gate.start()
        gate.wait(gate.settled)
        file = gate.data / "lists" / "main.list"
        for ticket in park.tickets[:VOIDS]:
            time.sleep(rng.random() / 2)
            before = file.stat().st_ino
            with park.centre.store.write() as connection:
                set_status(connection, [ticket.serial], TicketStatus.VOID)
            start = time.perf_counter()
            while file.stat().st_ino == before:
                if time.perf_counter() - start > 30:
                    raise AssertionError("the refund never reached the gate")
                time.sleep(LOOK_S)
            waits_ms.append((time.perf_counter() - start) * 1000)
    waits_ms.sort()
    p99 = waits_ms[min(len(waits_ms) - 1, round(0.99 * len(waits_ms)))]
    note = f"p99 of {VOIDS}; median {statistics.median(waits_ms):.0f}"
    return {"void_reaches_gate_ms": Figure(round(p99), "ms", None, note, "<= 1000")}
