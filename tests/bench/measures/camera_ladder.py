"""The published ladder of degradations: what is wrong with a picture, in rungs from hardly to
hopeless, one kind at a time, for real tickets of the shortest and the longest kind.

Everything not named is as a visitor holds a code well: 4 pixels a module, flat, sharp, evenly lit.
"""

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from hardware_sim.devices.phone import Frame, Look, picture
from tests.bench import samples

SEED = 18
SIGHTS = 2  # of each ticket on each rung, differently turned

RUNGS: dict[str, tuple[dict[str, Any], ...]] = {
    "pixels a module": tuple({"module_px": px} for px in (3.0, 2.4, 2.0, 1.7, 1.4, 1.2, 1.0)),
    "blur": tuple({"blur": modules} for modules in (0.2, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85)),
    "motion": tuple({"motion": modules} for modules in (0.5, 0.8, 1.1, 1.4, 1.7, 2.0, 2.5)),
    "noise": tuple({"noise": levels} for levels in (10, 20, 30, 40, 55, 70, 90)),
    "glare": tuple({"glare": share} for share in (0.3, 0.5, 0.8, 1.2, 1.6, 2.0, 3.0)),
    "contrast": tuple(
        {"paper": 60.0 + levels, "ink": 60.0, "noise": 3.0}
        for levels in (90, 50, 30, 20, 14, 10, 7)
    ),
    "rotation": tuple(
        {"module_px": 2.2, "turn_deg": degrees} for degrees in (10, 20, 30, 45, 60, 100, 225)
    ),
    "perspective": tuple({"tilt": lean} for lean in (0.1, 0.18, 0.25, 0.32, 0.4, 0.48, 0.55)),
    "dark mode": tuple(
        {"dark": True, "module_px": px, "noise": 4.0} for px in (5.0, 3.0, 2.4, 2.0, 1.7, 1.4, 1.2)
    ),
    "moiré": tuple({"moire": depth} for depth in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85)),
    "crease": tuple({"creases": folds} for folds in (1, 2, 3, 4, 5, 6, 8)),
    "curl": tuple({"bend": modules} for modules in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)),
    "all together": tuple(
        {
            "module_px": 4.0 - step * 0.35,
            "blur": 0.1 + step * 0.06,
            "motion": step * 0.12,
            "noise": 2.0 + step * 2,
            "glare": step * 0.08,
            "tilt": step * 0.03,
            "paper": 240.0 - step * 20,
            "bend": step * 0.15,
        }
        for step in range(7)
    ),
}


class Rung(NamedTuple):
    """One picture of the ladder. `step`: 0 is the easiest."""

    kind: str
    step: int
    code: bytes
    frame: Frame


def tickets() -> tuple[bytes, bytes]:
    """Of 133 and of 154 characters."""
    kinds = samples.variants(random.Random(SEED))
    return samples.code(kinds["single"]), samples.code(kinds["everything"])


def ladder(kinds: tuple[str, ...] = tuple(RUNGS), sights: int = SIGHTS) -> Iterator[Rung]:
    """Every picture, the same each time."""
    for kind in kinds:
        for step, look in enumerate(RUNGS[kind]):
            for code in tickets():
                for sight in range(sights):
                    rng = random.Random(f"{SEED} {kind} {step} {len(code)} {sight}")
                    turn = {"turn_deg": rng.uniform(-12, 12), "motion_deg": rng.uniform(0, 180)}
                    frame = picture(code, Look(**{"module_px": 4.0, **turn, **look}), rng)
                    yield Rung(kind, step, code, frame)
