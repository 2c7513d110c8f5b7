"""Chromium without a screen, driven over the DevTools protocol through a pair of pipes.

A pipe needs no driver program and no open port: messages are JSON with a NUL behind each.
"""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
from itertools import count
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from time import monotonic
from typing import Any

CHROMIUM = shutil.which("chromium")
PATIENCE_S = 60.0
_SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--hide-scrollbars", "--mute-audio", "--remote-debugging-pipe",
)  # fmt: skip


class Browser:
    """One Chromium with a profile of its own in `folder`. Use it as a context."""

    def __init__(self, folder: Path) -> None:
        assert CHROMIUM is not None
        self._numbers = count(1)
        self._told: Queue[dict[str, Any]] = Queue()
        hear, their_voice = os.pipe()
        their_ear, self._voice = os.pipe()
        # Chromium reads from 3 and writes to 4; the pipes' own numbers must be out of the way.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (their_ear, their_voice)]
        script = (
            "import os, sys; ear, voice, *words = sys.argv[1:];"
            "os.dup2(int(ear), 3); os.dup2(int(voice), 4); os.execv(words[0], words)"
        )
        switches = [*_SWITCHES, f"--user-data-dir={folder}", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-c", script, *map(str, ends), CHROMIUM, *switches],
            pass_fds=ends,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (their_ear, their_voice, *ends):
            os.close(end)
        self._thread = Thread(target=self._listen, args=(hear,), daemon=True)
        self._thread.start()

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.ask("Browser.close")
        finally:
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            os.close(self._voice)
            self._thread.join(PATIENCE_S)

    def _listen(self, hear: int) -> None:
        with open(hear, "rb") as ear:  # a pipe's end has no path
            rest = b""
            while piece := os.read(ear.fileno(), 1 << 16):
                *messages, rest = (rest + piece).split(b"\0")
                for message in messages:
                    self._told.put(json.loads(message))

    def ask(self, method: str, session: str | None = None, **values: object) -> dict[str, Any]:
        """The answer to a command. Fails the test if there is none."""
        number = next(self._numbers)
        asked: dict[str, object] = {"id": number, "method": method, "params": values}
        if session is not None:
            asked["sessionId"] = session
        os.write(self._voice, json.dumps(asked).encode() + b"\0")
        end_s = monotonic() + PATIENCE_S
        while True:
            try:
                told = self._told.get(timeout=max(0.01, end_s - monotonic()))
            except Empty:
                raise AssertionError(f"no answer to {method}") from None
            if told.get("id") == number:
                assert "error" not in told, told
                result: dict[str, Any] = told["result"]
                return result

    def open(self, url: str, width: int, height: int) -> "Tab":
        """A tab of that size, on a page."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = Tab(self, session)
        tab.resize(width, height)
        tab.go(url)
        return tab


class Tab:
    """A page in the browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def ask(self, method: str, **values: object) -> dict[str, Any]:
        """A command to this tab."""
        return self._browser.ask(method, self._session, **values)

    def resize(self, width: int, height: int) -> None:
        """As a screen of that many pixels."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def go(self, url: str) -> None:
        """Load it anew."""
        self.ask("Page.navigate", url="about:blank")
        self.ask("Page.navigate", url=url)

    def value(self, expression: str) -> Any:
        """What JavaScript makes of it; a promise is waited for."""
        told = self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def until(self, expression: str) -> None:
        """Until JavaScript says that it is true. Looks again with each frame that is drawn."""
        script = (
            "new Promise((done, fail) => { const end = performance.now() + 15000;"
            f"const look = () => {{ let good; try {{ good = ({expression}) }} catch {{}}"
            "if (good) done(true); else if (performance.now() > end) fail('it did not happen');"
            "else setTimeout(look, 20); }; look(); })"
        )
        told = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        text = "document.body.innerText"
        assert "exceptionDetails" not in told, f"{expression}: {self.value(text)}"

    def touch(self, selector: str) -> None:
        """Press the middle of it: what lies above it would be hit instead."""
        self.until(f"document.querySelector({json.dumps(selector)})")
        box = self.value(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)})"
            ".getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.ask(
                "Input.dispatchMouseEvent",
                type=kind,
                x=box[0],
                y=box[1],
                button="left",
                clickCount=1,
            )

    def type(self, text: str, end: bool = True) -> None:
        """As a keyboard, or a scanner that is one, with Enter at the `end`."""
        for character in text:
            self.ask("Input.dispatchKeyEvent", type="keyDown", key=character, text=character)
            self.ask("Input.dispatchKeyEvent", type="keyUp", key=character)
        if end:
            self.ask("Input.dispatchKeyEvent", type="keyDown", key="Enter", text="\r")
            self.ask("Input.dispatchKeyEvent", type="keyUp", key="Enter")

    def picture(self, file: Path) -> None:
        """A PNG of what is shown."""
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))
