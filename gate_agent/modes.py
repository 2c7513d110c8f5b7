"""PURE. Which mode each lane is in: who asks for one, and whose arm can be trusted."""

from collections.abc import Iterable, Mapping

from gate_agent.events import Mode, ModeSource
from gate_agent.lane_state import mode_of

_ASKS = {
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
        """A key switch or the fire input wants a mode for all lanes; None gives it back."""
        self._asked.pop(source, None)
        if mode is not None:
            self._asked[source] = mode

    def arm_works(self, device: str, *, works: bool) -> bool:
        """Whether a device is an arm, so that its lane's mode may change with it."""
        number = self._arms.get(device)
        if number is None:
            return False
        (self._broken.discard if works else self._broken.add)(number)
        return True

    def of(self, lane: int) -> Mode:
        """A lane whose arm is broken is closed: it could not count, or would not obey. Whoever is
        let out by the key switch or in a fire still is."""
        mode = mode_of(self._asked)
        if mode is Mode.CONTROLLED and lane in self._broken:
            return Mode.CLOSED
        return mode

    def why(self, lane: int, faults: Mapping[str, str]) -> str:
        """Return why the lane is in its mode, for the log. `faults`: text by device."""
        asked = next((_ASKS[source] for source in ModeSource if source in self._asked), None)
        if lane in self._broken and mode_of(self._asked) is Mode.CONTROLLED:
            return f"arm {lane}: {faults.get(f'arm {lane}', 'it does not work')}"
        return asked or "nothing asks for another mode, and its arm works"
