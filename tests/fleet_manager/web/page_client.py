"""A browser without a screen: asks the console in this process, and keeps its cookies."""

import asyncio
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode

from fleet_manager.web.app import Console

_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')
HOST = "localhost:8444"


@dataclass(frozen=True)
class Page:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: list[str] = field(default_factory=list)

    @property
    def html(self) -> str:
        """The page as a text."""
        return self.body.decode(errors="replace")

    @property
    def words(self) -> str:
        """What stands on the page, without its tags."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.html)).split())

    @property
    def location(self) -> str:
        """Where it leads."""
        return self.headers.get("location", "")


class PageClient:
    """One browser at one address."""

    def __init__(self, console: Console, address: str = "10.1.2.3", language: str = "en") -> None:
        self._app = console.app()
        self._loop = asyncio.new_event_loop()
        self._address = address
        self.language = language
        self.cookies: dict[str, str] = {}
        self.token = ""

    def close(self) -> None:
        """Close the loop."""
        self._loop.close()

    def get(self, path: str, **headers: str) -> Page:
        """Ask for a page, and remember the token of its forms."""
        page = self.ask("GET", path, headers=headers)
        found = _TOKEN.search(page.html) if "html" in page.headers.get("content-type", "") else None
        if found:
            self.token = found[1]
        return page

    def post(self, path: str, fields: Any = (), /, **more: str) -> Page:
        """Send a form as a browser does."""
        given = fields.items() if isinstance(fields, dict) else fields
        pairs = [*given, *more.items(), ("form_token", self.token)]
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "sec-fetch-site": "same-origin",
        }
        return self.ask("POST", path, urlencode(pairs).encode(), headers=headers)

    def upload(self, path: str, name: str, data: bytes, **more: str) -> Page:
        """Send a form with a file called `name`."""
        parts = [
            f'--xYz\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in {"form_token": self.token, **more}.items()
        ]
        head = f'--xYz\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = b"".join([*parts, head.encode(), data, b"\r\n--xYz--\r\n"])
        headers = {
            "content-type": "multipart/form-data; boundary=xYz",
            "sec-fetch-site": "same-origin",
        }
        return self.ask("POST", path, body, headers=headers)

    def ask(
        self, method: str, path: str, body: bytes = b"", *, headers: dict[str, str] | None = None
    ) -> Page:
        """Send any request."""
        given = {"host": HOST, "accept-language": self.language, **(headers or {})}
        if self.cookies:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        where, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": where,
            "raw_path": where.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "client": (self._address, 50000),
            "server": ("localhost", 8444),
        }
        return self._loop.run_until_complete(self._run(scope, body))

    async def _run(self, scope: dict[str, Any], body: bytes) -> Page:
        sent: list[dict[str, Any]] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]
        done = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if waiting:
                return waiting.pop()
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                done.set()

        try:
            await self._app(scope, receive, send)
        except Exception:
            # Starlette raises a failure again after it has answered: servers log it.
            if not sent:
                raise
        pairs = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
        cookies = [value for name, value in pairs if name == "set-cookie"]
        for cookie in cookies:
            self._keep(cookie)
        whole = b"".join(message.get("body", b"") for message in sent[1:])
        return Page(sent[0]["status"], dict(pairs), whole, cookies)

    def _keep(self, cookie: str) -> None:
        name, _, value = cookie.partition(";")[0].partition("=")
        if "max-age=0" in cookie.lower() or not value.strip('"'):
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value.strip('"')
