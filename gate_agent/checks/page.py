"""The local page: does it listen, or could it?"""

import socket
from collections.abc import Iterator

from gate_agent.checks.row import CheckPart, CheckRow, CheckVisit, row_from_daemon
from gate_agent.page.server import HOST
from gate_agent.signs import Words

_PART = CheckPart("page", Words("本地页面", "local page"))


def check_page(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check the page's port; nothing where gate.toml has no [page]."""
    page = visit.settings.page
    if page is None:
        return
    reported = row_from_daemon(_PART, visit, "page")
    if reported is not None:
        yield reported
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, page.port))
        except OSError as error:
            yield _PART.bad(
                Words(
                    f"端口 {page.port} 不能使用：{error.strerror}",
                    f"port {page.port} cannot be used: {error.strerror}",
                ),
                Words(
                    "被别的程序占用？在 [page] 里换一个 port",
                    "does another program use it? take another port in [page]",
                ),
            )
            return
    yield _PART.good(Words(f"端口 {page.port} 可用", f"port {page.port} is free"))
