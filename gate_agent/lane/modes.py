"""PURE. Which mode each lane is in: who asks for one, and whose arm can be trusted."""

from collections.abc import Iterable, Mapping

from gate_agent.events import Mode, ModeSource

_REASONS = {
    ModeSource.FIRE: "the fire input asks for it",
    ModeSource.KEY_SWITCH: "the key switch asks for it",
    ModeSource.STAFF: "staff ask for it",
}


class Modes:
    """`lanes`: numbers of the lanes of this board."""

    def __init__(self, lanes: Iterable[int]) -> None:
        self._arms = {f"arm {number}": number for number in lanes}
        self._asked: dict[ModeSource, Mode] = {}
        self._broken: set[int] = set()

    def ask(self, source: ModeSource, mode: Mode | None) -> None:
        """Take a source's wish for a mode of all lanes; None gives it back."""
        self._asked.pop(source, None)
        if mode is not None:
            self._asked[source] = mode

    def arm_works(self, device: str, *, works: bool) -> bool:
        """Note that a device works or not; return whether it is an arm, so that its lane's mode may
        change."""
        number = self._arms.get(device)
        if number is None:
            return False
        (self._broken.discard if works else self._broken.add)(number)
        return True

    def of(self, lane: int) -> Mode:
        """Return the mode of a lane. One whose arm is broken is closed, for it could not count, or
        would not obey; but the key switch and the fire input still open it."""
        mode = mode_of(self._asked)
        if mode is Mode.CONTROLLED and lane in self._broken:
            return Mode.CLOSED
        return mode

    def reason_of(self, lane: int, faults: Mapping[str, str]) -> str:
        """Return why the lane is in its mode, for the log. `faults`: text by device."""
        if lane in self._broken and mode_of(self._asked) is Mode.CONTROLLED:
            return f"arm {lane}: {faults.get(f'arm {lane}', 'it does not work')}"
        asked = (_REASONS[source] for source in ModeSource if source in self._asked)
        return next(asked, "nothing asks for another mode, and its arm works")


def mode_of(asked: Mapping[ModeSource, Mode]) -> Mode:
    """Return the mode that counts: the strongest source's; CONTROLLED if nobody asks."""
    for source in ModeSource:
        if source in asked:
            return asked[source]
    return Mode.CONTROLLED
