"""The park as machine code: the modules in which it spends its time, compiled by mypyc.

The sources are the same, and so are the events: a seed has the same hash. What is compiled is a
copy of the project in `build/compiled`; boards and centre run the sources.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "compiled"
PACKAGES = ("gate_agent", "fleet_manager", "hardware_sim", "firmware_config")
# Not among them: classes with class variables, which mypyc takes for fields of a dataclass
# (messages, notes); the rule book, where it makes a 1 of a True; renewals, where one name holds
# errors of two kinds; and what is seldom run.
MODULES = {
    "fleet_manager": "park_time",
    "fleet_manager/daemon": "collector distributor fair_queue packets",
    "fleet_manager/database": "engine store",
    "fleet_manager/gates": "last_seen",
    "fleet_manager/intake": "ingest time_correction",
    "fleet_manager/lists": "publisher versions",
    "fleet_manager/passages": "examine journals",
    "fleet_manager/station": "claims consequences news notes",
    "fleet_manager/trust": "announcements",
    "gate_agent": "clock deadlines effects errors events health ports time_bound",
    "gate_agent/actor": "agent build inbox judge outage unit",
    "gate_agent/drivers/arms": "passage_sensor",
    "gate_agent/drivers/pins": "contacts",
    "gate_agent/journal": "history_table journal remote_history station_history",
    "gate_agent/lane": "boot entry modes movement override records state table team timing",
    "gate_agent/lists": "code_files codes_in_force downloads fetch in_force list_files",
    "gate_agent/trust": "documents in_force key_renewal",
    "gate_agent/uplink": "breaker claims news note_channel outbox sender session station",
    "gate_agent/validator": "cbor decide errors history moment passage reasons uses",
    "gate_agent/validator/lists": "code_changes code_head code_list code_table gaps listing"
    " manifest ticket_list",
    "gate_agent/validator/messages": "link_secret shape short_news",
    "gate_agent/validator/tickets": "base45 entry_policy ticket",
    "gate_agent/validator/trust": "beacon keys seal",
    "hardware_sim/devices": "turnstile turnstile_state",
    "hardware_sim/park": "crowd network park run signature_cache world",
    "hardware_sim/park/board": "arm disk folder gate parts queue sim_lane",
    "hardware_sim/park/centre": "centre database recorded_times",
    "hardware_sim/park/checks": "bounds clocks grants lists outages trust",
    "hardware_sim/park/oracle": "in_force",
    "hardware_sim/park/people": "modes",
}
FILES = tuple(f"{folder}/{name}.py" for folder, names in MODULES.items() for name in names.split())
_SLOTS = re.compile(r", slots=True\b|\bslots=True, |\(slots=True\)")
_HOW = {"MYPYC_MULTI_FILE": "1", "MYPYC_OPT_LEVEL": "3", "MYPYC_DEBUG_LEVEL": "0"}


class CompileError(Exception):
    """It cannot be compiled; the text says why."""


def compiled(say: Callable[[str], None] = lambda _: None) -> Path:
    """Return the folder to run the product in as machine code, made if it is not there; that takes
    some minutes, of which `say` is told. Raises CompileError."""
    if find_spec("mypyc") is None:
        raise CompileError("mypyc is not installed; `./run lint` installs what developing needs")
    folder = FOLDER / _digest()
    if folder.is_dir():
        return folder
    say(f"compiling {len(FILES)} modules with mypyc, once for these sources: some minutes")
    shutil.rmtree(FOLDER, ignore_errors=True)
    fresh = folder.with_suffix(".new")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, fresh / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", fresh)
    for source in fresh.rglob("*.py"):
        source.write_text(without_slots(source.read_text("utf-8")), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypyc", *FILES],
        cwd=fresh,
        env=os.environ | _HOW,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    (fresh / "mypyc.log").write_text(done.stdout, "utf-8")
    if done.returncode:
        last = next(
            (line for line in done.stdout.splitlines() if "error:" in line), "no error told"
        )
        raise CompileError(f"mypyc failed: {last} ({fresh / 'mypyc.log'})")
    shutil.rmtree(fresh / "build", ignore_errors=True)
    fresh.rename(folder)
    return folder


def without_slots(source: str) -> str:
    """Return a module whose dataclasses do not ask for slots: compiled ones have no dict anyway,
    and mypyc cannot make the class anew, as asking for slots does."""
    return _SLOTS.sub("", source)


def _digest() -> str:
    """Hash everything that is compiled or copied, and what compiles it."""
    digest = sha256(sys.version.encode())
    for package in PACKAGES:
        for source in sorted((ROOT / package).rglob("*.py")):
            digest.update(f"{source.relative_to(ROOT)} {source.stat().st_size}\n".encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
