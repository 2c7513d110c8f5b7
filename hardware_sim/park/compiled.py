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
    "gate_agent": "agent boot breaker clock code_shelf code_store earliest errors events health"
    " heard history_row inbox journal judge lane lane_actions lane_entry lane_rows lane_staff"
    " lane_state list_store lists_in_force modes neighbours outage own_key ports pull shelf"
    " staff_events sync sync_effects time_bound trust trust_store unit uplink",
    "gate_agent/drivers": "arm_contacts contacts",
    "gate_agent/validator": "base45 beacon cbor code_changes code_head code_list code_table decide"
    " entry_policy errors gaps history keys link_secret listing manifest moment passage reasons"
    " seal shape short_news ticket ticket_list uses",
    "fleet_manager": "bulletins claims collector echoes engine ingest journals lists news park_time"
    " press reports retiming store switchboard",
    "hardware_sim": "turnstile turnstile_state",
    "hardware_sim/park": "arm board centre crowd database desk disk folder gate guests marks"
    " network notary park run world",
    "hardware_sim/park/checks": "bounds clocks grants lists trust",
}
FILES = tuple(f"{folder}/{name}.py" for folder, names in MODULES.items() for name in names.split())
_SLOTS = re.compile(r", slots=True\b|\bslots=True, |\(slots=True\)")
_HOW = {"MYPYC_MULTI_FILE": "1", "MYPYC_OPT_LEVEL": "3", "MYPYC_DEBUG_LEVEL": "0"}


class CompileError(Exception):
    """It cannot be compiled; the text says why."""


def compiled(say: Callable[[str], None] = lambda _: None) -> Path:
    """The folder to run it in, made if it is not there; that takes some minutes, of which `say` is
    told. Raises CompileError."""
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
        last = next((one for one in done.stdout.splitlines() if "error:" in one), "no error told")
        raise CompileError(f"mypyc failed: {last} ({fresh / 'mypyc.log'})")
    shutil.rmtree(fresh / "build", ignore_errors=True)
    fresh.rename(folder)
    return folder


def without_slots(source: str) -> str:
    """A module whose dataclasses do not ask for slots: compiled ones have no dict anyway, and
    mypyc cannot make the class anew, as asking for slots does."""
    return _SLOTS.sub("", source)


def _digest() -> str:
    """Of everything that is compiled or copied, and with what."""
    digest = sha256(sys.version.encode())
    for package in PACKAGES:
        for source in sorted((ROOT / package).rglob("*.py")):
            digest.update(f"{source.relative_to(ROOT)} {source.stat().st_size}\n".encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
