"""Voice prompts: recordings in Chinese and English, played by aplay.

Nothing is synthesised at the gate: the recordings are made beforehand (`gate-agent voice`), and a
park may put its own in their place. The newest prompt wins: what is being said is cut off.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from gate_agent.config.settings import VoiceSettings
from gate_agent.drivers.displays.newest import NewestFirst
from gate_agent.effects import Show, Sign
from gate_agent.errors import DriverFault
from gate_agent.signs import SPOKEN, prompt_name

LANGUAGES = ("zh", "en")
PLAYER = ("aplay", "-q", "-D")
_LOOK_S = 0.05
_AGAIN_S = 3.0  # between two prompts to leave the park
_LONGEST_S = 30.0  # a sound card that hangs must not keep the newest prompt waiting


class Voice(NewestFirst):
    """`folder`: recordings as `go.zh.wav`. `player`: words before the ALSA device and the files."""

    def __init__(
        self, lane: int, settings: VoiceSettings, folder: Path, player: Sequence[str] = PLAYER
    ) -> None:
        super().__init__(f"voice {lane}")
        self._words = (*player, settings.device)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Nothing stays open between two prompts: another lane may share the sound card."""

    def present(self, show: Show) -> None:
        """Say it in both languages, until something newer is to be said."""
        if show.sign not in SPOKEN:
            return
        name = prompt_name(show)
        files = [self._folder / f"{name}.{language}.wav" for language in LANGUAGES]
        there = [file for file in files if file.is_file()]
        if not there:
            raise DriverFault(f"cannot say {name}: no recording; gate-agent voice makes them")
        while not self._play(there) and show.sign is Sign.EVACUATE:
            if self.newer_within(_AGAIN_S):
                return

    def _play(self, files: Sequence[Path]) -> bool:
        """True if something newer came."""
        try:
            self._process = subprocess.Popen(
                [*self._words, *map(str, files)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise DriverFault(f"cannot run {self._words[0]}: {error.strerror}") from None
        waited_s = 0.0
        while self._process.poll() is None:
            waited_s += _LOOK_S
            if self.newer_within(_LOOK_S) or waited_s > _LONGEST_S:
                self.close()
                return True
        _, told = self._process.communicate()
        status, self._process = self._process.returncode, None
        if status:
            lines = told.decode("utf-8", "replace").split("\n")
            raise DriverFault(f"cannot play through {self._words[-1]}: {lines[0][:100]}")
        return False

    def close(self) -> None:
        """Silence."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
