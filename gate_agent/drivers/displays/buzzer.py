"""A buzzer on a pin: patterns that can be told apart without looking.

| sign | pattern |
|---|---|
| go | one short |
| please_pass | two short |
| show_id | three short |
| refused | two long |
| alarm, evacuate | long ones for ten seconds |
| ready, closed, free, out_of_order | silent: they may last for hours |
"""

from gate_agent.config.settings import BuzzerSettings
from gate_agent.drivers.displays.newest import NewestFirst
from gate_agent.drivers.pins.factory import pin_errors
from gate_agent.drivers.pins.gpio import Factory, OutputDevice
from gate_agent.effects import Show, Sign
from gate_agent.errors import DriverFault

_SHORT_S, _LONG_S, _GAP_S = 0.08, 0.4, 0.1
PATTERNS: dict[Sign, tuple[float, ...]] = {
    Sign.GO: (_SHORT_S,),
    Sign.PLEASE_PASS: (_SHORT_S,) * 2,
    Sign.SHOW_ID: (_SHORT_S,) * 3,
    Sign.REFUSED: (_LONG_S,) * 2,
    Sign.ALARM: (_LONG_S,) * 20,
    Sign.EVACUATE: (_LONG_S,) * 20,
}
"""Seconds of each sound, with `_GAP_S` of silence behind each."""


class Buzzer(NewestFirst):
    """An active buzzer: a high level makes it sound. Silent when it is stopped."""

    def __init__(self, lane: int, settings: BuzzerSettings, factory: Factory) -> None:
        super().__init__(f"buzzer {lane}")
        self._settings = settings
        self._factory = factory
        self._pin: OutputDevice | None = None

    def open(self) -> None:
        """Claim the pin, silent. Raise DriverFault."""
        try:
            self._pin = OutputDevice(
                self._settings.pin, initial_value=False, pin_factory=self._factory
            )
        except pin_errors() as fault:
            raise DriverFault(f"cannot open {self.device}: {fault}") from fault

    def present(self, show: Show) -> None:
        """Sound the sign's pattern once. Raise DriverFault."""
        try:
            for sound_s in PATTERNS.get(show.sign, ()):
                self._sound(on=True)
                newer = self.newer_within(sound_s)
                self._sound(on=False)
                if newer or self.newer_within(_GAP_S):
                    return
        except pin_errors() as fault:
            raise DriverFault(f"cannot sound {self.device}: {fault}") from fault

    def _sound(self, *, on: bool) -> None:
        assert self._pin is not None
        self._pin.value = on

    def close(self) -> None:
        """Switch the buzzer off and give the pin back."""
        pin, self._pin = self._pin, None
        if pin is None:
            return
        try:
            pin.off()
            pin.close()
        except pin_errors():
            return  # the pin is gone, and with it the sound
