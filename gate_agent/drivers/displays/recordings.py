"""The recordings that a lane's voice plays, made once by espeak-ng, when a board is set up.

An existing file is kept, so a park may record a human voice under the same name.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from gate_agent.errors import GateError
from gate_agent.signs import every_prompt

SPEAKERS = {"zh": ("-v", "cmn", "-s", "160"), "en": ("-v", "en-gb", "-s", "150")}
SYNTHESISER = ("espeak-ng",)
_LONGEST_S = 30


def missing(folder: Path) -> list[str]:
    """Return the names of recordings that are not there: `go.zh.wav`."""
    names = [f"{name}.{language}.wav" for name in every_prompt() for language in SPEAKERS]
    return [name for name in names if not (folder / name).is_file()]


def record(
    folder: Path, *, again: bool = False, synthesiser: Sequence[str] = SYNTHESISER
) -> list[Path]:
    """Record what is missing, or everything `again`; return the new files. Raise GateError."""
    files: list[Path] = []
    for name, prompt in every_prompt().items():
        for language, text in (("zh", prompt.zh), ("en", prompt.en)):
            file = folder / f"{name}.{language}.wav"
            if again or not file.is_file():
                _speak(file, [*synthesiser, *SPEAKERS[language]], text)
                files.append(file)
    return files


def _speak(file: Path, command: list[str], text: str) -> None:
    fresh = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [*command, "-w", str(fresh), text],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LONGEST_S,
            check=False,
        )
        if done.returncode == 0:
            fresh.replace(file)
            return
        why = done.stderr.decode("utf-8", "replace").strip().split("\n")[0] or "no recording"
    except FileNotFoundError as error:
        wrote = error.filename == str(fresh)
        why = "it wrote nothing" if wrote else f"{command[0]} is not there"
    except (OSError, subprocess.TimeoutExpired) as error:
        why = str(error)
    raise GateError(
        f"cannot record {file}: {why}",
        "install espeak-ng, or record the files on another machine and copy the folder",
    )
