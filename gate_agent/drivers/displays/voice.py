"""Voice prompts: recordings in Chinese and English, played by aplay.

Nothing is synthesised at the gate: the recordings are made beforehand (`gate-agent voice`), and a
park may replace them with its own. The newest prompt wins: the one that is being played is cut off.
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
_POLL_S = 0.05
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
        """Do nothing: between two prompts another lane may use the sound card."""

    def present(self, show: Show) -> None:
        """Play the prompt in both languages, until there is a newer one. Raise DriverFault."""
        if show.sign not in SPOKEN:
            return
        name = prompt_name(show)
        files = [self._folder / f"{name}.{language}.wav" for language in LANGUAGES]
        recordings = [file for file in files if file.is_file()]
        if not recordings:
            raise DriverFault(f"cannot say {name}: no recording; gate-agent voice makes them")
        while not self._play(recordings) and show.sign is Sign.EVACUATE:
            if self.newer_within(_AGAIN_S):
                return

    def _play(self, files: Sequence[Path]) -> bool:
        """Play the files; return True if something newer came, or the card hangs. Raise
        DriverFault."""
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
            waited_s += _POLL_S
            if self.newer_within(_POLL_S) or waited_s > _LONGEST_S:
                self.close()
                return True
        _, errors = self._process.communicate()
        status, self._process = self._process.returncode, None
        if status:
            lines = errors.decode("utf-8", "replace").split("\n")
            raise DriverFault(f"cannot play through {self._words[-1]}: {lines[0][:100]}")
        return False

    def close(self) -> None:
        """End the player."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
